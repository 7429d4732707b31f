"""What each of the scheduler's columns tells of a customer (`shared/db/personal_data.py`)."""

from typing import Final

from services.scheduler.store import (
    agency_tables,
    appointment_tables,
    carer_tables,
    customer_tables,
    merge_tables,
    pin_tables,
    task_tables,
    touchpoint_tables,
)
from services.scheduler.store.columns import SchedulerTable
from shared.db.personal_data import FEED_OF_FACTS, PersonalData, deleted, emptied, unrelated

DECLARED_IN: Final = (
    agency_tables, appointment_tables, carer_tables, customer_tables, merge_tables, pin_tables,
    task_tables,
    touchpoint_tables,
)  # fmt: skip
"""The rooms of table classes; imported, so that the metadata knows all tables."""

_NO_MEMBER_LEFT: Final = (
    "unit_id = ANY(CAST(:customer_ids AS text[])) AND NOT EXISTS ("
    "SELECT FROM customer WHERE customer.agency_id = :agency AND customer.unit_id = {}.unit_id)"
)
"""A unit's row goes with its last customer, because the unit has the id of one of them."""

_WITHOUT_WORDS: Final = (
    "CASE WHEN state IN ('open', 'done', 'discarded')"
    " AND reason NOT IN ('erased', 'deceased', 'mandate_ended', 'death_lifted', 'mandate_held')"
    " THEN 'erased' ELSE reason END"
)
"""What a person wrote goes; the codes of our own stay, and so does that there was a reason."""

PERSONAL_DATA: Final = PersonalData(
    SchedulerTable.metadata,
    {
        "customer": deleted(
            "customer_id unit_id kind status segment service_level development potential_assumed"
            " potential_cents margin_cents gaps mandate mandate_ends_on birth_date death_date"
            " customer_since told_carer last_review_on last_contact_on"
            " federal_state visit_area phone_consent letter_consent email_known"
            " advertising_objected profiling_objected facts_at care_since"
        ),
        "carer": deleted(
            "unit_id staff_id pinned_staff_id since begun_at",
            whose=_NO_MEMBER_LEFT.format("carer"),
        ),
        "carer_proposal": deleted(
            "unit_id from_staff_id to_staff_id because since",
            whose=_NO_MEMBER_LEFT.format("carer_proposal"),
        ),
        "carer_move": deleted(
            "application_id unit_id from_staff_id to_staff_id applied_by applied_at undone_at",
            whose=_NO_MEMBER_LEFT.format("carer_move"),
        ),
        "held_introduction": deleted("customer_id staff_id previous_staff_id since"),
        "occasion": deleted("customer_id service occurrence day because subject"),
        "rested_gap": deleted("customer_id line until won"),
        "merged_row": deleted(
            "row_id merge_id table_name step content",
            whose="merge_id IN (SELECT merge.merge_id FROM merge"
            " WHERE merge.agency_id = :agency"
            " AND (merge.customer_id = ANY(CAST(:customer_ids AS text[]))"
            " OR merge.into_id = ANY(CAST(:customer_ids AS text[]))))",
        ),
        "merge": deleted(
            "merge_id customer_id into_id",
            whose="(customer_id = ANY(CAST(:customer_ids AS text[]))"
            " OR into_id = ANY(CAST(:customer_ids AS text[])))",
        ),
        "customer_mark": deleted("customer_id marks"),
        "touchpoint": emptied(
            "subject reason",
            other="touchpoint_id customer_id unit_id service occurrence purpose duty channel"
            " staff_id minutes priority due earliest latest day state because since left_on"
            " ended_on lease_token leased_until",
            because="proof of what was sent and done",
            instead={"reason": _WITHOUT_WORDS},
        ),
        "task": emptied(
            "subject reason result",
            other="task_id touchpoint_id request_id customer_id service channel staff_id day"
            " minutes importance state because deadline minutes_spent reopened postponed delegated"
            " stands_in_for opened_at ended_at due_on escalated_on escalated_from begun_by",
            because="the time that staff spent",
            instead={"reason": _WITHOUT_WORDS},
        ),
        "task_step": emptied(
            "reason",
            other="task_id number at step by before after",
            because="who put off or handed over what, and when",
            whose="task_id IN (SELECT task.task_id FROM task WHERE task.agency_id = :agency"
            " AND task.customer_id = ANY(CAST(:customer_ids AS text[])))",
        ),
        "appointment": emptied(
            "place wished_on wished_part",
            other="touchpoint_id state at minutes travel_minutes staff_id proposals asked asked_on"
            " answer_by sequence told_sequence reminded_sequence tell remind_at reason changed_at",
            because="the hours that were agreed",
            whose="touchpoint_id IN (SELECT touchpoint.touchpoint_id FROM touchpoint"
            " WHERE touchpoint.agency_id = :agency"
            " AND touchpoint.customer_id = ANY(CAST(:customer_ids AS text[])))",
        ),
        "pin": deleted(
            "touchpoint_id day staff_id over_share by reason pinned_at broken_because broken_on"
            " broken_staff_id",
            whose="touchpoint_id IN (SELECT touchpoint.touchpoint_id FROM touchpoint"
            " WHERE touchpoint.agency_id = :agency"
            " AND touchpoint.customer_id = ANY(CAST(:customer_ids AS text[])))",
        ),
        "request": unrelated(
            "request_id customer_id kind state staff_id opened_at deadline breached_at closed_at"
            " outcome message_id"
        ),
        "unit_mark": unrelated("unit_id marks first_marked_at marked_at"),
        "change_outbox": unrelated("kind subject"),
        "dispatch_cancellation": unrelated("touchpoint_id reason asked_at begun_at"),
        "lifted_end": unrelated("touchpoint_id reason lifted_as lifted_on"),
        "plan": unrelated("version as_of catalogue_version planned_at"),
        "agency": unrelated(
            "time_zone federal_state day asked_at policy_version model standing_in_on opened_at"
            " office"
        ),
        "staff": unrelated(
            "staff_id role name email phone capacity weekly_hours hourly_cents deputy lines"
            " requests blocks active"
        ),
        "absence": unrelated("staff_id first_day last_day kind"),
        "catalogue": unrelated("version body created_at created_by activated_at"),
        "campaign": unrelated("service month day"),
        "day_run": unrelated("day begun_at finished_at"),
    },
    feed=FEED_OF_FACTS,
)  # fmt: skip
