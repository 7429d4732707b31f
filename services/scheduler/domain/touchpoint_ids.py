"""Names that never change: touchpoint ids, and each unit's place in the year.

An id is made from (agency, customer, service, occurrence) alone. So planning again, even after a
restore, results in the same key for the notifier. The place in the year is made from the unit's id
alone, and spreads a book over the year instead of making it due on one day.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import blake2b, sha1
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

TOUCHPOINTS_NAMESPACE: Final = UUID("5d2b1c1e-6a0f-5a1e-9f5c-2f7f5c0d8a41")
"""Never change it: it is part of every touchpoint id that the notifier has."""

_SEPARATOR: Final = "\x1f"  # in the alphabet of no id, so that two different keys never look alike
PHASE_DAYS: Final = 730
"""Two years, the longest usual rhythm. The phase within a shorter rhythm is the remainder."""

Days = NDArray[np.datetime64]
Ints = NDArray[np.int64]


def touchpoint_id(*, agency: str, customer_id: str, service: str, occurrence: str) -> UUID:
    """UUIDv5 (RFC 9562) of the four; the occurrence is the year, the campaign, or the n-th."""
    return UUID(touchpoint_ids(agency, [_SEPARATOR.join((customer_id, service, occurrence))])[0])


def touchpoint_ids(agency: str, keys: Iterable[str]) -> list[str]:
    """UUIDv5 texts for keys ``customer␟service␟occurrence`` with ``key_separator``.

    The digest of namespace and agency is computed once, because uuid.uuid5 takes three times as
    long.
    """
    begun = sha1(TOUCHPOINTS_NAMESPACE.bytes, usedforsecurity=False)
    begun.update((agency + _SEPARATOR).encode())
    texts: list[str] = []
    for key in keys:
        digest = begun.copy()
        digest.update(key.encode())
        d = digest.hexdigest()
        variant = "89ab"[int(d[16], 16) & 3]
        texts.append(f"{d[:8]}-{d[8:12]}-5{d[13:16]}-{variant}{d[17:20]}-{d[20:32]}")
    return texts


def key_separator() -> str:
    """What stands between the parts of an occurrence's key."""
    return _SEPARATOR


def unit_phases(unit_ids: Iterable[str]) -> Ints:
    """Days 0 to 729, by a hash of the unit's id that is the same in every process and for ever."""
    return np.array(
        [
            int.from_bytes(blake2b(unit.encode(), digest_size=8).digest(), "big") % PHASE_DAYS
            for unit in unit_ids
        ],
        dtype=np.int64,
    )


def add_months(days: Days, months: int | Ints) -> Days:
    """The same day of the month so many months later, clamped to the month's end.

    31 January and one month is 28 or 29 February; 29 February and twelve months is 28 February.
    """
    starts = days.astype("datetime64[M]")
    day_of_month = (days - starts.astype("datetime64[D]")).astype(np.int64)
    target = starts + np.asarray(months).astype("timedelta64[M]")
    last = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    shifted = np.minimum(day_of_month, last - 1)
    result: Days = target.astype("datetime64[D]") + shifted.astype("timedelta64[D]")
    return result


def month_later(day: date, months: int) -> date:
    """``add_months`` for one day."""
    shifted = add_months(np.array([day], dtype="datetime64[D]"), months)
    return date.fromisoformat(str(shifted[0]))
