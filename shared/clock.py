"""The edge clock: the only place that asks what time it is.

The domain never reads it; use cases receive ``now`` and ``as_of``. ``KUNDENTAKT_NOW`` starts it
elsewhere, so that a test can walk a year and the demo begins on a working day at 10:00. Tokens
and signatures are always checked against real time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

SMALLEST: Final = timedelta(microseconds=1)


class Instants:
    """The instants of a piece of work that goes on: each is later than the one before."""

    def __init__(self, first: datetime) -> None:
        self._first, self._began = first, monotonic()
        self._last = first - SMALLEST

    def next(self) -> datetime:
        """This instant of the work."""
        now = self._first + timedelta(seconds=monotonic() - self._began)
        self._last = max(now, self._last + SMALLEST)
        return self._last


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time, shifted by a fixed distance that is zero in production."""

    shift: timedelta = timedelta()

    @classmethod
    def started_at(cls, now: datetime | None, since: datetime | None = None) -> "Clock":
        """The clock that showed ``now`` at the real instant ``since`` (default: this moment)."""
        if now is None:
            return cls()
        if now.tzinfo is None or (since is not None and since.tzinfo is None):
            raise ValueError("KUNDENTAKT_NOW and KUNDENTAKT_NOW_SINCE need an offset, as +01:00")
        return cls(shift=now - (since or datetime.now(UTC)))

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        return datetime.now(UTC) + self.shift

    def today(self, zone: ZoneInfo) -> date:
        """The calendar day in an agency's time zone."""
        return self.now().astimezone(zone).date()
