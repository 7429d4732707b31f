"""Agencies of the scheduler with customers to plan, always the same for the same size."""

from datetime import UTC, date, datetime
from typing import Final

import asyncpg

AS_OF: Final = date(2026, 11, 23)
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE: Final = 3
"""Staff of an agency: an owner and advisers with room for all."""

NO_TOKEN: Final = "none"  # noqa: S105 - no secret
"""No door of these benches asks who calls."""

_AGENCIES: Final = """
INSERT INTO agency (agency_id, time_zone, federal_state, day, asked_at, policy_version, model,
                    opened_at)
SELECT 'agency-' || n, 'Europe/Berlin', 'ST', $2, $3, 1, 'revenue_potential', $3
  FROM generate_series(1, $1) AS n
"""
_STAFF: Final = """
INSERT INTO staff (agency_id, staff_id, role, name, capacity, weekly_hours, lines,
                   requests, active)
SELECT 'agency-' || n, 'S-' || p, CASE p WHEN 1 THEN 'owner' ELSE 'adviser' END, 'Person ' || p,
       100000, 40, '{}', '{}', true
  FROM generate_series(1, $1) AS n, generate_series(1, $2) AS p
"""
_CUSTOMERS: Final = """
INSERT INTO customer (agency_id, customer_id, unit_id, kind, status, segment, service_level,
       development, potential_cents, margin_cents, gaps, mandate, birth_date, customer_since,
       phone_consent, email_known, facts_at, care_since)
SELECT 'agency-' || n, 'K-' || k, 'K-' || k, 'person', 'active', segment, 'standard',
       CASE WHEN segment IN ('A', 'O') THEN 'active' ELSE 'none' END, 10000, k,
       CASE WHEN k % 2 = 0
            THEN '[{"line": "private_liability", "expected_cents": 5000}]'::jsonb
            ELSE '[]'::jsonb END,
       'held', date '1940-01-01' + (k * 7919 % 22000), date '2000-01-01' + (k * 104729 % 9500),
       k % 5 < 3, true, $4, $3
  FROM generate_series(1, $1) AS n, generate_series(1, $2) AS k,
       LATERAL (SELECT CASE WHEN k % 20 < 3 THEN 'A' WHEN k % 20 < 6 THEN 'B'
                            WHEN k % 20 < 10 THEN 'O' ELSE 'C' END AS segment) AS drawn
"""
_MARKS: Final = """
INSERT INTO unit_mark (agency_id, unit_id)
SELECT 'agency-' || n, '*' FROM generate_series(1, $1) AS n
"""


def name_of(number: int) -> str:
    """The id of an agency, counted from 1."""
    return f"agency-{number}"


async def fill(admin: asyncpg.Connection, *, agencies: int, customers: int) -> None:
    """So many agencies with so many customers each, known to the scheduler and marked."""
    await admin.execute(_AGENCIES, agencies, AS_OF, NOW)
    await admin.execute(_STAFF, agencies, PEOPLE)
    await admin.execute(_CUSTOMERS, agencies, customers, AS_OF, NOW)
    await admin.execute(_MARKS, agencies)
    await admin.execute("VACUUM ANALYZE")
