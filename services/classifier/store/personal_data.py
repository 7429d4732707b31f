"""What each of the classifier's columns tells of a customer (`shared/db/personal_data.py`)."""

from typing import Final

from services.classifier.store import (
    classification_tables,
    erasure_tables,
    import_tables,
    merge_tables,
    portfolio_tables,
    unassigned_commission_tables,
)
from services.classifier.store.tables import ClassifierTable
from shared.db.personal_data import (
    FEED_OF_FACTS,
    PersonalData,
    deleted,
    digest_of,
    emptied,
    stated,
    unrelated,
)

DECLARED_IN: Final = (
    classification_tables,
    erasure_tables,
    import_tables,
    merge_tables,
    portfolio_tables,
    unassigned_commission_tables,
)
"""The other rooms of table classes; imported, so that the metadata knows all tables."""

_LEASE: Final = "lease_token leased_until"

PERSONAL_DATA: Final = PersonalData(
    ClassifierTable.metadata,
    {
        "customer": deleted(
            "customer_id unit_id kind status salutation title first_name last_name company_name"
            " contact_person form_of_address language birth_date death_date street postcode city"
            " country federal_state email phone customer_since came_by carer"
            " last_review_on last_contact_on mandate_contract"
            " mandate_power_of_attorney mandate_since mandate_ended_on household children home"
            " employment vehicles pets industry employees income_band identities provenance"
            " updated_at"
        ),
        "connection": deleted(
            "customer_id other_id kind",
            whose="(customer_id = ANY(CAST(:customer_ids AS text[]))"
            " OR other_id = ANY(CAST(:customer_ids AS text[])))",
        ),
        "flag": deleted("customer_id flag value reason author set_at ends_on"),
        "contract": deleted(
            "customer_id contract_id insurer insurer_number contract_number number_key line"
            " gdv_line product status starts_on ends_on main_due_date notice_months premium_cents"
            " instalments_per_year commission_rate cancelled_on cancel_reason held_elsewhere"
            " provenance updated_at"
        ),
        "commission": emptied(
            "contract_id",
            other="commission_id customer_id booked_on kind amount_cents",
            because="bookkeeping (§ 257 HGB)",
        ),
        "unassigned_commission": stated(
            "told_customer_id contract_number number_key line",
            other="commission_id booked_on kind amount_cents insurer_number insurer reason"
            " received_at",
            because="bookkeeping (§ 257 HGB); numbers of the customer's contracts are emptied",
        ),
        "interaction": deleted(
            "interaction_id customer_id at direction channel role staff_id minutes kilometres"
            " gift_cents topic beyond_package"
        ),
        "consent": emptied(
            "wording source double_opt_in",
            other="customer_id purpose channel at state basis recorded_at",
            because="proof of consent (§ 7a UWG, art. 7 GDPR); the wording as its SHA-256",
            instead={
                "wording": digest_of("wording"),
                "double_opt_in": "double_opt_in - 'message_id'",
            },
        ),
        "objection": deleted("customer_id advertising profiling"),
        "address_block": deleted("customer_id channel digest reason at"),
        "event": deleted("source webhook_id event_id customer_id type at data received_at"),
        "merge": stated(
            "merge_id customer_id into_id reason author merged_at undone_at undone_by filled",
            because="deleted with the customer who stayed, and whoever was merged into them goes"
            " with them",
        ),
        "merged_row": stated(
            "content", other="row_id merge_id table_name step", because="deleted with its merge"
        ),
        "override": deleted(
            "override_id customer_id segment reason author set_at until ended_at ended_by"
        ),
        "parting_decision": deleted("customer_id decided_at decision reason author"),
        "care_class": stated(
            "segment service_level development policy_version calibration gap_needs revenue_level"
            " revenue_below_since potential_level potential_below_since chance_since pinned_by"
            " margin_cents as_of members",
            other="unit_id number",
            because="deleted where the customer was alone; a household is classified again",
        ),
        "classification": stated(
            "members as_of classified_at segment previous_segment service_level development model"
            " policy_version calibration facts gaps reasons axes held pinned_by",
            other="unit_id number",
            because="deleted where the customer was alone; a household keeps its past classes",
        ),
        "classified_member": stated(
            "customer_id unit_id number as_of ended_on", because="deleted"
        ),
        "book_review": stated(
            "body",
            other="quarter as_of complete made_at made_by",
            because="the customer leaves the names; the sums stay",
        ),
        "import_job": stated(
            "filename problem_detail",
            other="import_id kind list_kind encoding size_bytes stored_bytes staged state position"
            " rows_total rows_done attempts written rejected warnings clears_empty full_delivery"
            " missing problem"
            f" created_at finished_at {_LEASE}",
            because="emptied where they name the customer",
        ),
        "import_file": stated(
            "content", other="import_id start digest", because="deleted when the import ends"
        ),
        "import_delivered": unrelated("import_id source customer_id contract_id"),
        "import_rejection": stated(
            "row_names value reason_de reason_en",
            other="import_id number warning line column_name code",
            because="emptied where the row or the value is the customer's",
        ),
        "import_word": stated(
            "key word",
            other="kind value column_name import_id told_at mapped_at mapped_by",
            because="deleted where the word is the customer's",
        ),
        "import_seen": unrelated("import_id start entries"),
        "erased": unrelated("digest erased_at"),
        "objection_block": unrelated("digest at"),
        "agency": unrelated(
            "time_zone federal_state sender send_times letter_form day erasure_salt updated_at"
        ),
        "webhook_source": unrelated("source secret previous_secret rotated_at"),
        "work_mark": unrelated(f"unit_id marks since {_LEASE}"),
        "policy": unrelated("version body created_at created_by request_id"),
        "calibration": unrelated(
            "calibration policy_version as_of revenue_cents potential_cents created_at"
        ),
        "calibration_slice": unrelated(
            "reclassification_id after_unit revenue_cents potential_cents"
        ),
        "activation": unrelated(
            "from_day policy_version calibration next_version next_as_of reclassification_id"
            " activated_at activated_by"
        ),
        "reclassification": unrelated(
            "reclassification_id reason as_of state phase policy_version calibrates_from"
            " calibration after_unit units_calibrated units_expected units changed created_at"
            f" finished_at {_LEASE}"
        ),
    },
    feed=FEED_OF_FACTS,
)  # fmt: skip
