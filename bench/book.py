"""A book of any size, made by the server itself and always the same for the same size.

Every value is drawn by a hash of (number, salt), so that no order of rows or seed matters. The
shares follow what a broker's book looks like: property lines renewed every year, a few life
contracts with their commission at once, some of it clawed back, one customer in ten of whom
nothing is known but the contracts.
"""

from datetime import date
from typing import Final

import asyncpg

AGENCY: Final = "bench"
AS_OF: Final = date(2026, 11, 20)

_CHANCE: Final = """
CREATE FUNCTION pg_temp.chance(number bigint, salt bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(number, salt) & 1073741823) / 1073741824.0::float8
"""

_CUSTOMERS: Final = f"""
INSERT INTO customer (agency_id, customer_id, unit_id, kind, status, first_name, last_name,
       company_name, form_of_address, language, country, birth_date, mandate_contract,
       mandate_power_of_attorney, household, children, home, employment, vehicles, pets,
       industry, employees, identities)
SELECT '{AGENCY}', 'K-' || lpad(n::text, 8, '0'),
       -- Two of ten share a household; half of these came to the agency years apart.
       'K-' || lpad((CASE WHEN n % 20 = 19 THEN n - 1
                          WHEN n % 20 = 9 THEN (n / 20 * 7919 % (n / 20 + 1)) * 20 + 8
                          ELSE n END)::text, 8, '0'),
       CASE WHEN company THEN 'company' ELSE 'person' END,
       CASE WHEN pg_temp.chance(n, 20) < 0.98 THEN 'active' ELSE 'former' END,
       CASE WHEN NOT company THEN 'Ute' END, CASE WHEN NOT company THEN 'Muster-' || n END,
       CASE WHEN company THEN 'Betrieb ' || n || ' GmbH' END, 'sie', 'de', 'DE',
       CASE WHEN known AND NOT company
            THEN date '1940-01-01' + (pg_temp.chance(n, 2) * 24800)::int END,
       true, true,
       CASE WHEN known AND NOT company THEN
            (ARRAY['single', 'couple', 'family', 'single_parent', 'unknown'])
            [1 + floor(pg_temp.chance(n, 3) * 5)::int] END,
       CASE WHEN known AND NOT company THEN greatest(0, (pg_temp.chance(n, 4) * 6)::int - 3) END,
       CASE WHEN known AND NOT company THEN
            (ARRAY['owns', 'rents', 'rents', 'unknown'])
            [1 + floor(pg_temp.chance(n, 5) * 4)::int] END,
       CASE WHEN known AND NOT company THEN
            (ARRAY['employed', 'employed', 'employed', 'self_employed', 'civil_servant', 'student',
                   'retired', 'retired', 'unemployed', 'other'])
            [1 + floor(pg_temp.chance(n, 6) * 10)::int] END,
       CASE WHEN known THEN (pg_temp.chance(n, 7) * 2.4)::int END,
       CASE WHEN known AND NOT company THEN
            CASE floor(pg_temp.chance(n, 8) * 10)::int
                 WHEN 0 THEN ARRAY['dog'] WHEN 1 THEN ARRAY['cat'] WHEN 2 THEN ARRAY['dog', 'cat']
                 WHEN 3 THEN ARRAY['horse'] WHEN 4 THEN NULL ELSE ARRAY[]::varchar[] END END,
       CASE WHEN company THEN 'Handwerk' END,
       CASE WHEN known AND company THEN (pg_temp.chance(n, 9) * 12)::int END, '{{}}'
  FROM (SELECT n, pg_temp.chance(n, 1) < 0.9 AS known,
               n % 10 < 8 AND pg_temp.chance(n, 10) < 0.06 AS company
          FROM generate_series(1, $1) AS n) AS drawn
"""

_CONNECTIONS: Final = f"""
INSERT INTO connection (agency_id, customer_id, other_id, kind)
SELECT '{AGENCY}', customer_id, unit_id, 'household' FROM customer WHERE unit_id <> customer_id
UNION ALL
SELECT '{AGENCY}', customer_id, 'K-' || lpad((1 + n / 2)::text, 8, '0'), 'recommended_by'
  FROM (SELECT customer_id, substr(customer_id, 3)::bigint AS n FROM customer) AS numbered
 WHERE n > 10 AND pg_temp.chance(n, 11) < 0.02
"""

