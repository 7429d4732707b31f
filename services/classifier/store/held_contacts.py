"""Contacts that count as held, whoever planned them: the last review, the last contact.

What the scheduler planned it knows itself, so its own contacts are left out.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, NamedTuple

from shared.contracts.customers import Interaction
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

PLANNED_HERE: Final = "touchpoint:"
"""How the ids of contacts begin that come from the scheduler's own touchpoints."""
REVIEW_MINUTES: Final = 20
"""Who only hands over a paper at the door has not reviewed anything."""
REVIEW_CHANNELS: Final = ("visit", "office", "video")
PERSONAL_CHANNELS: Final = (*REVIEW_CHANNELS, "phone")
_ABOUT_OTHER_THINGS: Final = ("claim", "complaint", "legal_duty", "data_right", "none")


class HeldContacts(NamedTuple):
    """The days of a customer's last review and last contact; None if there was none."""

    customer_id: CustomerId
    review: date | None
    contact: date | None


def counts_as_held(contact: Interaction) -> bool:
    """Whether a contact may change the days of ``held_contacts``."""
    return (
        contact.channel in PERSONAL_CHANNELS
        and contact.topic not in _ABOUT_OTHER_THINGS
        and not contact.interaction_id.startswith(PLANNED_HERE)
    )


async def held_contacts(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, today: date
) -> dict[CustomerId, HeldContacts]:
    """The last days of these customers up to ``today``, in the agency's time zone.

    A visit counts as a review, and advice in the office or by video, if it took its time. SQL text
    because one statement sums the contacts of many.
    """
    rows = await transaction.execute(
        _HELD,
        {
            "ids": list(customer_ids),
            "today": today,
            "own": f"{PLANNED_HERE}%",
            "minutes": REVIEW_MINUTES,
            "reviews": list(REVIEW_CHANNELS),
            "personal": list(PERSONAL_CHANNELS),
            "others": list(_ABOUT_OTHER_THINGS),
        },
    )
    return {row[0]: HeldContacts._make(row) for row in rows.all()}


_HELD = """
    SELECT customer_id,
           max(day) FILTER (WHERE minutes >= :minutes AND channel = ANY(CAST(:reviews AS text[]))
                              AND (channel = 'visit' OR topic = 'advice')),
           max(day) FILTER (WHERE direction = 'out')
      FROM (SELECT interaction.*, CAST(at AT TIME ZONE agency.time_zone AS date) AS day
              FROM interaction JOIN agency USING (agency_id)
             WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
               AND channel = ANY(CAST(:personal AS text[]))
               AND topic <> ALL(CAST(:others AS text[]))
               AND interaction_id NOT LIKE :own) AS contact
     WHERE day <= :today
     GROUP BY customer_id
"""


async def told_or_held(
    transaction: Transaction,
    told: Collection[tuple[CustomerId, date | None, date | None]],
    *,
    today: date,
) -> dict[CustomerId, HeldContacts]:
    """The later of what the broker system told (review, contact) and what was logged, by customer.

    A review is a contact too.
    """
    held = await held_contacts(transaction, [each[0] for each in told], today=today)
    return {
        customer_id: _latest(customer_id, review, contact, held.get(customer_id))
        for customer_id, review, contact in told
    }


def _latest(
    customer_id: CustomerId, review: date | None, contact: date | None, held: HeldContacts | None
) -> HeldContacts:
    last_review = _later(review, held.review if held else None)
    last_contact = _later(_later(contact, held.contact if held else None), last_review)
    return HeldContacts(customer_id, last_review, last_contact)


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)
