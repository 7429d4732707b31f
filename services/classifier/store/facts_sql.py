"""The SQL of facts: what a care unit earned, cost, holds and did, in one statement.

Parameters by name, each an asyncpg parameter: ``:window_after``/``:as_of`` are the days of the
window, ``:window_from``/``:window_to`` its instants in the agency's time zone. The scope replaces
``{scope}`` in ``MEMBERS``. The text is made of constants of this code alone, so nothing can be
injected.
"""

from typing import Final

from services.classifier.domain.money import LATE_STATEMENT_DAYS
from shared.contracts.lines import (
    BIT_OF_LINE,
    BY_KEY,
    GDV_WITHOUT_NATURAL_HAZARDS,
    TERMS_THAT_AGE,
    UNKNOWN_LINE,
)

_LINE_ROWS: Final = ", ".join(
    f"('{line.key}', {1 << BIT_OF_LINE[line.key]}::bigint, {line.rate_bp}, "
    f"{str(line.key in TERMS_THAT_AGE).lower()})"
    for line in BY_KEY.values()
)
_WITHOUT_HAZARDS: Final = ", ".join(f"'{code}'" for code in sorted(GDV_WITHOUT_NATURAL_HAZARDS))

MEMBERS: Final = """
WITH member AS NOT MATERIALIZED (
    SELECT * FROM customer WHERE agency_id = :agency AND status = 'active' AND {scope}
)
"""
"""The active customers of the scope, over whom everything is summed.

Their rows are looked up for each of them. ``LATERAL (… OFFSET 0)`` keeps the planner from reading a
whole table for a part of the book, also when statistics are missing, so a slice takes the same time
in a book of any size.

Not materialised, because only one process could read a stored list, and PostgreSQL sums a book with
several.
"""

_PETS: Final = """('dog' = ANY(pets))::int + 2 * ('cat' = ANY(pets))::int
                + 4 * ('horse' = ANY(pets))::int
                + 8 * (NOT pets <@ ARRAY['dog', 'cat', 'horse']::varchar[])::int"""

_LIFE: Final = """
           CASE WHEN death_date IS NULL THEN birth_date END,
           CASE WHEN death_date IS NULL THEN nullif(household, 'unknown') END,
           CASE WHEN death_date IS NULL THEN children END,
           CASE WHEN death_date IS NULL THEN nullif(home, 'unknown') END,
           CASE WHEN death_date IS NULL THEN nullif(employment, 'unknown') END,
           CASE WHEN death_date IS NULL THEN vehicles END,
           {pets},
           CASE WHEN death_date IS NULL THEN industry END,
           CASE WHEN death_date IS NULL THEN employees END,
           CASE WHEN death_date IS NULL THEN income_band END
"""
_LIFE_OF_FIRST: Final = _LIFE.format(pets=f"CASE WHEN death_date IS NULL THEN {_PETS} ELSE 0 END")
"""The dead need nothing and come after the living of their unit. If nobody else is left, everything
is unknown but that they keep no pets, so that no average needs are assumed either."""
_LIFE_OF_FURTHER: Final = _LIFE.format(pets=f"CASE WHEN death_date IS NULL THEN {_PETS} END")
"""For the dead beside living members everything is null, so that an unknown life stays unknown."""

