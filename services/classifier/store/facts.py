"""The facts of care units, summed by Postgres and delivered as the frame the domain reads.

One statement serves a single unit and a slice of a million: only the scope differs. Results leave
by COPY, because a million rows through a cursor would take longer than the sums.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from services.classifier.domain.facts import FACTS, FURTHER_MEMBERS
from services.classifier.domain.money import Window
from services.classifier.domain.months import add_months
from shared.contracts.lines import (
    BIT_OF_LINE,
    BY_KEY,
    GDV_WITHOUT_NATURAL_HAZARDS,
    TERMS_THAT_AGE,
    UNKNOWN_LINE,
)
from shared.contracts.policies import Policy
from shared.database import Transaction


@dataclass(frozen=True, slots=True)
class TheseUnits:
    """A scope: units by their ids."""

    unit_ids: Sequence[str]

    @property
    def condition(self) -> str:
        """The condition on ``customer`` with its parameter."""
        return "unit_id = ANY($12::varchar[])"

    @property
    def parameters(self) -> list[Any]:
        """What the condition needs."""
        return [list(self.unit_ids)]


@dataclass(frozen=True, slots=True)
class UnitsBetween:
    """A scope: units after one id, up to and including another (None: to the end)."""

    after: str
    until: str | None

    @property
    def condition(self) -> str:
        """The condition on ``customer`` with its parameters."""
        return "unit_id > $12" if self.until is None else "unit_id > $12 AND unit_id <= $13"

    @property
    def parameters(self) -> list[Any]:
        """What the condition needs."""
        return [self.after] if self.until is None else [self.after, self.until]


Scope = TheseUnits | UnitsBetween


@dataclass(frozen=True, slots=True)
class Loaded:
    """The two frames that ``classify`` reads: FACTS and FURTHER_MEMBERS."""

    facts: pl.DataFrame
    further_members: pl.DataFrame


async def facts_of(
    transaction: Transaction, scope: Scope, *, policy: Policy, as_of: date, zone: ZoneInfo
) -> Loaded:
    """The facts of the scope's active customers as of a day, one row per care unit."""
    parameters = [*_parameters(transaction, policy, as_of, zone), *scope.parameters]
    facts = await _copied(transaction, _statement(FACTS_OF_UNITS, scope), parameters, FACTS)
    further = await _copied(
        transaction, _statement(FURTHER_MEMBERS_OF_UNITS, scope), parameters, FURTHER_MEMBERS
    )
    links = await _copied(transaction, _statement(LINKED_REVENUE, scope), parameters, LINKS)
    if links.height:
        facts = facts.drop("referral_value_cents", "linked_revenue_cents").join(
            links, on="unit_id", how="left", maintain_order="left"
        )
        facts = facts.with_columns(
            pl.col("referral_value_cents", "linked_revenue_cents").fill_null(0)
        ).select(list(FACTS))
    return Loaded(facts=facts, further_members=further)


async def end_of_slice(transaction: Transaction, *, after: str, size: int) -> str | None:
    """The last unit id of the next ``size`` units after one; None where the book ends before."""
    found = await transaction.execute(
        """
        SELECT unit_id FROM customer
         WHERE agency_id = :agency AND unit_id > :after AND status = 'active'
         GROUP BY unit_id ORDER BY unit_id OFFSET :size LIMIT 1
        """,
        {"after": after, "size": size - 1},
    )
    last: str | None = found.scalar_one_or_none()
    return last


def _parameters(transaction: Transaction, policy: Policy, as_of: date, zone: ZoneInfo) -> list[Any]:
    """$1 … $11: agency, window, months, prices, age of terms; the scope's follow."""
    window = Window.ending(as_of)
    months, hourly = policy.earning_months, policy.effort.hourly_cents
    return [
        transaction.agency,
        window.after,
        window.last,
        _midnight_after(window.after, zone),
        _midnight_after(window.last, zone),
        [months.initial, months.increase, months.clawback, months.other],
        [hourly.owner, hourly.adviser, hourly.back_office],
        policy.effort.kilometre_cents,
        add_months(as_of, -12 * policy.terms_old_after_years),
        # Nothing earned over a longer period than this reaches into the window.
        add_months(window.after, -max(12, months.initial, months.increase, months.clawback,
                                      months.other)),
        as_of,
    ]  # fmt: skip


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the next day begins in the agency's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, zone)


async def _copied(
    transaction: Transaction,
    statement: str,
    parameters: list[Any],
    schema: dict[str, pl.DataType],
) -> pl.DataFrame:
    """The rows of a statement as a frame of the schema's columns."""
    driver = await transaction.driver()
    buffer = io.BytesIO()
    await driver.copy_from_query(statement, *parameters, output=buffer, format="csv")
    buffer.seek(0)
    if not buffer.getbuffer().nbytes:
        return pl.DataFrame(schema=schema)
    raw = {name: _read_as(dtype) for name, dtype in schema.items()}
    frame = pl.read_csv(buffer, has_header=False, schema=raw, missing_utf8_is_empty_string=False)
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in schema.items() if raw[name] != dtype
    )


