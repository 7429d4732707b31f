"""One booking told in two layouts: by the insurer's number in one list, by the customer's in
another.

A row without a number of its own gets an id made of what it says, so that it counts once however
often its list comes. Another layout says the same in other words. Contract, day, kind and amount
are what stays: the second such booking of a list is the second one known, and only what is beyond
these is new. A later place of the same list is none of those that a place is compared with, so that
the order in which the places come does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from services.classifier.store.commissions_alike import bookings_alike, key_of
from shared.contracts.customers import Commission
from shared.db.database import Transaction

MADE_OF_THE_ROW = "row-"
"""How ids begin that end in the place among the equal rows of their list."""


@dataclass(slots=True)
class Repetitions:
    """The ids of bookings that are known under another id, and of those beside which another list
    has told another amount, as a corrected statement does; each with the id of the known one."""

    repeated: dict[str, str] = field(default_factory=dict)
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
        equal = [each for each, amount in known if amount == booking.amount_cents]
        row, place = _row_and_place(booking.commission_id)
        if repeated := _repeated_by(row, place, equal):
            found.repeated[booking.commission_id] = repeated
            continue
        known.append((booking.commission_id, booking.amount_cents))
        if place and not equal and before.get(key):
            found.differing[booking.commission_id] = min(before[key])
    return found


def _repeated_by(row: str, place: int, equal: Sequence[str]) -> str | None:
    """The known booking among equal ones that has this place, later places of the row aside."""
    if not 0 < place <= len(equal):
        return None
    known = ((each, *_row_and_place(each)) for each in equal)
    same = (each for each, its_row, its_place in known if its_row != row or its_place < place)
    return next(islice(same, place - 1, None), None)


def _row_and_place(commission_id: str) -> tuple[str, int]:
    """What equal rows of one list share, and the place among them; 0 for a number of its own."""
    row, _, place = commission_id.rpartition("-")
    if commission_id.startswith(MADE_OF_THE_ROW) and place.isdecimal():
        return row, int(place)
    return commission_id, 0
