"""What the steps of the demo share: the running system, its clients, the sample agency."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from kundentakt.demo.stages import Stages, StepFailed
from kundentakt.sample import SampleAgency
from kundentakt.supervisor.system import System
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.clock import Clock
from shared.contracts.agencies import AgencySettings
from shared.contracts.identities import SenderIdentity
from shared.contracts.office_calendars import (
    OfficeCalendar,
    OfficeHours,
    OfficeWeek,
    SpecialDay,
    Weekday,
)
from shared.contracts.staff import Block

ZONE = ZoneInfo("Europe/Berlin")
POLL_SECONDS = 0.05
AGENCY_NAME = "musterbetrieb"

SETTINGS = AgencySettings(
    time_zone="Europe/Berlin",
    federal_state="ST",
    sender=SenderIdentity(
        name="Musterbetrieb Versicherungsmakler GmbH",
        legal_form="GmbH",
        street="Marktplatz 3",
        postcode="06526",
        city="Sangerhausen",
        managing_directors=("Jana Muster",),
        seat="Sangerhausen",
        register_court="Amtsgericht Stendal",
        register_number="HRB 12345",
        supervisory_authority="IHK Halle-Dessau",
        broker_register_number="D-ABCD-12345-67",
        phone="+49 3464 123456",
        email="post@musterbetrieb.example",
        website="www.musterbetrieb.example",
        vat_id="DE123456789",
    ),
    send_times=["08:00", "10:00", "13:00"],
)

_LONG_DAY = [OfficeHours(opens="08:30", closes="12:30"), OfficeHours(opens="13:30", closes="18:00")]
OFFICE = OfficeCalendar(
    week=OfficeWeek(
        monday=_LONG_DAY,
        tuesday=_LONG_DAY,
        wednesday=_LONG_DAY,
        thursday=_LONG_DAY,
        friday=[OfficeHours(opens="08:30", closes="14:00")],
    ),
    special_days=[
        SpecialDay(name="Rosenmontag", from_easter=-48, closes="12:00"),
        SpecialDay(name="Heiligabend", every_year="--12-24", closes="12:00"),
        SpecialDay(name="Silvester", every_year="--12-31", closes="12:00"),
    ],
)
MONDAY_TO_THURSDAY: Final[tuple[Weekday, ...]] = ("monday", "tuesday", "wednesday", "thursday")
BLOCKS = [
    Block(weekday=weekday, begins=begins, ends=ends, kind="mail")
    for weekday in MONDAY_TO_THURSDAY
    for begins, ends in (("08:30", "08:45"), ("13:30", "13:45"))
]
"""Everybody answers mail twice a day, in one go; on Friday in between."""

Seen = TypeVar("Seen")


@dataclass(slots=True, kw_only=True)
class DemoContext:
    """One running demo."""

    system: System
    stages: Stages
    agency: str
    day: date
    sample: SampleAgency
    classifier: ClassifierClient
    scheduler: SchedulerClient
    notifier: NotifierClient
    mails_before: int


@asynccontextmanager
async def clients(
    system: System,
) -> AsyncIterator[tuple[ClassifierClient, SchedulerClient, NotifierClient]]:
    """Typed clients whose token has all scopes, for every agency."""
    token = system.token()
    connections = [ServiceHttp(url=system.url(name), token=token) for name in
                   ("classifier", "scheduler", "notifier")]  # fmt: skip
    try:
        yield (
            ClassifierClient(connections[0]),
            SchedulerClient(connections[1]),
            NotifierClient(connections[2]),
        )
    finally:
        for connection in connections:
            await connection.close()


async def new_agency(classifier: ClassifierClient) -> str:
    """The first name that no earlier demo used: each demo begins with an empty book."""
    taken = await classifier.heads()
    number = 1
    name = AGENCY_NAME
    while name in taken:
        number += 1
        name = f"{AGENCY_NAME}-{number}"
    return name


def clock_of(system: System) -> Clock:
    """The clock by which the services live."""
    given = {
        name: system.environment.get(name) for name in ("KUNDENTAKT_NOW", "KUNDENTAKT_NOW_SINCE")
    }
    now, since = (datetime.fromisoformat(value) if value else None for value in given.values())
    return Clock.started_at(now, since)


def demo_day(system: System) -> date:
    """The day the system's clock shows, in the agency's time zone."""
    return clock_of(system).today(ZONE)


async def wait_for(
    what: str,
    look: Callable[[], Awaitable[Seen]],
    reached: Callable[[Seen], bool],
    *,
    seconds: float = 60.0,
) -> Seen:
    """Ask until the answer is as wanted. Raises StepFailed, which says what was waited for."""
    deadline = monotonic() + seconds
    while True:
        seen = await look()
        if reached(seen):
            return seen
        if monotonic() > deadline:
            raise StepFailed(f"{what} nicht nach {seconds:.0f} s; zuletzt: {seen!r}"[:500])
        await asyncio.sleep(POLL_SECONDS)
