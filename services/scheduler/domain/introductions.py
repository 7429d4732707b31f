"""Who is told of a new carer, and when so many are told that a person must decide first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

from services.scheduler.domain.occasions import NewOccasion, occasions_raised
from services.scheduler.domain.services import Cause, raised_by
from shared.contracts.vocabulary import CustomerId, StaffId

CARER_CHANGED: Final[Cause] = "carer_changed"
INTRODUCTIONS: Final = [kind.key for kind in raised_by(CARER_CHANGED)]
"""The services that tell customers of a new carer."""
ALWAYS_ALLOWED: Final = 5
"""Introductions of a day that never wait: a share of a small book would be less than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Introductions:
    """For each customer the new carer and the one who is known, and whether they wait."""

    of: Mapping[CustomerId, tuple[StaffId, StaffId]]
    held: bool


def introductions(
    told: Iterable[tuple[CustomerId, StaffId, StaffId | None]],
    *,
    already: int,
    book: int,
    share: float,
) -> Introductions:
    """Decide whom to introduce: ``told`` are customers with their new carer and whom they know.

    Who knows nobody yet, or knows this carer, is told nothing. If the day would bring more than
    ``share`` of the ``book`` (customers), with the ones it brings ``already``, all of these wait.
    """
    of = {
        customer_id: (new, known)
        for customer_id, new, known in told
        if known is not None and known != new
    }
    most = max(ALWAYS_ALLOWED, ceil(share * book))
    return Introductions(of=of, held=bool(of) and already + len(of) > most)


def introduction_occasions(
    introduced: Mapping[CustomerId, tuple[StaffId, StaffId]], *, day: date
) -> list[NewOccasion]:
    """What raises these introductions on a day."""
    return [
        occasion
        for customer_id, (new, known) in introduced.items()
        for occasion in occasions_raised(
            CARER_CHANGED,
            customer_id=customer_id,
            cause_id=new,
            day=day,
            known={"previous_staff_id": known},
        )
    ]
