"""By when an answer is promised, also to who asks when nobody is there."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.requests import deadline, promised_cell, rest_until
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import AnswerWithin, Segment

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = WorkingCalendar(state="ST")
"""Open from 9:00 to 17:30, with a break from 12:30 to 13:00."""


def promised(service: str, segment: Segment) -> AnswerWithin:
    cell = starting_catalogue("revenue_potential").cell(service, segment)
    assert cell is not None
    assert cell.answer is not None
    return cell.answer


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("service", "segment", "asked", "due"),
    [
        # A and B are called back the same day if they ask by 15:00, else by noon of the next.
        ("callback", "A", "2026-11-23T14:59", "2026-11-23T17:30"),
        ("callback", "A", "2026-11-23T17:29", "2026-11-24T12:00"),
        ("callback", "A", "2026-11-23T17:31", "2026-11-24T12:00"),
        ("callback", "A", "2026-11-24T06:00", "2026-11-24T12:00"),
        ("callback", "B", "2026-11-28T11:00", "2026-11-30T12:00"),
        # The next day of C is the end of the next working day, whenever on the day before.
        ("callback", "C", "2026-11-23T09:00", "2026-11-24T17:30"),
        ("callback", "C", "2026-11-23T20:00", "2026-11-24T17:30"),
        ("callback", "C", "2026-11-29T20:00", "2026-11-30T17:30"),
        ("offer", "A", "2026-11-28T11:00", "2026-12-01T17:30"),
        # What is promised for the same day is due on the next one if the day is over.
        ("claim", "C", "2026-11-23T17:29", "2026-11-23T17:30"),
        ("claim", "C", "2026-11-23T17:31", "2026-11-24T17:30"),
        ("claim", "C", "2026-11-23T12:45", "2026-11-23T17:30"),
        # On Christmas Eve the office shuts at noon; the holidays and a weekend follow.
        ("callback", "A", "2026-12-24T11:59", "2026-12-24T12:00"),
        ("callback", "A", "2026-12-24T14:00", "2026-12-28T12:00"),
        ("callback", "C", "2026-12-24T14:00", "2026-12-28T17:30"),
    ],
)
def test_an_answer_is_due(service: str, segment: Segment, asked: str, due: str) -> None:
    assert deadline(promised(service, segment), at(asked), CALENDAR) == at(due)


@pytest.mark.parametrize("service", ["callback", "email_answer", "offer", "claim", "complaint"])
@pytest.mark.parametrize("segment", ["A", "C"])
def test_who_asks_earlier_is_never_answered_later(service: str, segment: Segment) -> None:
    answer, asked, before = promised(service, segment), at("2026-12-18T00:00"), None
    while asked < at("2027-01-05T00:00"):
        due = deadline(answer, asked, CALENDAR)
        assert due > asked
        assert before is None or due >= before, asked
        asked, before = asked + timedelta(minutes=15), due


def test_a_promise_before_the_office_opens_is_kept_the_day_after() -> None:
    early = AnswerWithin(working_days=0, asked_by=time(15), else_by=time(5))
    asked = at("2026-11-24T06:00")
    assert deadline(early, asked, CALENDAR) > asked


@pytest.mark.parametrize(
    ("result", "until"),
    [("won", "2027-01-22"), ("not_now", "2027-05-24"), ("no", "2028-11-22"), (None, None)],
)
def test_a_gap_rests_after_an_answer(result: str | None, until: str | None) -> None:
    expected = None if until is None else date.fromisoformat(until)
    assert rest_until(result, date(2026, 11, 23)) == expected


def test_an_earned_level_raises_care_and_not_selling() -> None:
    catalogue = starting_catalogue("revenue_potential")
    lifting = catalogue.model_copy(update={"raised_to": {"O": "B"}})
    own = promised_cell(lifting, "development", "O", raised=False)
    assert own is not None
    assert promised_cell(lifting, "development", "O", raised=True) == own
    lifted = promised_cell(lifting, "yearly_review", "O", raised=True)
    assert lifted == catalogue.cell("yearly_review", "B")
