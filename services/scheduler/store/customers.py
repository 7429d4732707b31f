"""The scheduler's own copy of customers, written by its follower alone.

Statements about a page of changes or a slice of customers are SQL text because they are set-based.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlmodel import col, select

from services.scheduler.store.customer_tables import (
    CustomerTable,
)
from services.scheduler.store.personal_data import PERSONAL_DATA
from shared.contracts.planning import PlanningFacts
from shared.contracts.vocabulary import CustomerId
from shared.db.column_types import array_parameter
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerState:
    """What ``customer.changed`` tells."""

    customer_id: CustomerId
    unit_id: CustomerId
    kind: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassState:
    """What ``classification.changed`` tells, and the classifier's list alike; gaps are (line,
    expected cents). The amounts of somebody who objected to profiling are 0."""

    customer_id: CustomerId
    unit_id: CustomerId
    segment: str
    service_level: str
    development: str
    potential_cents: int
    margin_cents: int
    gaps: Sequence[tuple[str, int]]

    @property
    def potential_assumed(self) -> bool:
        """A potential without gaps means that the life situation is unknown."""
        return not self.gaps and bool(self.potential_cents)


async def locked_customer(
    transaction: Transaction, customer_id: CustomerId
) -> CustomerTable | None:
    """One customer as known here; erasures and merges wait until the transaction ends."""
    found = await transaction.exec(
        select(CustomerTable)
        .where(
            CustomerTable.agency_id == transaction.agency,
            CustomerTable.customer_id == customer_id,
        )
        .with_for_update()
    )
    return found.one_or_none()


async def units_of(transaction: Transaction, customer_ids: Iterable[CustomerId]) -> set[str]:
    """The units of these customers; unknown customers are left out."""
    rows = await transaction.execute(
        """
        SELECT DISTINCT unit_id FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"ids": list(customer_ids)},
    )
    return set(rows.scalars())


async def save_states(transaction: Transaction, states: Sequence[CustomerState]) -> None:
    """Create or update customers; planned touchpoints follow them into another unit."""
    await transaction.execute(
        """
        INSERT INTO customer AS old (agency_id, customer_id, unit_id, kind, status)
        SELECT CAST(:agency AS varchar), id, unit_id, kind, status
          FROM unnest(CAST(:ids AS varchar[]), CAST(:units AS varchar[]),
                      CAST(:kinds AS varchar[]), CAST(:statuses AS varchar[]))
               AS new (id, unit_id, kind, status)
        ON CONFLICT (agency_id, customer_id) DO UPDATE
           SET unit_id = excluded.unit_id, kind = excluded.kind, status = excluded.status
         WHERE (old.unit_id, old.kind, old.status)
               IS DISTINCT FROM (excluded.unit_id, excluded.kind, excluded.status)
        """,
        {
            "ids": [state.customer_id for state in states],
            "units": [state.unit_id for state in states],
            "kinds": [state.kind for state in states],
            "statuses": [state.status for state in states],
        },
    )


async def save_classes(transaction: Transaction, classes: Sequence[ClassState]) -> None:
    """Enter the classes; an unknown customer is created as active and marked for its facts."""
    await transaction.execute(
        """
        INSERT INTO customer AS old
               (agency_id, customer_id, unit_id, kind, status, segment, service_level, development,
                potential_assumed, potential_cents, margin_cents, gaps)
        SELECT CAST(:agency AS varchar), id, unit_id, 'person', 'active', segment, level,
               development, assumed, potential, margin, CAST(gaps AS jsonb)
          FROM unnest(CAST(:ids AS varchar[]), CAST(:units AS varchar[]),
                      CAST(:segments AS varchar[]), CAST(:levels AS varchar[]),
                      CAST(:developments AS varchar[]), CAST(:assumed AS boolean[]),
                      CAST(:potentials AS bigint[]), CAST(:margins AS bigint[]),
                      CAST(:gaps AS text[]))
               AS new (id, unit_id, segment, level, development, assumed, potential, margin, gaps)
        ON CONFLICT (agency_id, customer_id) DO UPDATE
           SET unit_id = excluded.unit_id, segment = excluded.segment,
               service_level = excluded.service_level, development = excluded.development,
               potential_assumed = excluded.potential_assumed,
               potential_cents = excluded.potential_cents,
               margin_cents = excluded.margin_cents, gaps = excluded.gaps
        """,
        {
            "ids": [each.customer_id for each in classes],
            "units": [each.unit_id for each in classes],
            "segments": [each.segment for each in classes],
            "levels": [each.service_level for each in classes],
            "developments": [each.development for each in classes],
            "assumed": [each.potential_assumed for each in classes],
            "potentials": [each.potential_cents for each in classes],
            "margins": [each.margin_cents for each in classes],
            "gaps": [_encoded(each.gaps) for each in classes],
        },
    )