_CONTRACTS: Final = f"""
INSERT INTO contract (agency_id, customer_id, contract_id, number_key, insurer, line, gdv_line,
       status, starts_on, premium_cents, instalments_per_year, held_elsewhere)
SELECT '{AGENCY}', customer_id, 'V-' || n * 20 + k, 'V' || n * 20 + k, 'Musterversicherung',
       CASE WHEN kind = 'company' THEN
            (ARRAY['business_liability', 'commercial_contents', 'motor', 'business_legal', 'cyber',
                   'company_pension', 'liability', 'commercial_package'])
            [1 + floor(pg_temp.chance(n * 20 + k, 30) * 8)::int]
       ELSE (ARRAY['motor', 'motor', 'motor', 'private_liability', 'private_liability',
                   'household', 'household', 'building', 'legal', 'legal', 'accident',
                   'assistance', 'pension', 'term_life', 'life', 'bundle', 'travel',
                   'animal_liability', 'unknown', 'glass'])
            [1 + floor(pg_temp.chance(n * 20 + k, 30) * 20)::int] END,
       CASE WHEN pg_temp.chance(n * 20 + k, 31) < 0.1
            THEN (ARRAY['131', '141'])[1 + floor(pg_temp.chance(n * 20 + k, 32) * 2)::int] END,
       CASE WHEN pg_temp.chance(n * 20 + k, 33) < 0.93 THEN 'active' ELSE 'cancelled' END,
       date '{AS_OF}' - 30 - (pg_temp.chance(n * 20 + k, 34) ^ 1.5 * 3600)::int,
       (5000 + pg_temp.chance(n * 20 + k, 35) ^ 2 * 90000)::bigint / instalments, instalments,
       pg_temp.chance(n * 20 + k, 36) < 0.08
  FROM (SELECT customer_id, kind, n, k,
               CASE WHEN pg_temp.chance(n * 20 + k, 37) < 0.82 THEN 1
                    WHEN pg_temp.chance(n * 20 + k, 37) < 0.90 THEN 2
                    WHEN pg_temp.chance(n * 20 + k, 37) < 0.95 THEN 4
                    ELSE 12 END AS instalments
          FROM (SELECT customer_id, kind, substr(customer_id, 3)::bigint AS n
                  FROM customer) AS numbered
         CROSS JOIN LATERAL generate_series(1, 1 + (pg_temp.chance(n, 12) * 6.8)::int) AS k
       ) AS drawn
"""

_COMMISSIONS: Final = f"""
INSERT INTO commission (agency_id, commission_id, customer_id, contract_id, booked_on, kind,
                        amount_cents)
-- Renewals with each instalment of the last two to three years; some contracts earn nothing yet.
SELECT '{AGENCY}', 'B-' || v || '-' || i, customer_id, contract_id, due, 'renewal',
       1 + (premium_cents * (0.09 + pg_temp.chance(v, 40) * 0.13))::bigint
  FROM (SELECT *, substr(contract_id, 3)::bigint AS v FROM contract
         WHERE NOT held_elsewhere AND line NOT IN ('pension', 'term_life', 'life')) AS drawn
 CROSS JOIN LATERAL generate_series(0, (1 + pg_temp.chance(v, 41) * 2.4)::int
                                       * instalments_per_year) AS i
 CROSS JOIN LATERAL (SELECT (date '{AS_OF}' - (pg_temp.chance(v, 42) * 360)::int
                             - i * interval '1 month' * (12 / instalments_per_year))::date AS due
                    ) AS dated
 WHERE due >= starts_on AND pg_temp.chance(v, 43) < 0.93
UNION ALL
-- Life: at once when it was concluded, some increased, some clawed back.
SELECT '{AGENCY}', 'B-' || v || '-' || part, customer_id, contract_id,
       least(date '{AS_OF}', starts_on + (after_days * pg_temp.chance(v, 44))::int), part,
       (share * premium_cents * instalments_per_year * (1 + pg_temp.chance(v, 45)))::bigint
  FROM (SELECT *, substr(contract_id, 3)::bigint AS v FROM contract
         WHERE NOT held_elsewhere AND line IN ('pension', 'term_life', 'life')
           AND starts_on > date '{AS_OF}' - 2000) AS drawn
 CROSS JOIN LATERAL (VALUES ('initial', 0, 0.9, 1.0), ('increase', 700, 0.2, 0.3),
                            ('clawback', 500, -0.6, 0.12), ('other', 400, 0.05, 0.2))
            AS kinds (part, after_days, share, probability)
 WHERE pg_temp.chance(v, 46 + after_days) < probability
"""

_INTERACTIONS: Final = f"""
INSERT INTO interaction (agency_id, interaction_id, customer_id, at, direction, channel, role,
                         minutes, kilometres, gift_cents, topic, beyond_package)
SELECT '{AGENCY}', 'I-' || n || '-' || i, customer_id,
       timestamptz '{AS_OF} 10:00+01' - interval '1 hour' * (pg_temp.chance(n * 8 + i, 50)
                                                             * 17000)::int,
       CASE WHEN pg_temp.chance(n * 8 + i, 51) < 0.5 THEN 'in' ELSE 'out' END, 'phone',
       (ARRAY['owner', 'adviser', 'back_office'])
       [1 + floor(pg_temp.chance(n * 8 + i, 52) * 3)::int],
       2 + (pg_temp.chance(n * 8 + i, 53) * 60)::int, 0, 0,
       (ARRAY['advice', 'claim', 'none', 'contract'])
       [1 + floor(pg_temp.chance(n * 8 + i, 54) * 4)::int], false
  FROM (SELECT customer_id, substr(customer_id, 3)::bigint AS n FROM customer) AS numbered
 CROSS JOIN LATERAL generate_series(1, (pg_temp.chance(n, 55) * 4)::int) AS i
"""