EARNED: Final = f"""
line (line, mask, rate_bp, ages) AS NOT MATERIALIZED (VALUES {_LINE_ROWS}),
booking AS (
    -- Every booking that may reach into the window or within {LATE_STATEMENT_DAYS} days of it, with
    -- its contract, and every contract without such a booking, in one pass over each table. OFFSET
    -- keeps the planner from computing the period's end once for each use.
    SELECT coalesce(c.unit_id, k.unit_id) AS unit_id,
           coalesce(c.customer_id, k.customer_id) AS customer_id, k.contract_id, c.booked_on,
           -- What is held elsewhere earns nothing, whatever was booked on it.
           CASE WHEN k.held_elsewhere THEN 0 ELSE c.amount_cents END AS amount_cents,
           (c.booked_on + CASE c.kind
                WHEN 'renewal' THEN coalesce(k.instalment, interval '12 months')
                WHEN 'initial' THEN interval '1 month' * (:earning_months::int[])[1]
                WHEN 'increase' THEN interval '1 month' * (:earning_months::int[])[2]
                WHEN 'clawback' THEN interval '1 month' * (:earning_months::int[])[3]
                ELSE interval '1 month' * (:earning_months::int[])[4] END)::date AS ends_on,
           k.expected, k.starts_on
      FROM (SELECT e.unit_id, c.customer_id, c.contract_id, c.booked_on, c.kind, c.amount_cents
              FROM earner AS e
             CROSS JOIN LATERAL (
                   SELECT * FROM commission
                    WHERE commission.agency_id = :agency
                      AND commission.customer_id = e.customer_id
                      AND booked_on <= :as_of::date
                      AND booked_on > least(:renewed_after::date, :booked_after::date)
                      AND (booked_on > :renewed_after::date
                           OR booked_on > :booked_after::date AND kind <> 'renewal')
                   OFFSET 0) AS c) AS c
      FULL JOIN
           (SELECT k.unit_id, k.customer_id, k.contract_id, k.held_elsewhere, k.starts_on,
                   make_interval(months => greatest(1, 12 / coalesce(
                                     nullif(k.instalments_per_year, 0), 1))) AS instalment,
                   -- Premium × the usual rate, where the contract earns at all.
                   CASE WHEN k.status = 'active' AND NOT k.held_elsewhere
                         AND k.premium_cents > 0 AND k.instalments_per_year > 0
                         AND coalesce(k.commission_rate, line.rate_bp) > 0
                        THEN k.premium_cents * k.instalments_per_year
                             * coalesce(k.commission_rate::numeric, line.rate_bp / 10000.0)
                    END AS expected
              FROM (SELECT e.unit_id, k.*
                      FROM earner AS e
                     CROSS JOIN LATERAL (
                           SELECT customer_id, contract_id, line, status, held_elsewhere, starts_on,
                                  instalments_per_year, premium_cents, commission_rate
                             FROM contract
                            WHERE agency_id = :agency AND contract.customer_id = e.customer_id
                           OFFSET 0) AS k
                    OFFSET 0) AS k
              LEFT JOIN line ON line.line = k.line) AS k
           -- Who is recommended and linked as a company earns for two: without the unit, each of
           -- the two would get the bookings twice.
           ON k.unit_id = c.unit_id AND k.customer_id = c.customer_id
              AND k.contract_id = c.contract_id
    OFFSET 0
),
booked AS (
    -- What the bookings of each contract bring inside the window (domain/money.py: earned_cents),
    -- and the days that their periods cover.
    SELECT unit_id, customer_id, contract_id, expected, starts_on,
           sum(weighted / days) AS whole, sum((weighted % days)::float8 / days) AS fraction,
           range_agg(daterange(booked_on, ends_on))
               FILTER (WHERE expected IS NOT NULL AND booked_on IS NOT NULL) AS covered,
           max(ends_on) AS last_end
      FROM booking
     CROSS JOIN LATERAL (
           SELECT ends_on - booked_on AS days,
                  amount_cents * greatest(0, least(ends_on, :as_of::date + 1)
                                             - greatest(booked_on, :window_after::date + 1))
                  AS weighted) AS period
     GROUP BY unit_id, customer_id, contract_id, expected, starts_on
),
part AS (
    -- Beside it the days that no booking covers; see domain/money.py: uncovered_days. A contract
    -- without any booking near the window is asked for older ones, which is asked of few.
    SELECT unit_id, booked.whole AS booked_whole, booked.fraction AS booked_fraction,
           estimate.cents > 0 AS estimated, trunc(estimate.cents) AS whole,
           (estimate.cents - trunc(estimate.cents))::float8 AS fraction
      FROM booked
      LEFT JOIN LATERAL (
           SELECT booked.expected * coalesce(sum(upper(day) - lower(day)), 0)
                  / (:as_of::date - :window_after::date) AS cents
             FROM unnest(
                      datemultirange(daterange(
                          least(greatest(:window_after::date + 1, booked.starts_on),
                                :as_of::date + 1),
                          :as_of::date + 1))
                      * datemultirange(daterange(
                          NULL, booked.last_end + {LATE_STATEMENT_DAYS}))
                      - coalesce(booked.covered, '{{}}'::datemultirange)) AS day
            WHERE booked.last_end IS NOT NULL
               OR NOT EXISTS (
                  SELECT FROM commission AS c
                   WHERE c.agency_id = :agency AND c.customer_id = booked.customer_id
                     AND c.contract_id = booked.contract_id AND c.booked_on <= :as_of::date)
           ) AS estimate ON booked.expected IS NOT NULL
),
earned AS (
    -- Whole cents are summed as such and only fractions below one as floats, so that the sum is
    -- good to ten digits whatever its size and in whatever order. Half up, towards plus infinity
    -- for negatives too; the inner rounding because a sum of fractions may fall a hair short of an
    -- exact half.
    SELECT unit_id,
           coalesce(sum(booked_whole), 0) + coalesce(sum(whole), 0)
           + floor(round((coalesce(sum(booked_fraction), 0) + coalesce(sum(fraction), 0))::numeric,
                         10) + 0.5) AS revenue_cents,
           coalesce(bool_or(estimated), false) AS estimated
      FROM part GROUP BY unit_id
)
"""
"""Revenue of units; expects ``earner`` (unit_id, customer_id)."""

