"""What the overview asks beyond the facts: links, moves, contacts, timing, names.

Statements are SQL text because each is set-based: it goes over the history or over many units.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.classifier.domain.parting import HeldContract, OpenMatter
from services.classifier.domain.portfolio import MovedUnits
from shared.contracts.book import Mover
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def company_links(transaction: Transaction) -> list[tuple[CustomerId, CustomerId]]:
    """Pairs of care units that a company group joins."""
    rows = await transaction.execute(
        """
        SELECT DISTINCT one.unit_id, other.unit_id AS other_id
          FROM connection AS link
          JOIN customer AS one ON one.agency_id = link.agency_id
                              AND one.customer_id = link.customer_id
          JOIN customer AS other ON other.agency_id = link.agency_id
                                AND other.customer_id = link.other_id
         WHERE link.agency_id = :agency AND link.kind = 'company_group'
           AND one.unit_id <> other.unit_id
        """
    )
    return [(row.unit_id, row.other_id) for row in rows]


async def moved_units(transaction: Transaction, *, first: date, last: date) -> list[MovedUnits]:
    """How many units went from which class to which, by calendar month.

    No move is counted on a unit's first day, because its records still arrive one by one.
    """
    rows = await transaction.execute(
        """
        SELECT date_trunc('month', as_of)::date AS month, previous_segment AS from_segment,
               segment AS to_segment, count(*) AS units
          FROM classification AS now
         WHERE agency_id = :agency AND previous_segment <> segment
           AND as_of BETWEEN :first AND :last
           AND EXISTS (SELECT FROM classification AS before
                        WHERE before.agency_id = :agency AND before.unit_id = now.unit_id
                          AND before.as_of < now.as_of)
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        {"first": first, "last": last},
    )
    return [MovedUnits(**row._mapping) for row in rows]


async def segments_on(transaction: Transaction, day: date) -> dict[CustomerId, Segment]:
    """The class that each unit had at the end of a day."""
    rows = await transaction.execute(
        """
        SELECT DISTINCT ON (unit_id) unit_id, segment FROM classification
         WHERE agency_id = :agency AND as_of <= :day ORDER BY unit_id, number DESC
        """,
        {"day": day},
    )
    return {row.unit_id: row.segment for row in rows}


async def movers_between(
    transaction: Transaction, *, begins: date, last: date
) -> tuple[list[Mover], set[CustomerId]]:
    """Units whose class on the last day differs from that before the first, and why.

    Beside them the units among them whose last move was an objection to profiling.
    """
    rows = await transaction.execute(
        """
        WITH moved AS (
            SELECT unit_id, max(number) AS number FROM classification
             WHERE agency_id = :agency AND previous_segment <> segment
               AND as_of BETWEEN :begins AND :last
             GROUP BY unit_id
        )
        SELECT unit_id, now.members AS customer_ids, before.segment AS from_segment,
               now.segment AS to_segment, now.as_of AS day, now.policy_version,
               now.reasons::text AS reasons
          FROM moved
          JOIN classification AS now USING (unit_id, number)
         CROSS JOIN LATERAL (
               SELECT segment FROM classification
                WHERE agency_id = :agency AND unit_id = moved.unit_id AND as_of < :begins
                ORDER BY number DESC LIMIT 1) AS before
         WHERE now.agency_id = :agency AND before.segment <> now.segment
         ORDER BY unit_id
        """,
        {"begins": begins, "last": last},
    )
    found, objecting = [], set()
    for row in rows:
        values = dict(row._mapping)
        reasons = json.loads(values.pop("reasons"))
        if any(reason["rule"] == "objection" for reason in reasons):
            objecting.add(row.unit_id)
        told = {
            f"reasons_{language}": [reason[language] for reason in reasons]
            for language in ("de", "en")
        }
        found.append(Mover.model_validate({**values, **told}))
    return found, objecting


async def units_first_classified(
    transaction: Transaction, *, begins: date, last: date
) -> set[CustomerId]:
    """Units that had no class before the first day and one on the last."""
    rows = await transaction.execute(
        """
        SELECT unit_id FROM classification WHERE agency_id = :agency AND as_of <= :last
         GROUP BY unit_id HAVING min(as_of) >= :begins
        """,
        {"begins": begins, "last": last},
    )
    return set(rows.scalars())


