"""The notifier's door for ``bench.day_run``, as bare as can be.

It validates a batch as the notifier does and keeps each order under its key, committed before the
202. It renders and checks nothing.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import NAMESPACE_URL, uuid5

import asyncpg
from fastapi import FastAPI

from shared.contracts.dispatches import DispatchAnswer, DispatchAnswers, DispatchBatch

URL_VARIABLE = "BENCH_DATABASE_URL"
TABLE = """
CREATE TABLE received (
    dispatch_id varchar PRIMARY KEY, message_id uuid NOT NULL, item jsonb NOT NULL
)
"""
_KEEP = """
INSERT INTO received SELECT * FROM unnest($1::varchar[], $2::uuid[], $3::jsonb[])
ON CONFLICT DO NOTHING
"""


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ[URL_VARIABLE], min_size=2, max_size=2) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.get("/livez")
async def livez() -> None:
    """Answers once the pool is open."""


@app.post("/v1/dispatches", status_code=202)
async def dispatch(batch: DispatchBatch) -> DispatchAnswers:
    """Every item is accepted."""
    keys = [item.dispatch_id for item in batch.items]
    messages = [uuid5(NAMESPACE_URL, key) for key in keys]
    bodies = [item.model_dump_json() for item in batch.items]
    await app.state.pool.execute(_KEEP, keys, messages, bodies)
    return DispatchAnswers(
        items=[
            DispatchAnswer(dispatch_id=key, message_id=str(message), state="accepted")
            for key, message in zip(keys, messages, strict=True)
        ]
    )
