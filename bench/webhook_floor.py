"""The floor of ``bench.webhook``: a bare FastAPI route for the same events.

It validates the same body with pydantic, checks the same signature and inserts one row, committed
before the 202; no deduplication of what arrives twice, no effects, nobody marked for classifying.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import ValidationError

from shared.clients.webhooks import SignatureRefused, verify
from shared.contracts.events import EVENT_DATA, EventBody

URL_VARIABLE = "BENCH_DATABASE_URL"
SECRET_VARIABLE = "BENCH_SECRET"  # noqa: S105 - the name of a variable, not a secret
CONNECTIONS = 8
"""As many as the pool of a service holds."""

TABLE = """
CREATE TABLE floor_event (
    agency_id varchar NOT NULL,
    source varchar NOT NULL,
    webhook_id varchar NOT NULL,
    customer_id varchar NOT NULL,
    type varchar NOT NULL,
    at timestamptz NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (agency_id, source, webhook_id)
)
"""
_INSERT = "INSERT INTO floor_event VALUES ($1, $2, $3, $4, $5, $6, $7)"


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ[URL_VARIABLE], min_size=CONNECTIONS, max_size=CONNECTIONS
    ) as pool:
        app.state.pool = pool
        app.state.secrets = [os.environ[SECRET_VARIABLE]]
        yield


app = FastAPI(lifespan=_pool)


@app.get("/livez")
async def livez() -> None:
    """Answers once the pool is open."""


@app.post("/v1/events/{agency_id}/{source}", status_code=202)
async def receive(agency_id: str, source: str, request: Request) -> Response:
    """One event, one row."""
    body = await request.body()
    try:
        verify(request.app.state.secrets, headers=request.headers, body=body)
        event = EventBody.model_validate_json(body)
        data = EVENT_DATA[event.type].model_validate(event.data)
    except SignatureRefused:
        raise HTTPException(401) from None
    except (ValidationError, KeyError):
        raise HTTPException(422) from None
    await request.app.state.pool.execute(
        _INSERT,
        agency_id,
        source,
        request.headers["webhook-id"],
        event.data["customer_id"],
        event.type,
        event.timestamp,
        data.model_dump_json(exclude_unset=True),
    )
    return Response(status_code=202)
