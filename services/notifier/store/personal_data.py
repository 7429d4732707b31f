"""What each of the notifier's columns tells of a customer (`shared/db/personal_data.py`)."""

from typing import Final

from services.notifier.store import contact_tables, merge_tables, message_tables, print_run_tables
from services.notifier.store.tables import NotifierTable
from shared.db.personal_data import FEED_OF_IDS, PersonalData, deleted, emptied, unrelated

DECLARED_IN: Final = (contact_tables, merge_tables, message_tables, print_run_tables)
"""The rooms of table classes; imported, so that the metadata knows all tables."""

_OF_MESSAGE: Final = (
    "message_id IN (SELECT message_id FROM message WHERE agency_id = :agency"
    " AND customer_id = ANY(CAST(:customer_ids AS text[])))"
)
_SENDING: Final = "proof of sending: what was allowed, left and arrived when; the text as a digest"

PERSONAL_DATA: Final = PersonalData(
    NotifierTable.metadata,
    {
        "message": emptied(
            "data answer proposed_on proposed_part",
            other="message_id dispatch_id customer_id channel purpose template priority ordered_by"
            " state reason detail attempts failures not_before due_at accepted_at claimed_at"
            " transmitting_at ended_at answered_at lease_token leased_until",
            because=_SENDING,
        ),
        "message_content": emptied(
            "subject",
            other="message_id digest basis template_version",
            because=_SENDING,
            whose=_OF_MESSAGE,
        ),
        "delivery_attempt": emptied(
            "response",
            other="message_id attempt began_at ended_at outcome",
            because=_SENDING,
            whose=_OF_MESSAGE,
        ),
        "merged_row": unrelated("row_id merge_id table_name step content"),
        "contact_copy": deleted("customer_id contact fetched_at"),
        "suppression": unrelated("customer_id purpose channel at message_id"),
        "dead_address": unrelated("digest at"),
        "letter": unrelated(
            "message_id run_id joined_at position sheets postage_cents page_from page_to"
        ),
        "print_run": unrelated(
            "run_id purpose template day number state reason letters letters_done pages"
            " postage_net_cents postage_vat_cents placed_at failures created_at joined_at"
            " gathers_since rendering grown rendered_at approved_at approved_by released_at"
            " lease_token leased_until"
        ),
        "agency_copy": unrelated("agency staff fetched_at"),
    },
    feed=FEED_OF_IDS,
)  # fmt: skip