_EVENTS: Final = f"""
INSERT INTO event (agency_id, source, webhook_id, event_id, customer_id, type, at, data)
SELECT '{AGENCY}', 'bench', 'E-' || n, gen_random_uuid(), customer_id,
       (ARRAY['payment.late', 'price.disputed', 'referral.made', 'business.announced'])
       [1 + floor(pg_temp.chance(n, 61) * 4)::int],
       timestamptz '{AS_OF} 10:00+01' - interval '1 hour' * (pg_temp.chance(n, 62) * 17000)::int,
       '{{"days": 20}}'
  FROM (SELECT customer_id, substr(customer_id, 3)::bigint AS n FROM customer) AS numbered
 WHERE pg_temp.chance(n, 60) < 0.05
"""

_FROM_CUSTOMERS: Final = {
    "connection": _CONNECTIONS,
    "contract": _CONTRACTS,
    "commission": _COMMISSIONS,
    "interaction": _INTERACTIONS,
    "event": _EVENTS,
}
"""What is made from the customers, and from the contracts made before."""
_TABLES: Final = ("customer", *_FROM_CUSTOMERS)


async def fill(connection: asyncpg.Connection, *, customers: int) -> None:
    """Write the book and bring the planner's knowledge of it up to date."""
    await connection.execute(_CHANCE)
    await connection.execute("SET max_parallel_workers_per_gather = 0")
    await connection.execute("SET maintenance_work_mem = '1GB'")
    await _without_indexes("customer", connection, _CUSTOMERS, customers)
    for table, statement in _FROM_CUSTOMERS.items():
        await _without_indexes(table, connection, statement)
    await vacuum(connection)
    sizes = [f"{await connection.fetchval(f'SELECT count(*) FROM {t}')} {t}" for t in _TABLES]
    print("  book: " + ", ".join(sizes), flush=True)


async def _without_indexes(
    table: str, connection: asyncpg.Connection, statement: str, *values: object
) -> None:
    """Fill an empty table and make its key and indexes afterwards, as they were: sorting twelve
    million entries once takes a quarter of the time of finding each its place."""
    kept = await connection.fetch(_INDEXES, table)
    for index in kept:
        await connection.execute(index["away"])
    await connection.execute(statement, *values)
    for index in kept:
        await connection.execute(index["back"])


_INDEXES: Final = """
SELECT CASE WHEN held.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
            ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, held.conname)
       END AS away,
       CASE WHEN held.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
            ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, held.conname,
                        pg_get_constraintdef(held.oid)) END AS back
  FROM pg_index AS i LEFT JOIN pg_constraint AS held ON held.conindid = i.indexrelid
 WHERE i.indrelid = $1::text::regclass
"""


async def vacuum(connection: asyncpg.Connection) -> None:
    """What autovacuum would have done by the next night; also so that it does not do it now."""
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")


_CHANGED_UNITS: Final = f"""
CREATE TEMP TABLE moved AS
SELECT unit_id, customer_id, revenue_level FROM care_class
  JOIN LATERAL (SELECT members[1] AS customer_id) AS first ON true
 WHERE agency_id = '{AGENCY}'
   AND floor(pg_temp.chance(substr(unit_id, 3)::bigint, 100) * 50)::int = $1
"""
_MOVING: Final = f"""
INSERT INTO commission (agency_id, commission_id, customer_id, booked_on, kind, amount_cents)
SELECT '{AGENCY}', 'R-' || $1 || '-' || customer_id, customer_id, date '{AS_OF}' - 182, 'other',
       CASE revenue_level WHEN 'high' THEN -1 ELSE 1 END * 4000000 FROM moved
"""


async def change_two_percent(connection: asyncpg.Connection, *, round_number: int) -> int:
    """New bookings that lift every moved unit over the revenue threshold, or take it far below.

    Far, because inside the band the class would be kept, which the plain statement cannot know.
    Gives the number of units moved.
    """
    await connection.execute(_CHANGED_UNITS.replace("$1", str(round_number)))
    await connection.execute(_MOVING.replace("$1", str(round_number)))
    moved: int = await connection.fetchval("SELECT count(*) FROM moved")
    await connection.execute("DROP TABLE moved")
    return moved
