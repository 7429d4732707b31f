"""The real scheduler over real databases, beside the real classifier and a notifier at the wire.

It is Monday, 23 November 2026, 10:00.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from fastapi import Body, FastAPI, Query
from fastapi.responses import JSONResponse

from kundentakt.cli.keys import SigningKey, _new_jwk
from services.classifier.resources import ClassifierResources
from services.classifier.usecases.event_intake import EventIntake
from services.classifier.worker import jobs as classifier_jobs
from services.scheduler.resources import SchedulerResources
from services.scheduler.worker import jobs as scheduler_jobs
from shared.clients.http import ServiceHttp
from shared.clock import Clock
from shared.contracts.access import SCOPES
from shared.contracts.answers import MessageAnswer
from shared.contracts.changes.notifier import LetterEnded, MessageAnswered, MessageEnded
from shared.contracts.dispatches import MessageState
from shared.jobs.jobs import Job
from shared.turns import UNLIMITED
from tests.fixtures.applications import running_application
from tests.fixtures.changes import in_feed

NOW = "2026-11-23T10:00:00+01:00"
MONDAY = date(2026, 11, 23)
AGENCY = "musterbetrieb"
FIRST = "00000000-0000-4000-8000-000000000001"
"""The id of a message that was answered."""
KEY = SigningKey(_new_jwk())
OWNER = {"role": "owner", "name": "Jana Vogt", "capacity": 350, "deputy": "S-2"}
ADVISER = {"role": "adviser", "name": "Uwe Kern", "capacity": 500, "deputy": "S-3"}
BACK_OFFICE = {"role": "back_office", "name": "Ina Roth", "deputy": "S-2"}


def token(agency: str, *scopes: str) -> str:
    """A bearer token with these scopes (default: all)."""
    return KEY.issue_token(
        agency=agency,
        scopes=scopes or tuple(SCOPES),
        subject="a test",
        lifetime=timedelta(hours=12),
    )


@dataclass(slots=True)
class Notifier:
    """The notifier at the wire: takes each key once, and tells in its feed what became of it."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0
    cancelled: list[str] = field(default_factory=list)
    withdrawn_as: dict[str, str] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    lose_answers: int = 0
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.app = FastAPI()
        self.app.post("/v1/dispatches")(self._dispatch)
        self.app.delete("/v1/dispatches/{dispatch_id}")(self._cancel)
        self.app.get("/v1/messages")(self._messages)
        self.app.get("/v1/changes")(self._feed)
        self.app.get("/v1/changes/heads")(self._heads)

    def tell(self, dispatch_id: str, state: MessageState, reason: str | None = None) -> None:
        """Put the end of a message into the feed."""
        order = self.orders[dispatch_id]
        model = LetterEnded if order["channel"] == "letter" else MessageEnded
        ended = model(
            message_id=str(uuid4()),
            dispatch_id=dispatch_id,
            customer_id=order["customer_id"],
            channel=order["channel"],
            state=state,
            reason=reason,
            run=None,
        )
        change = in_feed(ended, revision=len(self.changes) + 1, at=datetime.fromisoformat(NOW))
        self.changes.append(change.model_dump(mode="json"))

    def answer(
        self,
        customer_id: str,
        answer: MessageAnswer,
        message_id: str = FIRST,
        *,
        dispatch_id: str = "d-1",
        minutes: int = 0,
        **said: Any,
    ) -> None:
        """Put what somebody answered by the link of a message into the feed, minutes from now."""
        answered = MessageAnswered(
            message_id=message_id,
            dispatch_id=dispatch_id,
            customer_id=customer_id,
            at=datetime.fromisoformat(NOW) + timedelta(minutes=minutes),
            answer=answer,
            **said,
        )
        change = in_feed(answered, revision=len(self.changes) + 1, at=datetime.fromisoformat(NOW))
        self.changes.append(change.model_dump(mode="json"))

    async def _dispatch(self, body: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        self.asked += 1
        answers = []
        for item in body["items"]:
            key = item["dispatch_id"]
            duplicate = key in self.orders
            self.orders.setdefault(key, item)
            answers.append(
                {
                    "dispatch_id": key,
                    "message_id": str(uuid4()),
                    "state": "accepted",
                    "duplicate": duplicate,
                }
            )
        if self.lose_answers:
            self.lose_answers -= 1
            return JSONResponse({}, status_code=503)
        return JSONResponse({"items": answers}, status_code=202)

    async def _cancel(self, dispatch_id: str, reason: str) -> JSONResponse:
        self.withdrawn_as[dispatch_id] = reason
        if any(c["payload"]["dispatch_id"] == dispatch_id and c["payload"].get("state") == "sent"
               for c in self.changes):  # fmt: skip
            return JSONResponse({"type": "/dispatch-under-way"}, status_code=409)
        self.cancelled.append(dispatch_id)
        return JSONResponse(self._message(dispatch_id, "cancelled"))

    async def _messages(self) -> dict[str, Any]:
        """All at once, each with the end that was told of it."""
        ends = {change["payload"].get("dispatch_id"): change["payload"] for change in self.changes}
        return {
            "items": [
                self._message(
                    dispatch_id,
                    **{name: ends[dispatch_id][name] for name in ("state", "reason")}
                    if dispatch_id in ends
                    else {"state": "accepted", "reason": None},
                )
                for dispatch_id in self.orders
            ]
        }

    def _message(self, dispatch_id: str, state: str, reason: str | None = None) -> dict[str, Any]:
        order = self.orders[dispatch_id]
        return {
            **{name: order[name] for name in ("channel", "purpose", "template", "customer_id")},
            "message_id": str(uuid4()),
            "dispatch_id": dispatch_id,
            "priority": "normal",
            "state": state,
            "reason": reason,
            "attempts": 0,
            "accepted_at": NOW,
        }

    async def _feed(self, after: Annotated[int, Query()] = 0) -> dict[str, Any]:
        return {"items": self.changes[after:], "head": len(self.changes)}

    async def _heads(self) -> dict[str, Any]:
        return {"items": [{"agency_id": AGENCY, "head": len(self.changes)}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerSystem:
    """Both services as their callers see them."""

    classifier: FastAPI
    scheduler: FastAPI
    classifier_client: httpx.AsyncClient
    client: httpx.AsyncClient
    notifier: Notifier

    @property
    def resources(self) -> SchedulerResources:
        """What the scheduler holds open."""
        return cast(SchedulerResources, self.scheduler.state.resources)

    async def call(
        self, method: str, path: str, *, agency: str = AGENCY, **options: Any
    ) -> httpx.Response:
        """One call to the scheduler with the agency's token."""
        headers = {"Authorization": f"Bearer {token(agency)}", **options.pop("headers", {})}
        return await self.client.request(method, f"/v1{path}", headers=headers, **options)

    async def get(self, path: str, **options: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.call("GET", path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tell_classifier(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the classifier that must succeed."""
        headers = {"Authorization": f"Bearer {token(AGENCY)}"}
        answer = await self.classifier_client.request(
            method, f"/v1{path}", headers=headers, json=body
        )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def staff(self) -> None:
        """The agency's three people; it is open."""
        for staff_id, person in (("S-1", OWNER), ("S-2", ADVISER), ("S-3", BACK_OFFICE)):
            answer = await self.call("PUT", f"/staff/{staff_id}", json=person)
            assert answer.status_code in (200, 201), answer.text
        await self.open()

    async def open(self) -> None:
        """The agency is not moving in any more."""
        assert (await self.call("POST", "/agency/opening")).status_code == 200

    async def customer(self, customer_id: str, *, earns: int = 50_000, **fields: Any) -> None:
        """A customer with a mandate and a contract, who earned so many cents last month."""
        person = {
            "kind": "person",
            "first_name": "Ute",
            "last_name": "Bergmann",
            "birth_date": "1980-06-15",
            "customer_since": "2011-05-01",
            "email": f"{customer_id.lower()}@example.org",
            "address": {"street": "Lindenallee 4", "postcode": "06526", "city": "Sangerhausen"},
            "mandate": {"contract": True, "power_of_attorney": True, "since": "2011-05-01"},
            **fields,
        }
        await self.tell_classifier("PUT", f"/customers/{customer_id}", person)
        if earns:
            booking = {
                "commission_id": f"B-{customer_id}",
                "customer_id": customer_id,
                "booked_on": "2025-12-01",
                "kind": "other",
                "amount_cents": earns,
            }
            await self.tell_classifier("POST", "/commissions", {"items": [booking]})

    async def finish_all_work(self, *, without: Iterable[str] = ()) -> None:
        """Run every job of both workers until nothing is left to do."""
        left_out = set(without)
        classifier = cast(ClassifierResources, self.classifier.state.resources)
        jobs = [
            *(job for job in classifier_jobs(classifier) if not job.name.startswith("follow")),
            *(job for job in scheduler_jobs(self.resources) if job.name not in left_out),
        ]
        for _ in range(50):
            if not [await _ran(job) for job in jobs if AGENCY in await job.pending()]:
                return
        raise AssertionError("the services never came to rest")

    async def run_day(self, day: date) -> httpx.Response:
        """Run a day while the classifier's worker works, once it has begun."""
        with self.not_before(day):
            async with self.working_classifier():
                return await self.call("POST", f"/days/{day}/run")

    @contextmanager
    def not_before(self, day: date) -> Iterator[Clock]:
        """Both services' clocks show ten o'clock of this day, or what they show if it is later."""
        instant = datetime.combine(day, time(10), ZoneInfo("Europe/Berlin"))
        clock = Clock.started_at(max(instant, self.resources.clock.now()))
        before = [(app, app.state.resources) for app in (self.classifier, self.scheduler)]
        classifier = cast(ClassifierResources, self.classifier.state.resources)
        intake = EventIntake(database=classifier.database, clock=clock)
        self.classifier.state.resources = replace(classifier, clock=clock, intake=intake)
        self.scheduler.state.resources = replace(self.resources, clock=clock)
        try:
            yield clock
        finally:
            for app, resources in before:
                app.state.resources = resources

    @asynccontextmanager
    async def working_classifier(self) -> AsyncIterator[None]:
        """The classifier's worker, looking for runs over the book again and again."""
        resources = cast(ClassifierResources, self.classifier.state.resources)
        runs = next(job for job in classifier_jobs(resources) if job.name == "reclassify_book")

        async def work() -> None:
            while True:
                if AGENCY in await runs.pending():
                    await runs.run(AGENCY, UNLIMITED)
                await asyncio.sleep(0.01)

        working = asyncio.create_task(work())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)

    async def touchpoints(self, **wanted: str) -> list[dict[str, Any]]:
        """All touchpoints of a filter."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {**wanted, "limit": "500", **({"cursor": cursor} if cursor else {})}
            page = await self.get("/touchpoints", params=params)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows that the agency's own transactions see."""
        async with self.resources.database.transaction(AGENCY) as transaction:
            return [tuple(row) for row in await transaction.execute(statement)]


async def _ran(job: Job) -> str:
    await job.run(AGENCY, UNLIMITED)
    return job.name


def environment(urls: dict[str, tuple[str, str]], redis_url: str) -> dict[str, str]:
    """What both services find in their environment; ``urls`` are app and sweep by service."""
    found = {
        "REDIS_URL": redis_url,
        "TOKEN_KEYS": KEY.public_jwks(),
        "KUNDENTAKT_NOW": NOW,
        "SCHEDULER_PLAN_QUIET_SECONDS": "0",
        "KUNDENTAKT_NOW_SINCE": datetime.now(UTC).isoformat(),
    }
    for service, (app_url, sweep_url) in urls.items():
        found[f"{service.upper()}_DATABASE_URL"] = app_url
        found[f"{service.upper()}_SWEEP_DATABASE_URL"] = sweep_url
        found[f"{service.upper()}_SERVICE_TOKEN"] = token("*")
    return found


@asynccontextmanager
async def opened() -> AsyncIterator[SchedulerSystem]:
    """Both apps over the environment, the scheduler's calls led into the other two."""
    notifier = Notifier()

    def into(app: FastAPI) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://service", timeout=60)

    async with (
        running_application("classifier") as classifier,
        running_application("scheduler") as scheduler,
        into(classifier) as classifier_client,
        into(scheduler) as client,
        into(notifier.app) as notifier_client,
    ):
        resources = cast(SchedulerResources, scheduler.state.resources)
        for name, reached in (("classifier", classifier_client), ("notifier", notifier_client)):
            await _lead(resources.neighbours[name], reached)
        yield SchedulerSystem(
            classifier=classifier,
            scheduler=scheduler,
            classifier_client=classifier_client,
            client=client,
            notifier=notifier,
        )


async def _lead(http: ServiceHttp, client: httpx.AsyncClient) -> None:
    await http._client.aclose()
    http._client = client
