"""Sixty working days of an agency, one after the other, and what became of its promises.

`make faults` lives a year.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from kundentakt.sample import write_sample_agency
from tests.fixtures.databases import FreshDatabase
from tests.journeys.lived import CALENDAR, LivedAgency
from tests.journeys.lived_plan import (
    BREACHED,
    DAYS_WITH_CONTACTS,
    HELD_TOO_LATE,
    LAPSED,
    REVIEWS_TOO_LATE,
    WITHOUT_ROOM,
    peak_ratios,
)
from tests.journeys.test_lived_month import WITHOUT_END_OR_DESK
from tests.scheduler.builders import MONDAY, opened
from tests.scheduler.conftest import databases

__all__ = ["databases"]

WORKING_DAYS: Final = int(os.environ.get("KUNDENTAKT_LIVED_DAYS", "60"))
WORKING_DAYS_OF_A_QUARTER: Final = 60
"""After so many, what happens begins anew."""
CUSTOMERS: Final = 200
LEVEL_LIMIT: Final = 1.05
IDLE: Final = range(25, 35)
"""The days on which nobody works."""


@pytest.fixture
async def lived(databases: dict[str, FreshDatabase]) -> AsyncIterator[LivedAgency]:
    """The agency before its first day."""
    async with opened() as system:
        yield LivedAgency(system)


async def brings(lived: LivedAgency, number: int) -> None:
    """What happens on a day."""
    best = [*await lived.customers("A"), *await lived.customers("B")]
    if number % 4 == 1:
        await lived.asks("callback", best[number % len(best)])
    match number:
        case 10:
            await lived.activates_policy()
        case 14:
            await lived.leaves("KL")
        case 16:
            assert not lived.ordered("carer_introduction"), "nobody has decided yet"
            await lived.decides_on_carers()
    match number % WORKING_DAYS_OF_A_QUARTER:
        case 3:
            await lived.is_ill("BM", days=6)
        case 5 | 17 | 41:
            await lived.says(best[number % len(best)], "withdrawn")
        case 7 | 40:
            await lived.reports("customer.died", best[number % 10], died_on=str(lived.day))
        case 9 | 38:
            await lived.reports("life.changed", best[number % 12], change="birth")
        case 18:
            objects = {"advertising": True}
            await lived.tell_classifier("PUT", f"/customers/{best[-1]}/objections", objects)
        case 20:
            await lived.asks("claim", best[0])
        case 22:
            await lived.tell_classifier("DELETE", f"/customers/{best[-2]}")
        case 45:
            await lived.is_ill("HS", days=4)
        case 50:
            await lived.asks("complaint", (await lived.customers("C"))[0])


async def test_a_lived_quarter_keeps_what_it_promises(lived: LivedAgency, tmp_path: Path) -> None:
    system = lived.system
    sample = write_sample_agency(tmp_path, customers=CUSTOMERS, as_of=MONDAY, broken_rows=False)
    await lived.moves_in(sample)
    idle = []
    for number in range(WORKING_DAYS):
        works = number not in IDLE
        idle += [] if works else [lived.day]
        await brings(lived, number)
        await lived.next_day(works=works)
        left_lying = await system.rows(WITHOUT_END_OR_DESK.format(day=lived.day))
        assert left_lying == [], lived.day
        lived.ends_the_day()

    unworked = {"idle_from": idle[0], "idle_until": idle[-1]}
    days = [day for (day,) in await system.rows(DAYS_WITH_CONTACTS)]
    assert [day for day in days if not CALENDAR.is_working_day(day)] == []
    assert await system.rows(WITHOUT_ROOM) == []
    assert await system.rows(HELD_TOO_LATE.format(**unworked)) == []
    assert await system.rows(BREACHED.format(**unworked)) == []
    assert await system.rows(LAPSED) == []
    assert await system.rows(REVIEWS_TOO_LATE) == []
    assert set(lived.ordered("carer_introduction")) == lived.introduced
    with system.not_before(lived.day):
        loads = (await system.get("/workloads"))["items"]
        peaks = await peak_ratios(system, freeze_working_days=10)
    assert {each["overdue_tasks"] for each in loads} == {0}
    assert peaks
    assert max(peaks.values()) <= LEVEL_LIMIT, peaks
    findings = await lived.audited()
    assert not findings.faults, findings.lines()
    assert findings.places["done", ""]
    assert findings.places["sent", ""]
