"""Present classes and their history: written column-wise, only what changed.

Writes are SQL text because each is one set-based statement for a thousand units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import select as select_columns
from sqlmodel import col

from services.classifier.store.tables import CustomerTable
from services.classifier.store.work_marks import mark_units
from shared.contracts.vocabulary import CustomerId, Revision
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUnder:
    """What a batch of classifications was made with."""

    model: str
    policy_version: int
    calibration: int
    as_of: date
    classified_at: datetime


_STATE = (
    "segment", "service_level", "development", "gap_needs", "revenue_level",
    "revenue_below_since", "potential_level", "potential_below_since", "chance_since",
    "pinned_by",
)  # fmt: skip
_STATE_TYPES = {
    "gap_needs": "bigint",
    "revenue_below_since": "date",
    "potential_below_since": "date",
    "chance_since": "date",
    "pinned_by": "uuid",
}


def _arrays(names: Sequence[str]) -> str:
    return ", ".join(f"CAST(:{name} AS {_STATE_TYPES.get(name, 'varchar')}[])" for name in names)


def _columns(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, list[Any]]:
    return {
        name: frame[name].cast(pl.String).to_list()
        if isinstance(frame[name].dtype, pl.Enum)
        else frame[name].to_list()
        for name in names
    }


_SAVE_CHANGED = f"""
    INSERT INTO care_class AS old (agency_id, unit_id, number, members, {", ".join(_STATE)},
                                   policy_version, calibration, margin_cents, as_of)
    SELECT CAST(:agency AS varchar), new.unit_id,
           -- Who was forgotten (left, joined a household) goes on counting: history stays.
           1 + coalesce(new.was_number, (SELECT max(number) FROM classification AS kept
                                          WHERE kept.agency_id = :agency
                                            AND kept.unit_id = new.unit_id), 0),
           unit.members, {", ".join(f"new.{name}" for name in _STATE)},
           :policy_version, :calibration, new.margin_cents, :as_of
      FROM unnest(CAST(:unit_id AS varchar[]), CAST(:was_number AS bigint[]), {_arrays(_STATE)},
                  CAST(:margin_cents AS bigint[]))
           AS new (unit_id, was_number, {", ".join(_STATE)}, margin_cents)
     CROSS JOIN LATERAL (SELECT array_agg(customer_id ORDER BY customer_id) AS members FROM customer
                          WHERE agency_id = :agency AND status = 'active'
                            AND customer.unit_id = new.unit_id) AS unit
     WHERE unit.members IS NOT NULL
       AND (new.was_number IS NOT NULL
            OR NOT EXISTS (SELECT FROM care_class AS first
                            WHERE first.agency_id = :agency AND first.unit_id = new.unit_id))
    ON CONFLICT (agency_id, unit_id) DO UPDATE
       SET number = excluded.number, members = excluded.members,
           {", ".join(f"{name} = excluded.{name}" for name in _STATE)},
           policy_version = excluded.policy_version, calibration = excluded.calibration,
           margin_cents = excluded.margin_cents, as_of = excluded.as_of
     -- Not where somebody else classified the unit since its facts were read.
     WHERE old.number = excluded.number - 1
    RETURNING unit_id, number, members
"""

_SAVE_HISTORY = """
    INSERT INTO classification
           (agency_id, unit_id, number, members, as_of, classified_at, segment, previous_segment,
            service_level, development, model, policy_version, calibration,
            facts, gaps, reasons, axes, held, pinned_by)
    SELECT CAST(:agency AS varchar), new.unit_id, now.number, now.members, :as_of,
           :classified_at, new.segment, new.was_segment, new.service_level, new.development,
           :model, :policy_version, :calibration, new.facts::jsonb, new.gaps::jsonb,
           new.reasons::jsonb, new.axes::jsonb, new.held::jsonb, now.pinned_by
      FROM unnest(CAST(:unit_id AS varchar[]), CAST(:segment AS varchar[]),
                  CAST(:was_segment AS varchar[]), CAST(:service_level AS varchar[]),
                  CAST(:development AS varchar[]), CAST(:facts AS text[]), CAST(:gaps AS text[]),
                  CAST(:reasons AS text[]), CAST(:axes AS text[]), CAST(:held AS text[]))
           AS new (unit_id, segment, was_segment, service_level, development, facts, gaps,
                   reasons, axes, held)
     CROSS JOIN LATERAL (SELECT number, members, pinned_by FROM care_class
                          WHERE agency_id = :agency AND unit_id = new.unit_id OFFSET 0) AS now
"""
"""OFFSET makes PostgreSQL look up each unit. While a book is classified for the first time, the
planner believes that the table is nearly empty, and would read all of it for each thousand."""

_SAVE_MEMBERS = """
    INSERT INTO classified_member (agency_id, customer_id, unit_id, number, as_of)
    SELECT CAST(:agency AS varchar), member, unit_id, number, :as_of
      FROM care_class, unnest(members) AS member
     WHERE agency_id = :agency AND unit_id = ANY(CAST(:unit_id AS varchar[]))
