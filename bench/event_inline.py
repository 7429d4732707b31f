"""The peer of ``bench.event``: a bare FastAPI route that does it all in one request.

Signature and shape are checked, the event is kept and carried out, its unit is classified,
explained and stored with history and feed, and the answer is the class: with the product's own
functions, in one transaction, in one process, nobody else being served. What the product costs
beyond this is what it takes to let broker systems go at once, to lose nothing, and to do many
at a time: the commit before the answer, the doorbell, the worker, its claim, and the feed.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, HTTPException, Request

from services.classifier.store import work_marks
from services.classifier.usecases.classification import classify_claimed
from services.classifier.usecases.event_effects import Event
from services.classifier.usecases.events import event_id_of, record_events
from shared.clients.webhooks import verify
from shared.clock import Clock
from shared.contracts.events import EVENT_DATA, EventBody
from shared.db.database import Database
from shared.db.rings import Ring

URL_VARIABLE = "BENCH_DATABASE_URL"
SECRET_VARIABLE = "BENCH_SECRET"  # noqa: S105 - the name of a variable, not a secret


async def _unheard(rings: Sequence[Ring]) -> None:
    """Nobody is woken: what is to be done is done here."""


@asynccontextmanager
async def _opened(app: FastAPI) -> AsyncIterator[None]:
    app.state.database = Database(service="classifier", url=os.environ[URL_VARIABLE], ring=_unheard)
    app.state.secrets = [os.environ[SECRET_VARIABLE]]
    yield
    await app.state.database.close()


app = FastAPI(lifespan=_opened)


@app.get("/livez")
async def livez() -> None:
    """Answers once it is open."""


@app.post("/v1/events/{agency_id}/{source}")
async def receive(agency_id: str, source: str, request: Request) -> dict[str, str]:
    """One event in, its customer's new class out."""
    body = await request.body()
    verify(request.app.state.secrets, headers=request.headers, body=body)
    envelope = EventBody.model_validate_json(body)
    data = EVENT_DATA[envelope.type].model_validate(envelope.data)
    webhook_id, customer_id = request.headers["webhook-id"], envelope.data["customer_id"]
    event = Event(
        event_id=event_id_of(agency_id, source, webhook_id),
        source=source,
        webhook_id=webhook_id,
        type=envelope.type,
        at=envelope.timestamp,
        customer_id=customer_id,
        data=data,
        encoded=data.model_dump_json(exclude_unset=True),
    )
    async with request.app.state.database.transaction(agency_id) as transaction:
        await record_events(transaction, [event], clock=Clock())
        claimed = await work_marks.claim(transaction, limit=100)
        # Claiming alone need not be on disk; here the same transaction keeps the event.
        await transaction.execute("SELECT set_config('synchronous_commit', 'on', true)")
        await classify_claimed(transaction, claimed, datetime.now(UTC))
        found = await transaction.execute(
            """
            SELECT segment FROM customer JOIN care_class USING (agency_id, unit_id)
             WHERE agency_id = :agency AND customer_id = :customer
            """,
            {"customer": customer_id},
        )
        segment: str | None = found.scalar_one_or_none()
    if segment is None:
        raise HTTPException(409)
    return {"segment": segment}