def _read_as(dtype: pl.DataType) -> pl.DataType:
    """Booleans leave Postgres as 1 and 0, enumerations as text."""
    if dtype == pl.Boolean:
        return pl.Int8()
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def _statement(text: str, scope: Scope) -> str:
    return f"{MEMBERS.replace('{scope}', scope.condition)}, {text}"


_LINE_ROWS: Final = ", ".join(
    f"('{line.key}', {1 << BIT_OF_LINE[line.key]}::bigint, {line.rate_bp}, "
    f"{str(line.key in TERMS_THAT_AGE).lower()})"
    for line in BY_KEY.values()
)
_WITHOUT_HAZARDS: Final = ", ".join(f"'{code}'" for code in sorted(GDV_WITHOUT_NATURAL_HAZARDS))

MEMBERS: Final = """
WITH member AS MATERIALIZED (
    SELECT customer_id, unit_id, kind, birth_date, death_date, household, children, home,
           employment, vehicles, pets, industry, employees, income_band,
           row_number() OVER (PARTITION BY unit_id ORDER BY customer_id) AS place
      FROM customer
     WHERE agency_id = $1 AND status = 'active' AND {scope}
)
"""
"""The active customers of the scope: whom all sums are about."""

_LIFE: Final = """
           CASE WHEN death_date IS NULL THEN birth_date END,
           nullif(household, 'unknown'), children, nullif(home, 'unknown'),
           nullif(employment, 'unknown'), vehicles,
           CASE WHEN pets IS NOT NULL THEN
                ('dog' = ANY(pets))::int + 2 * ('cat' = ANY(pets))::int
                + 4 * ('horse' = ANY(pets))::int
                + 8 * (NOT pets <@ ARRAY['dog', 'cat', 'horse']::varchar[])::int END,
           industry, employees, income_band
"""

EARNED: Final = f"""
line (line, mask, rate_bp, ages) AS (VALUES {_LINE_ROWS}),
booking AS (
    -- The exact part of each booking inside the window; see domain/money.py: earned_cents.
    SELECT earner.unit_id,
           c.amount_cents * greatest(0, least(period.ends_on, $3::date + 1)
                                        - greatest(c.booked_on, $2::date + 1))::numeric
           / (period.ends_on - c.booked_on) AS cents,
           false AS estimated
      FROM earner
      JOIN commission AS c ON c.agency_id = $1 AND c.customer_id = earner.customer_id
                          AND c.booked_on > $10::date AND c.booked_on <= $3::date
      LEFT JOIN contract AS k ON c.kind = 'renewal' AND k.agency_id = $1
                             AND k.customer_id = c.customer_id AND k.contract_id = c.contract_id
     CROSS JOIN LATERAL (
           SELECT (c.booked_on + interval '1 month' * CASE c.kind
                       WHEN 'renewal'
                       THEN greatest(1, 12 / coalesce(nullif(k.instalments_per_year, 0), 1))
                       WHEN 'initial' THEN ($6::int[])[1]
                       WHEN 'increase' THEN ($6::int[])[2]
                       WHEN 'clawback' THEN ($6::int[])[3]
                       ELSE ($6::int[])[4] END)::date AS ends_on) AS period
    UNION ALL
    -- A contract for which nothing was ever booked: premium × the usual rate.
    SELECT earner.unit_id,
           k.premium_cents * k.instalments_per_year
           * coalesce(k.commission_rate::numeric, coalesce(line.rate_bp, 0) / 10000.0),
           true
      FROM earner
      JOIN contract AS k ON k.agency_id = $1 AND k.customer_id = earner.customer_id
      LEFT JOIN line ON line.line = k.line
     WHERE k.status = 'active' AND NOT k.held_elsewhere
       AND k.premium_cents > 0 AND k.instalments_per_year > 0
       AND coalesce(k.commission_rate, line.rate_bp) > 0
       AND NOT EXISTS (SELECT FROM commission AS c
                        WHERE c.agency_id = $1 AND c.customer_id = k.customer_id
                          AND c.contract_id = k.contract_id AND c.booked_on <= $3::date)
),
earned AS (
    -- Half up, towards plus infinity for negatives too; the inner rounding because a quotient
    -- ends after some 20 digits and may fall a hair short of an exact half.
    SELECT unit_id, floor(round(sum(cents), 10) + 0.5)::bigint AS revenue_cents,
           bool_or(estimated) AS estimated
      FROM booking GROUP BY unit_id
)
"""
"""Revenue of units; expects ``earner`` (unit_id, customer_id)."""

