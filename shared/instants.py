"""How far from now a day or instant can lie: what happened not ahead, what is planned not far."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

AHEAD: Final = timedelta(minutes=5)
"""So fast may the clock of a sender be, as with the signatures of webhooks."""


class InstantAhead(Exception):
    """what is told lies ahead, so it cannot have happened"""

    def __init__(self, latest: Mapping[str, date]) -> None:
        """``latest``: how late each of the places may be, an instant or a day."""
        super().__init__(f"{', '.join(latest)}: {type(self).__doc__}")
        self.pointers = [
            {"pointer": pointer, "detail": f"must not be after {_written(day)}"}
            for pointer, day in latest.items()
        ]


def _written(day: date) -> str:
    return day.isoformat(timespec="seconds") if isinstance(day, datetime) else day.isoformat()


def latest_instant(now: datetime) -> datetime:
    """The latest instant that can have happened: no clock of a sender explains a later one."""
    return now + AHEAD


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether an instant lies so far ahead that no clock explains it."""
    return at > latest_instant(now)


class OutOfReach(Exception):
    """a day so far from today has a mistyped year"""

    def __init__(self, pointers: Iterable[str], *, first: date | None, last: date | None) -> None:
        """``first`` and ``last``: what the places may hold."""
        places = list(pointers)
        super().__init__(f"{', '.join(places)}: {type(self).__doc__}")
        bounds = [f"not be before {first}"] if first else []
        bounds += [f"not be after {last}"] if last else []
        detail = "must " + " and ".join(bounds)
        self.pointers = [{"pointer": pointer, "detail": detail} for pointer in places]
