"""What a file can tell of: nothing that is still to come when it comes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Final

from services.classifier.domain.latest_days import DUE_AHEAD, latest_day
from services.classifier.importers.reading import Item, ReadCommission, ReadInteraction
from shared.instants import is_ahead

NOON: Final = time(12)
Refuse = Callable[[int, date, str], None]
"""Told the line, the day or instant, and the customer of each row that lies ahead."""


def bookings_not_ahead(
    items: Sequence[Item], *, at: datetime, refuse: Refuse
) -> list[ReadCommission]:
    """The bookings whose day did not lie too far ahead when the file came."""
    booked = []
    latest = latest_day(at, slack=DUE_AHEAD)
    for row in (item for item in items if isinstance(item, ReadCommission)):
        if (day := row.commission.booked_on) > latest:
            refuse(row.line, day, row.commission.customer_id or "")
        else:
            booked.append(row)
    return booked


def contacts_that_happened(
    items: Sequence[Item], *, at: datetime, refuse: Refuse
) -> list[ReadInteraction]:
    """The contacts that can have happened when the file came. A row of that day without a time is
    read as noon, which may still be to come: it happened before the file."""
    happened = []
    for item in (item for item in items if isinstance(item, ReadInteraction)):
        met = item.interaction.at
        if not is_ahead(met, at):
            happened.append(item)
        elif met.time() == NOON and met.date() == at.astimezone(met.tzinfo).date():
            earlier = item.interaction.model_copy(update={"at": at})
            happened.append(replace(item, interaction=earlier))
        else:
            refuse(item.line, met, item.interaction.customer_id)
    return happened