FACTS_OF_UNITS: Final = f"""
earner AS (SELECT unit_id, customer_id FROM member),
{EARNED},
effort AS (
    SELECT m.unit_id, sum(i.minutes) AS minutes,
           sum(i.minutes * price.hourly) AS hour_cents,
           sum(i.minutes * price.hourly) FILTER (WHERE price.counted) AS counted_hour_cents,
           sum(i.kilometres * $8::int + i.gift_cents) AS other_cents,
           sum(i.kilometres * $8::int + i.gift_cents) FILTER (WHERE price.counted)
               AS counted_other_cents,
           count(*) FILTER (WHERE i.topic = 'none' AND i.direction = 'in') AS idle
      FROM member AS m
      JOIN interaction AS i ON i.agency_id = $1 AND i.customer_id = m.customer_id
                           AND i.at >= $4 AND i.at < $5
     CROSS JOIN LATERAL (
           SELECT ($7::int[])[CASE i.role WHEN 'owner' THEN 1 WHEN 'adviser' THEN 2 ELSE 3 END]
                      AS hourly,
                  coalesce(i.topic NOT IN ('claim', 'complaint', 'legal_duty', 'data_right'), true)
                      AS counted) AS price
     GROUP BY m.unit_id
),
held AS (
    SELECT m.unit_id,
           count(*) FILTER (WHERE NOT k.held_elsewhere) AS contracts,
           bit_or(shown.mask) AS covered,
           coalesce(bit_or(shown.mask) FILTER (WHERE NOT k.held_elsewhere), 0) AS own,
           coalesce(bit_or(shown.mask) FILTER (WHERE shown.ages AND shown.old), 0)
           & ~coalesce(bit_or(shown.mask) FILTER (WHERE shown.ages AND NOT shown.old), 0) AS old,
           coalesce(bit_or(shown.mask) FILTER (WHERE shown.open), 0)
           & ~coalesce(bit_or(shown.mask) FILTER (WHERE NOT shown.open), 0) AS incomplete
      FROM member AS m
      JOIN contract AS k ON k.agency_id = $1 AND k.customer_id = m.customer_id
                        AND k.status = 'active'
      LEFT JOIN line ON line.line = k.line
     CROSS JOIN LATERAL (
           SELECT coalesce(line.mask, {1 << BIT_OF_LINE[UNKNOWN_LINE]}) AS mask,
                  NOT k.held_elsewhere AND coalesce(line.ages, false) AS ages,
                  coalesce(k.starts_on <= $9::date, false) AS old,
                  NOT k.held_elsewhere
                      AND coalesce(k.gdv_line IN ({_WITHOUT_HAZARDS}), false) AS open) AS shown
     GROUP BY m.unit_id
),
counted AS (
    SELECT m.unit_id,
           count(*) FILTER (WHERE e.type = 'referral.made') AS referrals,
           count(*) FILTER (WHERE e.type = 'payment.late'
                              AND (coalesce((e.data ->> 'reminder')::boolean, false)
                                   OR coalesce((e.data ->> 'days')::int, 0) >= 14)) AS late,
           count(*) FILTER (WHERE e.type = 'price.disputed') AS disputes,
           count(*) FILTER (WHERE e.type = 'complaint.filed') AS complaints,
           count(*) FILTER (WHERE e.type = 'business.announced'
                              AND e.at > coalesce(delivered.at, '-infinity')) AS announced,
           max(e.at) FILTER (WHERE e.type = 'touchpoint.result'
                               AND e.data ->> 'result' = 'won')::date AS won_on
      FROM member AS m
      JOIN event AS e ON e.agency_id = $1 AND e.customer_id = m.customer_id
                     AND e.at >= $4 AND e.at < $5
      LEFT JOIN LATERAL (
           SELECT max(d.at) AS at FROM event AS d
            WHERE e.type = 'business.announced' AND d.agency_id = $1
              AND d.customer_id = m.customer_id AND d.type = 'business.delivered' AND d.at < $5
           ) AS delivered ON true
     GROUP BY m.unit_id
),
flagged AS (
    SELECT m.unit_id,
           bool_or(f.flag = 'favourite') AS favourite, bool_or(f.flag = 'useful') AS useful,
           bool_or(f.flag = 'promising') AS promising, bool_or(f.flag = 'conduct') AS conduct
      FROM member AS m
      JOIN flag AS f ON f.agency_id = $1 AND f.customer_id = m.customer_id AND f.value
                    AND f.ends_on >= $11::date AND f.set_at < $5
     GROUP BY m.unit_id
),
objected AS (
    SELECT DISTINCT m.unit_id
      FROM member AS m
      JOIN objection AS o ON o.agency_id = $1 AND o.customer_id = m.customer_id
     WHERE o.profiling IS NOT NULL
),
company AS (SELECT unit_id, bool_or(kind = 'company') AS company FROM member GROUP BY unit_id),
first_member AS (SELECT * FROM member WHERE place = 1)
SELECT u.unit_id,
       coalesce(earned.revenue_cents, 0), coalesce(earned.estimated, false)::int,
       coalesce(effort.minutes, 0),
       coalesce(floor(effort.hour_cents / 60.0 + 0.5)::bigint + effort.other_cents, 0),
       coalesce(floor(coalesce(effort.counted_hour_cents, 0) / 60.0 + 0.5)::bigint
                + coalesce(effort.counted_other_cents, 0), 0),
       coalesce(held.contracts, 0), coalesce(held.covered, 0), coalesce(held.own, 0),
       coalesce(held.old, 0), coalesce(held.incomplete, 0),
       coalesce(counted.referrals, 0), 0, 0,
       coalesce(counted.late, 0), coalesce(counted.disputes, 0), coalesce(counted.complaints, 0),
       coalesce(counted.announced, 0), coalesce(effort.idle, 0), counted.won_on,
       company.company::int,
       coalesce(flagged.favourite, false)::int, coalesce(flagged.useful, false)::int,
       coalesce(flagged.promising, false)::int, coalesce(flagged.conduct, false)::int,
       (objected.unit_id IS NOT NULL)::int,
       NULL, NULL,
{_LIFE},
       was.segment, was.service_level, was.development, was.policy_version, was.gap_needs,
       was.revenue_level, was.revenue_below_since, was.potential_level, was.potential_below_since,
       was.chance_since, was.recheck_on
  FROM first_member AS u
  JOIN company USING (unit_id)
  LEFT JOIN earned USING (unit_id)
  LEFT JOIN effort USING (unit_id)
  LEFT JOIN held USING (unit_id)
  LEFT JOIN counted USING (unit_id)
  LEFT JOIN flagged USING (unit_id)
  LEFT JOIN objected USING (unit_id)
  LEFT JOIN care_class AS was ON was.agency_id = $1 AND was.unit_id = u.unit_id
"""
"""One row for each unit, in the order of ``FACTS``."""

