"""A message has a last sensible day: nobody is told *today* when it is not."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notifier.domain.last_sensible_days import is_too_late, last_sensible_day
from services.notifier.domain.posting_days import posting_day
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.examples import AGENCY, CARER, LINKS, TEMPLATES, UTE, word
from tests.notifier.letters.examples import a_letter
from tests.notifier.neighbours import Neighbours

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)


def birthday_mail(language: Any = "de", **data: Any) -> str:
    mail = TEMPLATES.render_email(
        "birthday", language, person=UTE, carer=CARER, agency=AGENCY, data=data, links=LINKS,
        basis="consent", on=MONDAY,
    )  # fmt: skip
    return f"{mail.subject}\n{mail.text}"


def test_a_birthday_is_today_only_on_its_day() -> None:
    assert "heute ist Ihr Tag" in birthday_mail(due="2026-11-23")
    assert "Today is your day" in birthday_mail("en", due="2026-11-23")
    for due in ({}, {"due": "2026-11-22"}, {"due": "2026-11-20"}):
        assert "heute" not in birthday_mail(**due)
        assert "Today" not in birthday_mail("en", **due)
    assert "nachträglich wünsche ich Ihnen" in birthday_mail(due="2026-11-22")
    assert "zu Ihrem Geburtstag wünsche ich Ihnen" in birthday_mail()
    letter = a_letter(template="birthday", data={"due": "2026-11-22"}, dated=MONDAY)
    assert not any("heute" in block.text for block in letter.blocks)


@pytest.mark.parametrize(
    ("template", "data", "last"),
    [
        ("birthday", {"due": "2026-11-20"}, date(2026, 11, 23)),
        ("birthday", {}, None),
        ("anniversary", {"due": "2026-11-20", "years": 10}, date(2026, 12, 4)),
        ("event_invitation", {"starts_at": "2026-12-03T23:30:00Z"}, date(2026, 12, 4)),
        ("saving", {"due": "2026-01-01", "last_sensible_day": "2026-01-31"}, date(2026, 1, 31)),
        ("saving", {"due": "2026-01-01"}, None),
    ],
)
def test_a_last_sensible_day_is_ordered_or_follows_from_the_occasion(
    template: str, data: dict[str, Any], last: date | None
) -> None:
    assert last_sensible_day(template, data, BERLIN) == last
    if last is not None:
        morning = datetime.combine(last, time(0), tzinfo=BERLIN)
        assert not is_too_late(template, data, now=morning, zone=BERLIN)
        assert is_too_late(template, data, now=morning + timedelta(days=1), zone=BERLIN)


async def test_late_birthday(notifier: Notifier, neighbours: Neighbours) -> None:
    for number in (1, 2, 3):
        neighbours.customer(f"K-{number}", consents=[word()])
    birthday: dict[str, Any] = {"template": "birthday", "purpose": "advertising"}
    await notifier.dispatch(
        order(dispatch_id="late", customer_id="K-1", data={"due": "2026-11-13"}, **birthday),
        order(dispatch_id="told", customer_id="K-2", data={}, last_sensible_day="2026-11-22",
              **birthday),
        order(dispatch_id="today", customer_id="K-3", data={"due": "2026-11-23"}, **birthday),
    )  # fmt: skip
    await notifier.work()
    states = await notifier.states()
    assert states["late"] == ("suppressed", "too_late")
    assert states["told"] == ("suppressed", "too_late")
    assert states["today"][0] == "sent"


def test_nobody_is_invited_in_the_evening_to_what_began_at_noon() -> None:
    noon = {"starts_at": "2026-12-03T12:00:00+01:00"}
    for hour, late in ((11, False), (12, True), (20, True)):
        now = datetime(2026, 12, 3, hour, tzinfo=BERLIN)
        assert is_too_late("event_invitation", noon, now=now, zone=BERLIN) is late


@pytest.mark.parametrize(
    ("day", "posted"),
    [
        (date(2026, 11, 22), date(2026, 11, 23)),  # a Sunday
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 12, 25), date(2026, 12, 28)),
        (date(2027, 1, 1), date(2027, 1, 4)),
        (date(2026, 4, 3), date(2026, 4, 7)),  # Good Friday to Easter Monday
    ],
)
def test_a_print_run_is_posted_on_a_working_day(day: date, posted: date) -> None:
    assert posting_day(day, state=None) == posted


@pytest.mark.parametrize(
    ("day", "state", "posted"),
    [
        (date(2025, 10, 31), "ST", date(2025, 11, 3)),  # Reformation Day, a Friday
        (date(2025, 10, 31), "BY", date(2025, 10, 31)),
        (date(2024, 11, 1), "BY", date(2024, 11, 4)),  # All Saints, a Friday
        (date(2024, 11, 1), "ST", date(2024, 11, 1)),
        (date(2026, 1, 6), "ST", date(2026, 1, 7)),  # Epiphany
        (date(2026, 1, 6), None, date(2026, 1, 6)),
        (date(2025, 11, 19), "SN", date(2025, 11, 20)),  # Buß- und Bettag
        (date(2026, 6, 4), "NW", date(2026, 6, 5)),  # Corpus Christi
        (date(2026, 3, 8), "BE", date(2026, 3, 9)),
        (date(2026, 12, 24), "BE", date(2026, 12, 24)),  # a shop is open until noon
    ],
)
def test_the_day_of_posting_knows_the_holidays_of_the_agencys_federal_state(
    day: date, state: str | None, posted: date
) -> None:
    assert posting_day(day, state=state) == posted