"""

_SAVE_STATE = f"""
    UPDATE care_class AS old
       SET {", ".join(f"{name} = new.{name}" for name in _STATE)}
      FROM unnest(CAST(:unit_id AS varchar[]), CAST(:was_number AS bigint[]), {_arrays(_STATE)})
           AS new (unit_id, was_number, {", ".join(_STATE)})
     WHERE old.agency_id = :agency AND old.unit_id = new.unit_id AND old.number = new.was_number
"""


async def save_changed(
    transaction: Transaction, rows: pl.DataFrame, *, under: StoredUnder
) -> dict[str, list[CustomerId]]:
    """Store classified and explained rows as present and history; returns members by unit written.

    Units that others classified since their facts were read are marked again, because it is unknown
    whose facts were newer.
    """
    made = {
        "policy_version": under.policy_version,
        "calibration": under.calibration,
        "as_of": under.as_of,
    }
    columns = _columns(rows, ["unit_id", "was_number", *_STATE, "margin_cents"])
    saved = (await transaction.execute(_SAVE_CHANGED, columns | made)).all()
    members = {row.unit_id: list(row.members) for row in saved}
    await mark_units(transaction, set(rows["unit_id"]) - set(members))
    written = rows.filter(pl.col("unit_id").is_in(list(members)))
    documents = ("facts", "gaps", "reasons", "axes", "held")
    history = _columns(
        written,
        ["unit_id", "segment", "was_segment", "service_level", "development", *documents],
    )
    await transaction.execute(
        _SAVE_HISTORY,
        history | made | {"model": under.model, "classified_at": under.classified_at},
    )
    await transaction.execute(_SAVE_MEMBERS, {"unit_id": list(members), "as_of": under.as_of})
    return members


async def save_state(transaction: Transaction, rows: pl.DataFrame) -> None:
    """Store what stability remembers anew of units of which nothing else changed."""
    await transaction.execute(_SAVE_STATE, _columns(rows, ["unit_id", "was_number", *_STATE]))


async def forget_units(transaction: Transaction, unit_ids: Sequence[str]) -> None:
    """Drop the present class of units that hold no active customer any more; history stays."""
    await transaction.execute(
        """
        DELETE FROM care_class WHERE agency_id = :agency
           AND unit_id = ANY(CAST(:units AS varchar[]))
           AND NOT EXISTS (SELECT FROM customer AS c
                            WHERE c.agency_id = :agency AND c.unit_id = care_class.unit_id
                              AND c.status = 'active')
        """,
        {"units": list(unit_ids)},
    )


async def end_classes(transaction: Transaction, unit_ids: Sequence[str], *, day: date) -> None:
    """End the classes of members who are no active customers any more; the history stays."""
    await transaction.execute(
        """
        UPDATE classified_member AS told SET ended_on = :day
          FROM customer AS gone
         WHERE gone.agency_id = :agency AND gone.unit_id = ANY(CAST(:units AS varchar[]))
           AND gone.status <> 'active'
           AND told.agency_id = :agency AND told.customer_id = gone.customer_id
           AND told.ended_on IS NULL
        """,
        {"units": list(unit_ids), "day": day},
    )


async def revisions(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> dict[CustomerId, int]:
    """The revision at which the newest classification of each customer stands in the feed.

    SQL text because it looks up one row for each customer (`LATERAL`).
    """
    rows = await transaction.execute(
        """
        SELECT asked.customer_id, told.revision
          FROM unnest(CAST(:customers AS text[])) AS asked (customer_id)
         CROSS JOIN LATERAL (SELECT revision FROM change
                              WHERE agency_id = :agency AND subject = asked.customer_id
                                AND kind = 'classification.changed'
                              ORDER BY revision DESC LIMIT 1) AS told
        """,
        {"customers": list(customer_ids)},
    )
    return {row.customer_id: row.revision for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a customer's class stands: marked units wait to be classified again."""

    unit_id: str
    status: str
    marked: bool
    revision: Revision
    head: Revision


async def standing(transaction: Transaction, customer_id: CustomerId) -> Standing | None:
    """Where a customer's class stands, as of this statement; None if there is no such customer.

    SQL text because it is asked for again and again while somebody waits: one round trip.
    """
    found = await transaction.execute(
        """
        SELECT unit_id, status,
               EXISTS (SELECT FROM work_mark WHERE work_mark.agency_id = :agency
                          AND work_mark.unit_id = customer.unit_id) AS marked,
               coalesce((SELECT revision FROM change
                          WHERE change.agency_id = :agency AND subject = customer.customer_id
                            AND kind = 'classification.changed'
                          ORDER BY revision DESC LIMIT 1), 0) AS revision,
               coalesce((SELECT head FROM feed_head
                          WHERE feed_head.agency_id = :agency), 0) AS head
          FROM customer WHERE agency_id = :agency AND customer_id = :customer
        """,
        {"customer": customer_id},
    )
    row = found.one_or_none()
    return None if row is None else Standing(**row._mapping)


async def unit_of(transaction: Transaction, customer_id: CustomerId) -> tuple[str, str] | None:
    """The care unit and status of a customer; None if there is no such customer."""
    found = await transaction.execute(
        select_columns(col(CustomerTable.unit_id), col(CustomerTable.status)).where(
            col(CustomerTable.agency_id) == transaction.agency,
            col(CustomerTable.customer_id) == customer_id,
        )
    )
    row = found.one_or_none()
    return None if row is None else (row.unit_id, row.status)
