"""Nothing that is told lies ahead: what claims to have happened later than now is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel

AHEAD: Final = timedelta(minutes=5)
"""So fast may the clock of a sender be, as with the signatures of webhooks."""


class InstantAhead(Exception):
    """what is told lies more than five minutes ahead, so it cannot have happened"""

    def __init__(self, pointers: list[str], *, now: datetime) -> None:
        super().__init__(f"{', '.join(pointers)}: {type(self).__doc__}")
        latest = (now + AHEAD).isoformat(timespec="seconds")
        self.pointers = [
            {"pointer": pointer, "detail": f"must not be after {latest}"} for pointer in pointers
        ]


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether an instant lies so far ahead that no clock explains it."""
    return at > now + AHEAD


def refuse_ahead(value: BaseModel, *, now: datetime, within: str = "") -> None:
    """Raise InstantAhead if any instant in a value lies ahead; ``within`` is where it stands."""
    pointers = [f"{within}{pointer}" for pointer, at in _instants(value) if is_ahead(at, now)]
    if pointers:
        raise InstantAhead(pointers, now=now)


def _instants(value: Any, pointer: str = "") -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield pointer, value
    elif isinstance(value, BaseModel):
        for name, field in value:
            if isinstance(field, datetime | BaseModel | list):
                yield from _instants(field, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _instants(item, f"{pointer}/{number}")
