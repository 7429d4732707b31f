"""One booking told in two layouts: by the insurer's number in one list, by the customer's in
another.

A row without a number of its own gets an id made of what it says, so that it counts once however
often its list comes. Another layout says the same in other words. Contract, day, kind and amount
are what stays: the second such booking of a list is the second one known, and only what is beyond
these is new.
"""

from collections.abc import Sequence

from services.classifier.store.commissions_alike import bookings_alike, key_of
from shared.contracts.customers import Commission
from shared.db.database import Transaction

MADE_OF_THE_ROW = "row-"
"""How ids begin that end in the place among the equal rows of their list."""


async def known_under_another_id(
    transaction: Transaction, bookings: Sequence[Commission]
) -> set[str]:
    """The ids of the bookings that are known under another id."""
    keys = [key for key in map(key_of, bookings) if key is not None]
    alike = await bookings_alike(transaction, keys) if keys else {}
    repeated: set[str] = set()
    for booking in bookings:
        key = key_of(booking)
        if key is None:
            continue
        known = alike.setdefault(key, [])
        if booking.commission_id in known:
            continue
        place = _place(booking.commission_id)
        if place is not None and place <= len(known):
            repeated.add(booking.commission_id)
        else:
            known.append(booking.commission_id)
    return repeated


def _place(commission_id: str) -> int | None:
    if not commission_id.startswith(MADE_OF_THE_ROW):
        return None
    place = commission_id.rpartition("-")[2]
    return int(place) if place.isdecimal() else None
