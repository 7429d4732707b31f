"""Bookings of one contract, day and kind, which may say the same."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from shared.contracts.customers import Commission
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted

BookingKey = tuple[CustomerId, ContractId, date, str]
KnownBooking = tuple[str, int]
"""The id and the amount in cents."""


def key_of(booking: Commission) -> BookingKey | None:
    """What bookings share that may be one; None without a contract."""
    if booking.contract_id is None:
        return None
    return booking.customer_id, booking.contract_id, booking.booked_on, booking.kind


async def bookings_alike(
    transaction: Transaction, keys: Sequence[BookingKey]
) -> dict[BookingKey, list[KnownBooking]]:
    """The bookings with these keys, in a lasting order.

    SQL text because a slice of a statement asks for a thousand at once; the index on customer and
    day finds them.
    """
    found = await transaction.execute(
        f"""
        SELECT booked.customer_id, booked.contract_id, booked.booked_on, booked.kind,
               booked.amount_cents, booked.commission_id
          FROM (SELECT DISTINCT customer_id, booked_on
                  FROM unnest({parted("customers")}, CAST({parted("days")} AS date[]))
                       AS told (customer_id, booked_on)) AS told
          JOIN commission AS booked
            ON booked.agency_id = :agency
           AND booked.customer_id = told.customer_id AND booked.booked_on = told.booked_on
         WHERE booked.contract_id IS NOT NULL
         ORDER BY booked.commission_id
        """,
        {
            "customers": id_list([key[0] for key in keys]),
            "days": id_list([key[2].isoformat() for key in keys]),
        },
    )
    rows: Sequence[Any] = found.all()
    wanted = set(keys)
    alike: dict[BookingKey, list[KnownBooking]] = {}
    for customer_id, contract_id, booked_on, kind, amount_cents, commission_id in rows:
        key = (customer_id, contract_id, booked_on, kind)
        if key in wanted:
            alike.setdefault(key, []).append((commission_id, amount_cents))
    return alike
