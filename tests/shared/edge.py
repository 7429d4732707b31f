"""The toy service behind its real HTTP edge, and tokens for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter

from kundentakt.cli.keys import SigningKey, _new_jwk
from shared.access import Revocations, TokenVerifier
from shared.clock import Clock
from shared.contracts.vocabulary import Day, Strict
from shared.db.kept_keys import keep_made
from shared.failures import Transient
from shared.jobs.doorbell import Doorbell
from shared.resources import Resources
from shared.settings import ServiceSettings
from shared.token_expiry import ServiceTokenExpiry
from shared.web.app import create_app
from shared.web.auth import Caller, requires
from shared.web.problems import ProblemType
from shared.web.repetitions import Repeatable
from shared.web.resources import Held
from tests.fixtures.databases import FreshDatabase
from tests.shared.toy import NoteWritten, Toy

Token = Callable[..., dict[str, str]]
WAITING = asyncio.Event()
MAY_GO_ON = asyncio.Event()
SCOPES = ["customers:read", "customers:write", "changes:read", "operations"]


class NoteNotFound(Exception):
    """there is no such note"""


class NoteBody(Strict):
    """A note with a day, to see strictness at work."""

    day: Day
    pages: int


router = APIRouter()


@router.get("/notes/{note_id}")
async def get_note(
    note_id: str, resources: Held, caller: Annotated[Caller, requires("customers:read")]
) -> dict[str, str]:
    """Reads without any filter by agency, so that only row-level security stands."""
    async with resources.database.transaction(caller.agency) as transaction:
        found = await transaction.execute(
            "SELECT note_id FROM note WHERE note_id = :note", {"note": note_id}
        )
        if found.one_or_none() is None:
            raise NoteNotFound(f"no note {note_id}")
    return {"note_id": note_id}


@router.get("/notes/{note_id}/pages/{page}")
async def get_page(page: int) -> dict[str, int]:
    """Tells which page was asked for."""
    return {"page": page}


@router.put("/notes/{note_id}", max_body_size=200)
async def put_note(
    note_id: str,
    body: NoteBody,
    resources: Held,
    caller: Annotated[Caller, requires("customers:write")],
) -> dict[str, str]:
    """Stores a note and publishes it."""
    async with resources.database.transaction(caller.agency) as transaction:
        await transaction.execute("INSERT INTO note VALUES (:agency, :note)", {"note": note_id})
        transaction.publish(NoteWritten(note_id=note_id, pages=body.pages))
    return {"note_id": note_id}


@router.post("/notes", status_code=201)
async def post_note(
    body: NoteBody,
    resources: Held,
    caller: Annotated[Caller, requires("customers:write")],
    repeatable: Repeatable,
) -> dict[str, str]:
    """Stores a note under an id of its own; one without pages fails, one of 13 waits."""
    if body.pages == 0:
        raise NoteNotFound("a note needs pages")
    if body.pages == 13:
        WAITING.set()
        await MAY_GO_ON.wait()
    note_id = str(repeatable.request_id)
    async with resources.database.transaction(caller.agency) as transaction:
        await transaction.execute("INSERT INTO note VALUES (:agency, :note)", {"note": note_id})
        await keep_made(transaction, repeatable, note_id)
    return {"note_id": note_id, "padding": "x" * max(0, body.pages - 100)}


@router.get("/newer")
@router.put("/newer", include_in_schema=False)
async def newer_page() -> dict[str, Any]:
    """A page of a feed as a newer service might send it."""
    return {"items": [], "head": 7, "trimmed_to": 3}


@router.get("/busy")
async def busy() -> None:
    """Needs something that is away."""
    raise Transient("the database is starting")


@pytest.fixture(scope="module")
def key() -> SigningKey:
    """A signing key of these tests alone."""
    return SigningKey(_new_jwk())


@pytest.fixture
def token(key: SigningKey) -> Token:
    """Makes an Authorization header."""

    def make(
        agency: str = "agency-x", scopes: list[str] = SCOPES, lifetime: float = 60
    ) -> dict[str, str]:
        issued = key.issue_token(
            agency=agency, scopes=scopes, subject="test", lifetime=timedelta(seconds=lifetime)
        )
        return {"Authorization": f"Bearer {issued}"}

    return make


@pytest.fixture
async def client(
    toy: Toy, toy_database: FreshDatabase, redis_url: str, key: SigningKey
) -> AsyncIterator[httpx.AsyncClient]:
    """The toy service behind its real HTTP edge."""
    doorbell = Doorbell(url=redis_url, service="classifier")

    @asynccontextmanager
    async def open_resources() -> AsyncIterator[Resources]:
        yield Resources(
            service="classifier",
            settings=ServiceSettings.model_construct(),
            database=toy.notes,
            sweep=toy.sweep,
            doorbell=doorbell,
            clock=Clock(),
            tokens=TokenVerifier(key.public_jwks()),
            revocations=Revocations(toy.notes),
            neighbours={},
            followers={"classifier": toy.follower()},
            token_expiry=ServiceTokenExpiry(service="classifier", expires_at=None),
        )

    app = create_app(
        service="classifier",
        description="notes",
        routers=[router],
        problem_table={NoteNotFound: ProblemType("note-not-found", 404, "There is no such note")},
        open_resources=open_resources,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://toy") as client,
    ):
        yield client
    await doorbell.close()
