"""The types that all contracts share.

Money is integer cents (EUR), days are calendar days in the agency's time zone, instants are
aware. The types are strict, because pydantic would otherwise read ``birth_date: 0`` as 1 January
1970.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic import Strict as StrictMode

from shared.contracts.bounds import Within

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day_from_text(value: Any) -> Any:
    """Accept a date or the text ``YYYY-MM-DD``; anything else is not a day. Pydantic would read ten
    digits as seconds since 1970."""
    if isinstance(value, datetime) or not isinstance(value, str | date):
        raise ValueError("a day is text in the form YYYY-MM-DD")
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("a day is text in the form YYYY-MM-DD")
    return value


def _instant_from_text(value: Any) -> Any:
    """Accept an aware datetime or RFC 3339 text; numbers are no instants here, nor as text, which
    pydantic would read as seconds since 1970."""
    if not isinstance(value, str | datetime) or (isinstance(value, str) and value[4:5] != "-"):
        raise ValueError("an instant is text after RFC 3339, with its offset")
    return value


def _shown_everywhere(value: datetime) -> datetime:
    """Refuse the first and the last year, in which some time zones cannot represent the instant."""
    if not 1 < value.year < 9999:
        raise ValueError("an instant lies in the years 2 to 9998")
    return value


AgencyId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["musterbetrieb"])]
"""The tenant: one brokerage. It comes from the token, and every key begins with it."""

ExternalId = Annotated[
    str,
    Field(
        pattern=r"^\.{0,63}[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,63}$",
        min_length=1,
        max_length=64,
        examples=["K-0001"],
    ),
]
"""An id given by the broker's own system: 1 to 64 characters of ``A-Za-z0-9._:-``.

Not of dots alone, because every client and proxy takes ``.`` and ``..`` out of a path.
"""

RESERVED_CUSTOMER_IDS: Final = frozenset({"duplicates", "lookup"})
RESERVED_STAFF_IDS: Final = frozenset({"imports"})
"""Ids that no new record may have, because routes of these names would hide it."""

CustomerId = ExternalId
ContractId = ExternalId
StaffId = ExternalId

LARGEST_AMOUNT: Final = 10**11
"""The largest booking or premium: a billion euros."""

Cents = Annotated[int, Field(ge=-(10**15), le=10**15, examples=[84210])]
"""Money in integer cents (EUR), also for sums. Beyond 2**53 JSON numbers lose cents."""

Revision = Annotated[int, Field(ge=0, examples=[4711])]
"""Position in the gapless change feed of one agency; 0 is before the first change."""

Day = Annotated[
    date, StrictMode(False), BeforeValidator(_day_from_text), Field(examples=["2026-11-21"])
]
Instant = Annotated[
    AwareDatetime,
    StrictMode(False),
    BeforeValidator(_instant_from_text),
    AfterValidator(_shown_everywhere),
    Field(examples=["2026-11-21T10:00:00+01:00"]),
]

RECORDS: Final = Within(date(1901, 1, 2), date(2200, 12, 31))
"""Days of records. Earlier ones are what programs write for an unknown day (0001-01-01,
1900-01-01), and no customer or contract of today is older."""
RecordDay = Annotated[Day, RECORDS]
"""A day that a record is given: births, deaths, covers, mandates, bookings."""
WorkDay = Annotated[Day, Within(date(2000, 1, 1), date(2100, 12, 31))]
"""A day for which work is planned, looked up or decided: absences, runs, pins, activations."""
ToldInstant = Annotated[Instant, Within(date(1950, 1, 1), date(2100, 12, 31))]
"""An instant that a body tells or asks for; before 1950 its year is mistyped."""

ServiceName = str
"""``classifier``, ``scheduler`` or ``notifier``."""


class Strict(BaseModel):
    """A value that crosses a border: frozen, of exact types, without unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ser_json_timedelta="iso8601"
    )