async def save_classes_of_known(transaction: Transaction, classes: Sequence[ClassState]) -> None:
    """Enter classes as listed; the unit stays as the customer's own record says."""
    units = await transaction.execute(
        """
        SELECT customer_id, unit_id FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"ids": [each.customer_id for each in classes]},
    )
    known = {row.customer_id: row.unit_id for row in units}
    await save_classes(
        transaction,
        [
            replace(each, unit_id=known[each.customer_id])
            for each in classes
            if each.customer_id in known
        ],
    )


def _encoded(gaps: Sequence[tuple[str, int]]) -> str:
    return json.dumps([{"line": line, "expected_cents": cents} for line, cents in gaps])


async def without_facts(
    transaction: Transaction, customer_ids: Iterable[CustomerId]
) -> list[CustomerId]:
    """Those of these customers whose personal facts were never told."""
    rows = await transaction.execute(
        """
        SELECT customer_id FROM customer
         WHERE agency_id = :agency AND facts_at IS NULL
           AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"ids": list(customer_ids)},
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFacts:
    """A customer of whom something that planning reads changed."""

    customer_id: CustomerId
    unit_id: str
    unit_before: str
    mandate: str
    mandate_before: str | None
    dead: bool
    known_dead: bool  # before these facts


async def save_facts(
    transaction: Transaction, facts: Sequence[PlanningFacts], *, asked_at: datetime
) -> list[NewFacts]:
    """Enter personal facts; returns the customers of whom something changed."""
    rows = [_columns_of(each) for each in facts]
    written = await transaction.execute(
        _SAVE_FACTS,
        {"asked_at": asked_at} | {name: [row[name] for row in rows] for name in _FACT_COLUMNS},
    )
    return [NewFacts(**row._mapping) for row in written]


def _columns_of(facts: PlanningFacts) -> dict[str, Any]:
    consents = {(each.purpose, each.channel): each.state for each in facts.consents}
    blocked = set(facts.blocked_channels)
    phone = consents.get(("advertising", "phone"))
    letter = consents.get(("advertising", "letter"))
    return {
        "customer_id": facts.customer_id,
        "unit_id": facts.unit_id,
        "kind": facts.kind,
        "status": facts.status,
        "mandate": facts.mandate,
        "mandate_ends_on": facts.mandate_ends_on,
        "birth_date": facts.birth_date,
        "death_date": facts.death_date,
        "customer_since": facts.customer_since,
        "told_carer": facts.carer,
        "last_review_on": facts.last_review_on,
        "last_contact_on": facts.last_contact_on,
        "federal_state": facts.federal_state,
        "visit_area": facts.visit_area,
        "phone_consent": None if phone is None else phone == "granted",
        "letter_consent": None if letter is None else letter == "granted",
        "email_known": facts.email_known and "email" not in blocked,
        "advertising_objected": facts.advertising_objected is not None,
        "profiling_objected": facts.profiling_objected is not None,
    }


_FACT_COLUMNS = (
    "customer_id", "unit_id", "kind", "status", "mandate", "mandate_ends_on", "birth_date",
    "death_date", "customer_since", "told_carer", "last_review_on", "last_contact_on",
    "federal_state", "visit_area", "phone_consent", "letter_consent", "email_known",
    "advertising_objected", "profiling_objected",
)  # fmt: skip
_FACTS = _FACT_COLUMNS[1:]
_FACT_ARRAYS = ", ".join(array_parameter(CustomerTable, name) for name in _FACT_COLUMNS)
# Only differences are written, but a first answer always, because a customer is planned only after
# it.
_SAVE_FACTS = f"""
    WITH new AS (
        SELECT * FROM unnest({_FACT_ARRAYS}) AS told ({", ".join(_FACT_COLUMNS)})
    ), before AS (
        SELECT customer.customer_id, customer.unit_id, customer.mandate, customer.death_date
          FROM customer JOIN new USING (customer_id)
         WHERE customer.agency_id = :agency
           AND (facts_at IS NULL OR ({", ".join(f"customer.{name}" for name in _FACTS)})
                IS DISTINCT FROM ({", ".join(f"new.{name}" for name in _FACTS)}))
    )
    UPDATE customer SET {", ".join(f"{name} = new.{name}" for name in _FACTS)}, facts_at = :asked_at
      FROM new JOIN before USING (customer_id)
     WHERE customer.agency_id = :agency AND customer.customer_id = new.customer_id
    RETURNING customer.customer_id, customer.unit_id, before.unit_id AS unit_before,
              customer.mandate, before.mandate AS mandate_before,
              customer.death_date IS NOT NULL AS dead,
              before.death_date IS NOT NULL AS known_dead
"""


