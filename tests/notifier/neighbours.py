"""The neighbours of the notifier at the wire: a real HTTP server that speaks their contracts.

It knows one agency, its people and customers, and a feed; it can go away and come back.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from shared.contracts.agencies import Agency, LetterForm
from shared.contracts.changes import Change, ChangePage, FeedHead, FeedHeads, PublishedChange
from shared.contracts.contacts import Contact, ContactLookup, ContactLookupAnswer
from tests.fixtures.changes import in_feed
from tests.fixtures.waiting import wait_until
from tests.notifier.email.examples import AGENCY, ute, word

AGENCY_ID = "musterbetrieb"
JONAS = {
    "staff_id": "S-1",
    "role": "adviser",
    "name": "Jonas Adler",
    "email": "jonas.adler@musterbetrieb.example",
    "phone": "+49 3464 1",
}


@dataclass
class Neighbours:
    """What the neighbours know, to be changed by a test."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    sender: Any = AGENCY
    send_times: list[str] = field(default_factory=lambda: ["08:00", "13:00"])
    federal_state: Any = None
    letter_form: LetterForm = "B"
    people: list[dict[str, str]] = field(default_factory=lambda: [JONAS])
    away: bool = False
    refuses: bool = False
    lookups: int = 0
    answering: threading.Event = field(default_factory=threading.Event)
    changes: list[Change] = field(default_factory=list)
    url: str = ""

    def begin_anew(self) -> None:
        """Know what they know at first, and answer whoever still waits."""
        self.answering.set()
        vars(self).update(vars(Neighbours(url=self.url)))
        self.answering.set()

    def customer(self, customer_id: str, **changes: Any) -> None:
        """A customer who consented to the newsletter, with an address of their own."""
        fields: dict[str, Any] = {
            "customer_id": customer_id,
            "email": f"{customer_id.lower()}@example.org",
            "consents": [word(purpose="newsletter", at=datetime(2026, 1, 5, tzinfo=UTC))],
        }
        self.contacts[customer_id] = ute(**{**fields, **changes})

    def tell(self, *published: PublishedChange) -> None:
        """Put changes into the classifier's feed."""
        for each in published:
            self.changes.append(in_feed(each, revision=len(self.changes) + 1))


def _application(neighbours: Neighbours) -> FastAPI:
    app = FastAPI()

    @app.middleware("http")
    async def present(request: Request, call_next: Any) -> Response:
        if neighbours.away:
            return JSONResponse({"detail": "away"}, status_code=503)
        if neighbours.refuses and request.url.path == "/v1/contacts/lookup":
            return JSONResponse({"type": "token-refused", "title": "no"}, status_code=401)
        response: Response = await call_next(request)
        return response

    @app.get("/v1/agency")
    async def agency() -> Agency:
        return Agency(
            agency_id=AGENCY_ID,
            day=None,
            federal_state=neighbours.federal_state,
            sender=neighbours.sender,
            send_times=neighbours.send_times,
            letter_form=neighbours.letter_form,
        )

    @app.get("/v1/staff")
    async def staff() -> dict[str, Any]:
        return {"items": neighbours.people, "next_cursor": None}

    @app.post("/v1/contacts/lookup")
    async def lookup(request: Request) -> ContactLookupAnswer:
        asked = ContactLookup.model_validate_json(await request.body()).customer_ids
        neighbours.lookups += 1
        await asyncio.to_thread(neighbours.answering.wait)
        return ContactLookupAnswer(
            items=[neighbours.contacts[each] for each in asked if each in neighbours.contacts],
            missing=[each for each in asked if each not in neighbours.contacts],
        )

    @app.get("/v1/changes")
    async def changes(after: int) -> ChangePage:
        return ChangePage(items=neighbours.changes[after:], head=len(neighbours.changes))

    @app.get("/v1/changes/heads")
    async def heads() -> FeedHeads:
        return FeedHeads(items=[FeedHead(agency_id=AGENCY_ID, head=len(neighbours.changes))])

    return app


@contextmanager
def running_neighbours() -> Iterator[Neighbours]:
    """Classifier and scheduler on one free port, until the block ends."""
    neighbours = Neighbours()
    neighbours.begin_anew()
    listener = socket.create_server(("127.0.0.1", 0))
    neighbours.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(_application(neighbours), log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield neighbours
    finally:
        neighbours.answering.set()
        server.should_exit = True
        thread.join(10)
        listener.close()