FURTHER_MEMBERS_OF_UNITS: Final = f"""
further AS (SELECT * FROM member WHERE place > 1)
SELECT unit_id, {_LIFE} FROM further
"""
"""The life situation of the second, third … member of each unit."""

LINKS: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    "referral_value_cents": pl.Int64(),
    "linked_revenue_cents": pl.Int64(),
}

LINKED_REVENUE: Final = f"""
link AS (
    SELECT m.unit_id AS owner, other.unit_id AS linked, other.customer_id, 'recommended' AS kind
      FROM member AS m
      JOIN connection AS c ON c.agency_id = $1 AND c.other_id = m.customer_id
                          AND c.kind = 'recommended_by'
      JOIN customer AS other ON other.agency_id = $1 AND other.customer_id = c.customer_id
                            AND other.status = 'active' AND other.unit_id <> m.unit_id
    UNION
    SELECT m.unit_id, other.unit_id, other.customer_id, 'company_group'
      FROM member AS m
      JOIN connection AS c ON c.agency_id = $1 AND c.kind = 'company_group'
                          AND m.customer_id IN (c.customer_id, c.other_id)
      JOIN customer AS partner ON partner.agency_id = $1 AND partner.customer_id
                                = CASE WHEN c.customer_id = m.customer_id
                                       THEN c.other_id ELSE c.customer_id END
      JOIN customer AS other ON other.agency_id = $1 AND other.unit_id = partner.unit_id
                            AND other.status = 'active' AND other.unit_id <> m.unit_id
),
-- Those recommended are counted one by one, linked units as a whole.
earner AS (
    SELECT DISTINCT CASE kind WHEN 'recommended' THEN 'customer ' || customer_id
                              ELSE 'unit ' || linked END AS unit_id, customer_id FROM link
),
{EARNED}
SELECT link.owner,
       coalesce(sum(DISTINCT_EARNED.cents) FILTER (WHERE link.kind = 'recommended'), 0)::bigint,
       greatest(0, coalesce(max(DISTINCT_EARNED.cents) FILTER (WHERE link.kind = 'company_group'),
                            0))::bigint
  FROM (SELECT DISTINCT owner, kind,
               CASE kind WHEN 'recommended' THEN 'customer ' || customer_id
                         ELSE 'unit ' || linked END AS unit_id FROM link) AS link
  LEFT JOIN (SELECT unit_id, revenue_cents AS cents FROM earned) AS DISTINCT_EARNED USING (unit_id)
 GROUP BY link.owner
""".replace("DISTINCT_EARNED", "revenue")
"""The revenue of those a unit recommended, and the highest of the units linked as companies."""