async def known_dead(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> set[CustomerId]:
    """Those of the customers whose death is known here already."""
    found = await transaction.exec(
        select(CustomerTable.customer_id).where(
            CustomerTable.agency_id == transaction.agency,
            col(CustomerTable.customer_id).in_(customer_ids),
            col(CustomerTable.death_date).is_not(None),
        )
    )
    return set(found)


async def forget(transaction: Transaction, customer_ids: Sequence[CustomerId]) -> None:
    """Erase customers as `personal_data.py` declares; touchpoints and tasks keep the id alone.

    What was held with them keeps their last unit, because it counts for the rest of the household.
    """
    await transaction.execute(
        """
        UPDATE touchpoint SET unit_id = customer.unit_id
          FROM customer
         WHERE touchpoint.agency_id = :agency AND customer.agency_id = :agency
           AND touchpoint.customer_id = customer.customer_id
           AND customer.customer_id = ANY(CAST(:ids AS varchar[]))
           AND touchpoint.unit_id <> customer.unit_id
        """,
        {"ids": list(customer_ids)},
    )
    await PERSONAL_DATA.erase(transaction, customer_ids)


async def present_units(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> dict[CustomerId, str]:
    """The unit of each of these customers who is known."""
    found = await transaction.exec(
        select(CustomerTable).where(
            CustomerTable.agency_id == transaction.agency,
            col(CustomerTable.customer_id).in_(customer_ids),
        )
    )
    return {each.customer_id: each.unit_id for each in found}


async def keep_history_of_erased(transaction: Transaction, moved: Mapping[str, str]) -> None:
    """Let what was held with erased members follow their household into its new unit.

    ``moved`` names the new unit of each former one. A unit has the id of one of its members, so it
    gets another one when that member is erased. Whoever still has the former unit keeps the past.
    """
    if not moved:
        return
    await transaction.execute(
        """
        UPDATE touchpoint SET unit_id = now.unit_id
          FROM unnest(CAST(:former AS varchar[]), CAST(:new AS varchar[])) AS now (former, unit_id)
         WHERE touchpoint.agency_id = :agency AND touchpoint.unit_id = now.former
           AND left_on IS NOT NULL
           AND NOT EXISTS (SELECT FROM customer WHERE customer.agency_id = :agency
                              AND (customer.customer_id = touchpoint.customer_id
                                   OR customer.unit_id = now.former))
        """,
        {"former": sorted(moved), "new": [moved[each] for each in sorted(moved)]},
    )


async def move_touchpoints(transaction: Transaction, customer_ids: Sequence[CustomerId]) -> None:
    """Move touchpoints that planning may still change into their customers' present unit.

    The units are a parameter: joined with a table that was never analysed, as in the first import,
    PostgreSQL would read all touchpoints again for each customer.
    """
    known = await transaction.exec(
        select(CustomerTable).where(
            CustomerTable.agency_id == transaction.agency,
            col(CustomerTable.customer_id).in_(customer_ids),
        )
    )
    await transaction.execute(
        """
        UPDATE touchpoint SET unit_id = told.units ->> customer_id
          FROM (SELECT CAST(:units AS jsonb)) AS told (units)
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND left_on IS NULL AND unit_id <> told.units ->> customer_id
        """,
        {
            "ids": list(customer_ids),
            "units": json.dumps({each.customer_id: each.unit_id for each in known}),
        },
    )


async def customer_ids_after(
    transaction: Transaction, *, after: CustomerId, limit: int
) -> list[CustomerId]:
    """The next known customers by id, to compare them with the classifier's list."""
    found = await transaction.exec(
        select(CustomerTable.customer_id)
        .where(CustomerTable.agency_id == transaction.agency, CustomerTable.customer_id > after)
        .order_by(col(CustomerTable.customer_id))
        .limit(limit)
    )
    return list(found)


async def begin_care(transaction: Transaction, customers: pl.DataFrame, *, as_of: date) -> None:
    """Remember the first day on which care was planned, because it anchors every rhythm."""
    await transaction.execute(
        """
        UPDATE customer SET care_since = :as_of
         WHERE agency_id = :agency AND care_since IS NULL
           AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"as_of": as_of, "ids": customers["customer_id"].to_list()},
    )
