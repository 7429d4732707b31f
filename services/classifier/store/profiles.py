"""How many customers of each class carry which value; only counts leave the database.

SQL text because one statement counts the whole book.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from services.classifier.domain.profile import Carried
from shared.contracts.classifications import Segment
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCounts:
    """Customers by value and class, and in all by class (None: not classified yet)."""

    carried: list[Carried]
    customers: dict[Segment | None, int]


async def profile_counts(transaction: Transaction, *, as_of: date) -> ProfileCounts:
    """Counts over active, living customers of whose unit nobody objected to profiling."""
    rows = (await transaction.execute(_COUNTS, {"as_of": as_of})).all()
    return ProfileCounts(
        carried=[Carried(**row._mapping) for row in rows if row.attribute is not None],
        customers={row.segment: row.customers for row in rows if row.attribute is None},
    )


_COUNTS: Final = """
    WITH objecting AS (
        SELECT c.unit_id FROM objection AS o JOIN customer AS c USING (agency_id, customer_id)
         WHERE agency_id = :agency AND o.profiling IS NOT NULL
    ), known AS MATERIALIZED (
        SELECT c.*, now.segment,
               extract(year FROM age(CAST(:as_of AS date), c.birth_date))::int AS age,
               extract(year FROM age(CAST(:as_of AS date), c.customer_since))::int AS years
          FROM customer AS c
          LEFT JOIN care_class AS now ON now.agency_id = c.agency_id AND now.unit_id = c.unit_id
         WHERE c.agency_id = :agency AND c.status = 'active' AND c.death_date IS NULL
           AND c.unit_id NOT IN (SELECT unit_id FROM objecting)
    )
    SELECT NULL AS attribute, '' AS value, segment, count(*) AS customers
      FROM known GROUP BY segment
    UNION ALL
    SELECT told.attribute, told.value, segment, count(*)
      FROM known
     CROSS JOIN LATERAL (VALUES
           ('kind', kind),
           ('age_band', CASE WHEN age < 20 THEN '0-19' WHEN age >= 80 THEN '80+'
                             ELSE age / 10 * 10 || '-' || age / 10 * 10 + 9 END),
           ('household', nullif(household, 'unknown')),
           ('home', nullif(home, 'unknown')),
           ('employment', nullif(employment, 'unknown')),
           ('children', CASE WHEN children >= 4 THEN '4+' ELSE children::varchar END),
           ('industry', industry),
           ('came_by', came_by),
           ('years_with_us', CASE WHEN years < 2 THEN '0-1' WHEN years < 5 THEN '2-4'
                                  WHEN years < 10 THEN '5-9' WHEN years < 20 THEN '10-19'
                                  WHEN years >= 20 THEN '20+' END),
           ('federal_state', federal_state),
           ('postcode_region', CASE WHEN country = 'DE' THEN left(postcode, 2) END))
           AS told (attribute, value)
     WHERE told.value IS NOT NULL
     GROUP BY told.attribute, told.value, segment
    UNION ALL
    SELECT 'line', k.line, known.segment, count(DISTINCT known.customer_id)
      FROM known
      JOIN contract AS k ON k.agency_id = :agency AND k.customer_id = known.customer_id
     WHERE k.status = 'active' AND NOT k.held_elsewhere
     GROUP BY k.line, known.segment
"""
