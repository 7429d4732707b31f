"""The SQL of links: whom a care unit recommended, and the companies it is linked with.

It is apart from the statement of facts, because few units have links, and those look up what others
earned.
"""

from typing import Final

import polars as pl

from services.classifier.store.facts_sql import EARNED

LINKS: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    "referrals": pl.Int32(),
    "referral_value_cents": pl.Int64(),
    "linked_revenue_cents": pl.Int64(),
}

LINKED_REVENUE: Final = f"""
recommended AS (
    -- By the record of the one recommended, or reported as an event, perhaps before that one became
    -- a customer, perhaps without saying who it is.
    SELECT m.unit_id AS owner, c.customer_id, c.customer_id AS counts_as,
           true AS linked, false AS reported
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT customer_id FROM connection
            WHERE agency_id = :agency AND other_id = m.customer_id AND kind = 'recommended_by'
           OFFSET 0) AS c
    UNION ALL
    SELECT m.unit_id, e.customer_id, coalesce(e.customer_id, 'event ' || e.event_id),
           false, e.at >= :window_from
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT data ->> 'referred_customer_id' AS customer_id, event_id, at FROM event
            WHERE agency_id = :agency AND event.customer_id = m.customer_id
              AND type = 'referral.made' AND at < :window_to
           OFFSET 0) AS e
),
referral AS (
    SELECT r.owner, r.customer_id, r.counts_as, r.linked, r.reported, other.unit_id AS elsewhere
      FROM recommended AS r
      LEFT JOIN LATERAL (
           SELECT unit_id FROM customer
            WHERE agency_id = :agency AND customer.customer_id = r.customer_id
              AND status = 'active'
           OFFSET 0) AS other ON other.unit_id <> r.owner
),
partner AS (
    SELECT m.unit_id AS owner, c.customer_id
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT other_id AS customer_id FROM connection
            WHERE agency_id = :agency AND connection.customer_id = m.customer_id
              AND kind = 'company_group'
           OFFSET 0) AS c
    UNION
    SELECT m.unit_id, c.customer_id
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT connection.customer_id FROM connection
            WHERE agency_id = :agency AND other_id = m.customer_id AND kind = 'company_group'
           OFFSET 0) AS c
),
company AS (
    -- Who objected to profiling has no level that could raise another's service.
    SELECT p.owner, other.unit_id, other.customer_id,
           bool_or(said.profiling IS NOT NULL) OVER (PARTITION BY p.owner, other.unit_id) AS objects
      FROM partner AS p
     CROSS JOIN LATERAL (
           SELECT unit_id FROM customer
            WHERE agency_id = :agency AND customer.customer_id = p.customer_id
           OFFSET 0) AS whole
     CROSS JOIN LATERAL (
           SELECT customer_id, unit_id FROM customer
            WHERE agency_id = :agency AND customer.unit_id = whole.unit_id
              AND status = 'active'
           OFFSET 0) AS other
      LEFT JOIN LATERAL (
           SELECT profiling FROM objection
            WHERE agency_id = :agency AND objection.customer_id = other.customer_id
           OFFSET 0) AS said ON true
     WHERE other.unit_id <> p.owner
),
link AS (
    -- Those recommended are counted one by one, linked units as a whole.
    SELECT owner, 'recommended' AS kind, 'customer ' || customer_id AS unit_id, customer_id
      FROM referral WHERE elsewhere IS NOT NULL
    UNION
    SELECT owner, 'company_group', 'unit ' || unit_id, customer_id FROM company WHERE NOT objects
),
earner AS (
    SELECT DISTINCT unit_id, customer_id FROM link
),
{EARNED},
brought AS (
    SELECT owner, sum(revenue_cents) FILTER (WHERE kind = 'recommended') AS referral_value,
           max(revenue_cents) FILTER (WHERE kind = 'company_group') AS highest
      FROM (SELECT DISTINCT owner, kind, unit_id FROM link) AS link
      LEFT JOIN earned USING (unit_id)
     GROUP BY owner
),
counted AS (
    -- A link counts as long as it exists, an event for twelve months; who is linked and reported
    -- counts once.
    SELECT owner, count(DISTINCT counts_as) AS referrals FROM referral
     WHERE reported OR linked AND elsewhere IS NOT NULL
     GROUP BY owner
)
SELECT owner, coalesce(counted.referrals, 0), coalesce(brought.referral_value, 0)::bigint,
       greatest(0, coalesce(brought.highest, 0))::bigint
  FROM brought FULL JOIN counted USING (owner)
"""
"""How many each unit recommended, their revenue, and the highest revenue of the units linked as
companies; no row for a unit that has none of it."""
