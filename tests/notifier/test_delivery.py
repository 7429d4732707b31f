"""When messages leave, and how long they are tried."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notifier.domain.delivery import RETRY_PAUSES, next_opening, pause_before_retry

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "send_times", "opening"),
    [
        ("2026-11-23T10:00", ["08:00", "13:00"], None),
        ("2026-11-23T07:59", ["13:00", "08:00"], "2026-11-23T08:00"),
        ("2026-11-23T20:00", ["08:00"], "2026-11-24T08:00"),
        ("2026-11-23T20:30", ["08:00", "20:00"], None),
        ("2026-11-23T03:00", ["02:00"], "2026-11-23T06:00"),
        ("2026-11-23T22:30", ["23:59"], "2026-11-24T21:00"),
        ("2026-03-28T21:00", ["08:00"], "2026-03-29T08:00"),
    ],
)
def test_the_sending_day_opens_with_the_first_send_time_and_never_at_night(
    now: str, send_times: list[str], opening: str | None
) -> None:
    found = next_opening(berlin(now).astimezone(UTC), zone=BERLIN, send_times=send_times)
    assert found == (berlin(opening) if opening else None)


def test_pauses_grow_and_end() -> None:
    pauses = [pause_before_retry(attempt) for attempt in range(1, 10)]
    assert pauses[-1] is None
    assert list(RETRY_PAUSES) == sorted(RETRY_PAUSES)
    assert sum(RETRY_PAUSES, timedelta()) > timedelta(days=2)
