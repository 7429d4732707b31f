"""One booking told in two layouts: by the insurer's number in one list, by the customer's in
another.

A row without a number of its own gets an id made of what it says, so that it counts once however
often its list comes. Another layout says the same in other words. Contract, day, kind and amount
are what stays: the second such booking of a list is the second one known, and only what is beyond
these is new.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.classifier.store.commissions_alike import bookings_alike, key_of
from shared.contracts.customers import Commission
from shared.db.database import Transaction

MADE_OF_THE_ROW = "row-"
"""How ids begin that end in the place among the equal rows of their list."""


@dataclass(slots=True)
class Repetitions:
    """The ids of bookings that are known under another id, and of those beside which another list
    has told another amount, as a corrected statement does, with the id of that one."""

    repeated: set[str] = field(default_factory=set)
    differing: dict[str, str] = field(default_factory=dict)


async def repetitions_of(transaction: Transaction, bookings: Sequence[Commission]) -> Repetitions:
    """Compare bookings with those known, and with each other."""
    keys = [key for key in map(key_of, bookings) if key is not None]
    alike = await bookings_alike(transaction, keys) if keys else {}
    before = {key: dict(known) for key, known in alike.items()}
    found = Repetitions()
    for booking in bookings:
        key = key_of(booking)
        if key is None or booking.commission_id in before.get(key, ()):
            continue
        known = alike.setdefault(key, [])
        same = [each for each, amount in known if amount == booking.amount_cents]
        place = _place(booking.commission_id)
        if place is not None and place <= len(same):
            found.repeated.add(booking.commission_id)
            continue
        known.append((booking.commission_id, booking.amount_cents))
        if place is not None and not same and before.get(key):
            found.differing[booking.commission_id] = min(before[key])
    return found


def _place(commission_id: str) -> int | None:
    if not commission_id.startswith(MADE_OF_THE_ROW):
        return None
    place = commission_id.rpartition("-")[2]
    return int(place) if place.isdecimal() else None
