"""Which touchpoints a list shows, and in which order.

The order is by day, then by id. Touchpoints without a day come last.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from shared.contracts.plans import Touchpoint, TouchpointState
from shared.contracts.vocabulary import CustomerId, StaffId

NO_DAY: Final = date(9999, 12, 31)
"""Stands in the order for "no day has room"."""


class PositionNotValid(ValueError):
    """the text names no position in a list of touchpoints"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition:
    """The position of a touchpoint in the list; as text, a page continues after it."""

    day: date
    touchpoint_id: UUID

    @classmethod
    def of(cls, touchpoint: Touchpoint) -> Self:
        """The position of a listed touchpoint."""
        return cls(day=touchpoint.day or NO_DAY, touchpoint_id=UUID(touchpoint.touchpoint_id))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The position that ``str`` has written; raises PositionNotValid for any other text."""
        try:
            day, touchpoint_id = text.split(" ")
            return cls(day=date.fromisoformat(day), touchpoint_id=UUID(touchpoint_id))
        except ValueError:
            raise PositionNotValid(PositionNotValid.__doc__) from None

    def __str__(self) -> str:
        return f"{self.day} {self.touchpoint_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointFilter:
    """Which touchpoints to list; ``after`` is the position of the last one seen."""

    customer_id: CustomerId | None = None
    staff_id: StaffId | None = None
    service: str | None = None
    state: TouchpointState | None = None
    first_day: date | None = None
    last_day: date | None = None
    after: ListPosition | None = None
    limit: int = 100