async def last_contacts(
    transaction: Transaction, units: Sequence[CustomerId], *, before: datetime, zone: ZoneInfo
) -> dict[CustomerId, date]:
    """The day of the last contact of each of these units before an instant; units without one are
    left out."""
    rows = await transaction.execute(
        """
        SELECT c.unit_id, (max(i.at) AT TIME ZONE :zone)::date AS day
          FROM customer AS c JOIN interaction AS i USING (agency_id, customer_id)
         WHERE agency_id = :agency AND c.unit_id = ANY(CAST(:units AS varchar[]))
           AND i.at < :before
         GROUP BY c.unit_id
        """,
        {"units": list(units), "before": before, "zone": zone.key},
    )
    return {row.unit_id: row.day for row in rows}


async def members_of(
    transaction: Transaction, units: Sequence[CustomerId]
) -> dict[CustomerId, list[CustomerId]]:
    """The active customers of each of these units."""
    rows = await transaction.execute(
        """
        SELECT unit_id, array_agg(customer_id ORDER BY customer_id) AS members FROM customer
         WHERE agency_id = :agency AND unit_id = ANY(CAST(:units AS varchar[]))
           AND status = 'active'
         GROUP BY unit_id
        """,
        {"units": list(units)},
    )
    return {row.unit_id: list(row.members) for row in rows}


async def names_of(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> dict[CustomerId, str]:
    """The names of these customers; erased ones have none any more."""
    rows = await transaction.execute(
        """
        SELECT customer_id,
               coalesce(company_name, nullif(concat_ws(' ', first_name, last_name), '')) AS name
          FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"ids": list(customer_ids)},
    )
    return {row.customer_id: row.name for row in rows if row.name}


async def open_matters(
    transaction: Transaction, units: Sequence[CustomerId], *, since: date, zone: ZoneInfo
) -> Mapping[CustomerId, list[OpenMatter]]:
    """The last claim and the last complaint of each unit from a day on, reported or talked of."""
    rows = await transaction.execute(
        """
        SELECT c.unit_id, told.kind, (max(told.at) AT TIME ZONE :zone)::date AS day
          FROM customer AS c
         CROSS JOIN LATERAL (
               SELECT CASE type WHEN 'claim.reported' THEN 'claim' ELSE 'complaint' END AS kind, at
                 FROM event
                WHERE agency_id = :agency AND customer_id = c.customer_id
                  AND type IN ('claim.reported', 'complaint.filed')
               UNION ALL
               SELECT topic, at FROM interaction
                WHERE agency_id = :agency AND customer_id = c.customer_id
                  AND topic IN ('claim', 'complaint')) AS told
         WHERE c.agency_id = :agency AND c.unit_id = ANY(CAST(:units AS varchar[]))
           AND (told.at AT TIME ZONE :zone)::date >= :since
         GROUP BY c.unit_id, told.kind ORDER BY c.unit_id, told.kind
        """,
        {"units": list(units), "since": since, "zone": zone.key},
    )
    found: dict[CustomerId, list[OpenMatter]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(OpenMatter(kind=row.kind, day=row.day))
    return found


async def held_contracts(
    transaction: Transaction, units: Sequence[CustomerId]
) -> Mapping[CustomerId, list[HeldContract]]:
    """Contracts of these units that run here or are applied for."""
    rows = await transaction.execute(
        """
        SELECT c.unit_id, k.contract_id, k.status, k.ends_on, k.main_due_date, k.notice_months
          FROM customer AS c JOIN contract AS k USING (agency_id, customer_id)
         WHERE agency_id = :agency AND c.unit_id = ANY(CAST(:units AS varchar[]))
           AND k.status IN ('active', 'suspended', 'applied') AND NOT k.held_elsewhere
         ORDER BY c.unit_id, k.contract_id
        """,
        {"units": list(units)},
    )
    found: dict[CustomerId, list[HeldContract]] = {}
    for row in rows:
        values = dict(row._mapping)
        found.setdefault(values.pop("unit_id"), []).append(HeldContract(**values))
    return found