FACTS_OF_UNITS: Final = f"""
earner AS NOT MATERIALIZED (SELECT unit_id, customer_id FROM member),
{EARNED},
effort AS (
    SELECT m.unit_id, sum(i.minutes) AS minutes,
           sum(i.minutes * price.hourly) AS hour_cents,
           sum(i.minutes * price.hourly) FILTER (WHERE price.counted) AS counted_hour_cents,
           sum(i.kilometres * :kilometre_cents::int + i.gift_cents) AS other_cents,
           sum(i.kilometres * :kilometre_cents::int + i.gift_cents) FILTER (WHERE price.counted)
               AS counted_other_cents,
           count(*) FILTER (WHERE i.topic = 'none' AND i.direction = 'in') AS idle
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT * FROM interaction
            WHERE interaction.agency_id = :agency AND interaction.customer_id = m.customer_id
              AND at >= :window_from AND at < :window_to
           OFFSET 0) AS i
     CROSS JOIN LATERAL (
           SELECT (:hourly_cents::int[])[CASE i.role WHEN 'owner' THEN 1
                                                     WHEN 'adviser' THEN 2 ELSE 3 END]
                      AS hourly,
                  coalesce(i.topic NOT IN ('claim', 'complaint', 'legal_duty', 'data_right'), true)
                      AS counted) AS price
     GROUP BY m.unit_id
),
held AS (
    SELECT k.unit_id,
           count(*) FILTER (WHERE NOT k.held_elsewhere) AS contracts,
           bit_or(shown.mask) AS covered,
           coalesce(bit_or(shown.mask) FILTER (WHERE NOT k.held_elsewhere), 0) AS own,
           coalesce(bit_or(shown.mask) FILTER (WHERE shown.ages AND shown.old), 0)
           & ~coalesce(bit_or(shown.mask) FILTER (WHERE shown.ages AND NOT shown.old), 0) AS old,
           coalesce(bit_or(shown.mask) FILTER (WHERE shown.open AND NOT k.held_elsewhere), 0)
           & ~coalesce(bit_or(shown.mask) FILTER (WHERE NOT shown.open), 0) AS incomplete
      FROM (SELECT m.unit_id, k.*
              FROM member AS m
             CROSS JOIN LATERAL (
                   SELECT line, held_elsewhere, starts_on, gdv_line FROM contract
                    WHERE agency_id = :agency AND contract.customer_id = m.customer_id
                      AND contract.status = 'active'
                   OFFSET 0) AS k
            OFFSET 0) AS k
      LEFT JOIN line ON line.line = k.line
     CROSS JOIN LATERAL (
           SELECT coalesce(line.mask, {1 << BIT_OF_LINE[UNKNOWN_LINE]}) AS mask,
                  NOT k.held_elsewhere AND coalesce(line.ages, false) AS ages,
                  coalesce(k.starts_on <= :old_before::date, false) AS old,
                  coalesce(k.gdv_line IN ({_WITHOUT_HAZARDS}), false) AS open) AS shown
     GROUP BY k.unit_id
),
counted AS (
    SELECT m.unit_id,
           count(*) FILTER (WHERE e.type = 'payment.late'
                              AND (coalesce((e.data ->> 'reminder')::boolean, false)
                                   OR coalesce((e.data ->> 'days')::int, 0) >= 14)) AS late,
           count(*) FILTER (WHERE e.type = 'price.disputed') AS disputes,
           count(*) FILTER (WHERE e.type = 'complaint.filed') AS complaints,
           array_agg(e.at) FILTER (WHERE e.type = 'business.announced') AS announced,
           max(e.at) FILTER (WHERE e.type = 'business.delivered') AS delivered_at,
           (max(e.at) FILTER (WHERE e.type = 'touchpoint.result' AND e.data ->> 'result' = 'won'
                                 OR e.type = 'business.delivered')
            AT TIME ZONE :zone::text)::date AS won_on
      FROM member AS m
     CROSS JOIN LATERAL (
           SELECT * FROM event
            WHERE event.agency_id = :agency AND event.customer_id = m.customer_id
              AND at >= :window_from AND at < :window_to
           OFFSET 0) AS e
     GROUP BY m.unit_id
),
flagged AS (
    SELECT m.unit_id,
           bool_or(f.flag = 'favourite') AS favourite, bool_or(f.flag = 'useful') AS useful,
           bool_or(f.flag = 'promising' AND m.death_date IS NULL) AS promising,
           bool_or(f.flag = 'conduct') AS conduct
      FROM member AS m
      JOIN flag AS f ON f.agency_id = :agency AND f.customer_id = m.customer_id AND f.value
                    AND f.ends_on >= :as_of::date AND f.set_at < :window_to
     GROUP BY m.unit_id
),
objected AS (
    SELECT DISTINCT m.unit_id
      FROM member AS m
      JOIN objection AS o ON o.agency_id = :agency AND o.customer_id = m.customer_id
     WHERE o.profiling IS NOT NULL
),
pinned AS (
    -- A pin of any member holds for the unit, the one set last wins. Nearly always there are few
    -- or none: a hash of nothing is joined without reading the members.
    SELECT DISTINCT ON (m.unit_id) m.unit_id, o.segment, o.until, o.author, o.override_id
      FROM member AS m
      JOIN override AS o ON o.agency_id = :agency AND o.customer_id = m.customer_id
                        AND o.ended_at IS NULL AND o.until >= :as_of::date
     ORDER BY m.unit_id, o.set_at DESC, o.override_id
),
unit AS (
    -- The first of the living, else of the dead. DISTINCT tells the planner how many there are; a
    -- row number would not.
    SELECT DISTINCT ON (unit_id) *, bool_or(kind = 'company') OVER whole_unit AS company,
           array_agg(customer_id) OVER whole_unit AS members
      FROM member
    WINDOW whole_unit AS (PARTITION BY unit_id ORDER BY customer_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
     ORDER BY unit_id, death_date IS NOT NULL, customer_id
)
SELECT u.unit_id,
       coalesce(earned.revenue_cents, 0)::bigint, coalesce(earned.estimated, false)::int,
       coalesce(effort.minutes, 0),
       coalesce(floor(effort.hour_cents / 60.0 + 0.5)::bigint + effort.other_cents, 0),
       coalesce(floor(coalesce(effort.counted_hour_cents, 0) / 60.0 + 0.5)::bigint
                + coalesce(effort.counted_other_cents, 0), 0),
       coalesce(held.contracts, 0), coalesce(held.covered, 0), coalesce(held.own, 0),
       CASE WHEN u.death_date IS NULL THEN coalesce(held.old, 0) ELSE 0 END,
       CASE WHEN u.death_date IS NULL THEN coalesce(held.incomplete, 0) ELSE 0 END,
       0, 0, 0,
       coalesce(counted.late, 0), coalesce(counted.disputes, 0), coalesce(counted.complaints, 0),
       -- What any member was delivered resets what any other announced: the unit is one.
       CASE WHEN counted.announced IS NULL THEN 0
            ELSE (SELECT count(*) FROM unnest(counted.announced) AS announced (at)
                   WHERE announced.at > coalesce(counted.delivered_at, '-infinity')) END,
       coalesce(effort.idle, 0), counted.won_on,
       u.company::int, (u.death_date IS NOT NULL)::int,
       coalesce(flagged.favourite, false)::int, coalesce(flagged.useful, false)::int,
       coalesce(flagged.promising, false)::int, coalesce(flagged.conduct, false)::int,
       (objected.unit_id IS NOT NULL)::int,
       pinned.segment, pinned.until, pinned.author, pinned.override_id,
{_LIFE_OF_FIRST},
       was.segment, was.service_level, was.development, was.policy_version, was.gap_needs,
       was.revenue_level, was.revenue_below_since, was.potential_level, was.potential_below_since,
       was.chance_since, was.pinned_by,
       was.number, (was.members IS DISTINCT FROM u.members)::int
  FROM unit AS u
  LEFT JOIN earned USING (unit_id)
  LEFT JOIN effort USING (unit_id)
  LEFT JOIN held USING (unit_id)
  LEFT JOIN counted USING (unit_id)
  LEFT JOIN flagged USING (unit_id)
  LEFT JOIN objected USING (unit_id)
  LEFT JOIN pinned USING (unit_id)
  LEFT JOIN care_class AS was ON was.agency_id = :agency AND was.unit_id = u.unit_id
"""
"""One row for each unit, in the order of ``FACTS`` and what the store adds."""

FURTHER_MEMBERS_OF_UNITS: Final = f"""
placed AS (
    SELECT *, row_number() OVER (PARTITION BY unit_id
                                 ORDER BY death_date IS NOT NULL, customer_id) AS place
      FROM member
)
SELECT unit_id, {_LIFE_OF_FURTHER} FROM placed WHERE place > 1
"""
"""The life situation of the second, third … member of each unit, the dead last."""
