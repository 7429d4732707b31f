"""Present classes and their history as they are read, with what explains them."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClassification:
    """One classification of a care unit, as history keeps it; documents are decoded JSON."""

    unit_id: str
    number: int
    members: list[str]
    as_of: date
    classified_at: datetime
    segment: str
    previous_segment: str | None
    service_level: str
    development: str
    model: str
    policy_version: int
    calibration: int
    facts: dict[str, Any] | None
    gaps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    axes: dict[str, Any]
    held: dict[str, Any] | None
    override: dict[str, Any] | None
    """The pin that the segment was: ``segment``, ``reason``, ``author``, ``until``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlace:
    """Where a classification stands in its customer's history: what that is ordered by."""

    as_of: date
    classified_at: datetime
    number: int
    unit_id: str


_READ = """
    SELECT c.unit_id, c.number, c.members, c.as_of, c.classified_at, c.segment,
           c.previous_segment, c.service_level, c.development, c.model, c.policy_version,
           c.calibration, c.facts::text AS facts, c.gaps::text AS gaps,
           c.reasons::text AS reasons, c.axes::text AS axes, c.held::text AS held,
           (SELECT json_build_object('segment', pin.segment, 'reason', pin.reason,
                                     'author', pin.author, 'until', pin.until)
              FROM override AS pin
             WHERE pin.agency_id = c.agency_id AND pin.override_id = c.pinned_by
           )::text AS override
"""
"""A pin's words are looked up, not copied: what somebody wrote goes with the erased customer."""


_OF_CUSTOMER = """
          FROM classified_member AS m
          JOIN classification AS c ON c.agency_id = m.agency_id AND c.unit_id = m.unit_id
                                  AND c.number = m.number
         WHERE m.agency_id = :agency AND m.customer_id = :customer
"""
_NEWEST_FIRST = " ORDER BY c.as_of DESC, c.classified_at DESC, c.number DESC, c.unit_id DESC"


def _read(row: Any) -> StoredClassification:
    values = dict(row._mapping)
    for name in ("facts", "gaps", "reasons", "axes", "held", "override"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return StoredClassification(
        **{k: v for k, v in values.items() if k not in ("customer_id", "ended_on")}
    )


async def present_classification(
    transaction: Transaction, unit_id: str
) -> StoredClassification | None:
    """The last classification of a unit that is classified now."""
    found = await transaction.execute(
        f"""{_READ}
          FROM care_class AS now
          JOIN classification AS c ON c.agency_id = now.agency_id AND c.unit_id = now.unit_id
                                  AND c.number = now.number
         WHERE now.agency_id = :agency AND now.unit_id = :unit
        """,
        {"unit": unit_id},
    )
    row = found.one_or_none()
    return None if row is None else _read(row)


async def classification_held_on(
    transaction: Transaction, customer_id: CustomerId, day: date
) -> StoredClassification | None:
    """The classification of a customer that held on a day; None if there was none."""
    found = await transaction.execute(
        f"""
        SELECT * FROM ({_READ.replace("SELECT", "SELECT m.ended_on,", 1)}{_OF_CUSTOMER}
                          AND m.as_of <= :day {_NEWEST_FIRST} LIMIT 1) AS last
         WHERE ended_on IS NULL OR ended_on > :day
        """,
        {"customer": customer_id, "day": day},
    )
    row = found.one_or_none()
    return None if row is None else _read(row)


async def classifications_of_customer(
    transaction: Transaction, customer_id: CustomerId, *, after: HistoryPlace | None, limit: int
) -> list[StoredClassification]:
    """A customer's classifications after a place in the order, the newest first."""
    if after is None:
        further, place = "", {}
    else:
        further = """
           AND (c.as_of, c.classified_at, c.number, c.unit_id)
               < (CAST(:as_of AS date), CAST(:classified_at AS timestamptz),
                  CAST(:number AS bigint), CAST(:unit_id AS varchar))
        """
        place = asdict(after)
    rows = await transaction.execute(
        f"""{_READ}{_OF_CUSTOMER}{further}{_NEWEST_FIRST} LIMIT :limit""",
        {"customer": customer_id, "limit": limit, **place},
    )
    return [_read(row) for row in rows]


async def customers_by_class(
    transaction: Transaction, *, segment: str | None, after: CustomerId, limit: int
) -> list[tuple[CustomerId, StoredClassification]]:
    """Customers in the order of their ids, each with the present classification of their unit."""
    rows = await transaction.execute(
        f"""{_READ}, customer.customer_id
          FROM customer
          JOIN care_class AS now ON now.agency_id = customer.agency_id
                                AND now.unit_id = customer.unit_id
          JOIN classification AS c ON c.agency_id = now.agency_id AND c.unit_id = now.unit_id
                                  AND c.number = now.number
         WHERE customer.agency_id = :agency AND customer.status = 'active'
           AND customer.customer_id > :after
           AND (CAST(:segment AS varchar) IS NULL OR now.segment = :segment)
         ORDER BY customer.customer_id LIMIT :limit
        """,
        {"segment": segment, "after": after, "limit": limit},
    )
    return [(row.customer_id, _read(row)) for row in rows]
