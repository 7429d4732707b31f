"""Which hours may be agreed, and what an appointment may become."""

from datetime import date, datetime, timedelta
from typing import get_args

import pytest

from services.scheduler.domain.appointments import (
    OPEN,
    TRANSITIONS,
    AppointmentOnClosedDay,
    AppointmentOverlaps,
    Slot,
    WantedHour,
    may_become,
    require_agreeable,
)
from shared.calendar import WorkingCalendar
from shared.contracts.appointments import AppointmentState
from shared.contracts.staff import Staff
from tests.scheduler.domain.test_standing_in import person

NOW = datetime.fromisoformat("2026-11-23T10:00:00+01:00")
SAXONY_ANHALT = WorkingCalendar(state="ST")
PEOPLE: list[Staff] = [person("S-1")]


def wanted(at: str, minutes: int = 90) -> WantedHour:
    return WantedHour(
        at=datetime.fromisoformat(at),
        minutes=minutes,
        staff_id="S-1",
        earliest=date(2026, 11, 23),
        latest=date(2027, 11, 1),
    )


def require(hour: WantedHour, taken: list[Slot] | None = None) -> None:
    require_agreeable(hour, now=NOW, calendar=SAXONY_ANHALT, people=PEOPLE, taken=taken or [])


def test_every_state_leads_somewhere_and_every_open_one_can_be_withdrawn() -> None:
    states = set(get_args(AppointmentState))
    assert set(TRANSITIONS) == states
    assert {wanted for each in TRANSITIONS.values() for wanted in each} == states
    assert all(may_become(each, "withdrawn") and may_become(each, "held") for each in OPEN)


def test_a_holiday_of_the_federal_state_is_refused_and_one_of_another_is_not() -> None:
    with pytest.raises(AppointmentOnClosedDay, match="2027-01-07"):
        require(wanted("2027-01-06T10:00:00+01:00"))  # Epiphany
    require(wanted("2026-11-23T18:00:00+01:00"))
    require(wanted("2027-06-03T10:00:00+02:00"))  # Corpus Christi, elsewhere


def test_hours_may_touch_but_not_overlap() -> None:
    hour = wanted("2026-11-24T10:00:00+01:00")
    for minutes in (-90, 90):
        require(hour, [Slot.of(hour.at + timedelta(minutes=minutes), 90)])
    for minutes in (-89, 0, 89):
        with pytest.raises(AppointmentOverlaps):
            require(hour, [Slot.of(hour.at + timedelta(minutes=minutes), 90)])


def test_the_same_hour_of_another_offset_is_the_same_instant() -> None:
    require(wanted("2027-03-30T10:00:00+00:00"))
    require(wanted("2027-03-30T12:00:00+02:00"))
