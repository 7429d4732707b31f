"""The floor of ``bench.classify``: one plain SQL statement that computes and updates the class.

Written from the default policy and the line table as somebody would who wanted the class and
nothing else: no reasons, no history, no feed, no effort, counts or stability. It runs on the same
server, in the same role, under the same row-level security.
"""

from typing import Final

from bench.book import AGENCY, AS_OF
from services.classifier.domain.money import LATE_STATEMENT_DAYS, Window, exact, round_half_up
from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from services.classifier.domain.potential import active_needs, conditions_of
from shared.contracts.lines import (
    BIT_OF_LINE,
    BY_KEY,
    GDV_WITHOUT_NATURAL_HAZARDS,
    cover_mask,
    mask_of,
)
from shared.contracts.policies import AmountThreshold, Policy, Range

TABLE: Final = """
CREATE TABLE floor_class (
    agency_id varchar NOT NULL,
    unit_id varchar NOT NULL,
    class varchar,
    PRIMARY KEY (agency_id, unit_id)
)
"""


def update_classes(policy: Policy) -> str:
    """The statement, for policies of four classes with fixed amounts."""
    revenue, potential = policy.revenue.threshold, policy.potential.threshold
    assert policy.model == "revenue_potential"
    assert isinstance(revenue, AmountThreshold)
    assert isinstance(potential, AmountThreshold)
    return f"""
WITH line (line, mask, rate) AS (VALUES {_lines()}),
earned AS (
    SELECT unit_id, floor(sum(cents) + 0.5) AS cents FROM ({_bookings(policy)}) AS part
     GROUP BY unit_id
),
held AS (
    SELECT customer.unit_id, bit_or(mask) AS covered,
           coalesce(bit_or(mask) FILTER (WHERE open AND NOT held_elsewhere), 0)
           & ~coalesce(bit_or(mask) FILTER (WHERE NOT open), 0) AS incomplete
      FROM contract JOIN customer USING (agency_id, customer_id) JOIN line USING (line)
     CROSS JOIN LATERAL (SELECT coalesce(gdv_line IN ({_without_hazards()}), false)) AS o (open)
     WHERE agency_id = '{AGENCY}' AND contract.status = 'active' AND customer.status = 'active'
     GROUP BY customer.unit_id
),
life AS (
    SELECT unit_id, bool_or(kind = 'company') AS company, bool_and({_UNKNOWN}) AS unknown,
           {_raised(policy)}
      FROM (SELECT *, extract(year FROM age(date '{AS_OF}', birth_date))::int AS age
              FROM customer WHERE agency_id = '{AGENCY}' AND status = 'active') AS member
     GROUP BY unit_id
),
valued AS (
    SELECT unit_id, coalesce(earned.cents, 0) >= {revenue.cents} AS earns,
           {_potential(policy)} >= {potential.cents} AS promises
      FROM life LEFT JOIN earned USING (unit_id) LEFT JOIN held USING (unit_id)
     CROSS JOIN LATERAL (SELECT coalesce(held.covered, 0),
                                coalesce(held.incomplete, 0)) AS has (covered, incomplete)
)
UPDATE floor_class SET class = now.class
  FROM (SELECT unit_id, CASE WHEN earns THEN CASE WHEN promises THEN 'A' ELSE 'B' END
                             WHEN promises THEN 'O' ELSE 'C' END AS class FROM valued) AS now
 WHERE floor_class.agency_id = '{AGENCY}' AND floor_class.unit_id = now.unit_id
   AND floor_class.class IS DISTINCT FROM now.class
"""


_UNKNOWN: Final = (
    "coalesce(birth_date::text, nullif(household, 'unknown'), children::text,"
    " nullif(home, 'unknown'), nullif(employment, 'unknown'), vehicles::text, pets::text,"
    " industry, employees::text) IS NULL"
)


def _lines() -> str:
    return ", ".join(
        f"('{key}', {1 << bit}::bigint, {BY_KEY[key].rate_bp} / 10000.0::float8)"
        for key, bit in BIT_OF_LINE.items()
    )


def _without_hazards() -> str:
    return ", ".join(f"'{code}'" for code in sorted(GDV_WITHOUT_NATURAL_HAZARDS))


def _bookings(policy: Policy) -> str:
    """The part of each booking inside the window, and the estimate of uncovered days."""
    window, months = Window.ending(AS_OF), policy.earning_months
    longest = max(12, *months.model_dump().values())
    return f"""
    SELECT customer.unit_id,
           amount_cents * greatest(0, least(until, date '{AS_OF}' + 1)
                                      - greatest(booked_on, date '{window.after}' + 1))::float8
           / (until - booked_on) AS cents
      FROM commission JOIN customer USING (agency_id, customer_id)
      LEFT JOIN contract USING (agency_id, customer_id, contract_id)
     CROSS JOIN LATERAL (SELECT {_until(policy)}) AS e (until)
     WHERE agency_id = '{AGENCY}' AND customer.status = 'active'
       AND booked_on <= date '{AS_OF}'
       AND booked_on > date '{window.after}' - interval '{longest} months'
    UNION ALL
    SELECT unit_id, yearly * days / {(window.last - window.after).days}
      FROM (SELECT customer.unit_id, coalesce(contract.starts_on, '-infinity') AS starts_on,
                   premium_cents * instalments_per_year * coalesce(commission_rate, line.rate)
                       AS yearly,
                   (SELECT range_agg(daterange(booked_on, {_until(policy)}))
                      FROM commission
                     WHERE agency_id = '{AGENCY}' AND booked_on <= date '{AS_OF}'
                       AND customer_id = contract.customer_id
                       AND contract_id = contract.contract_id) AS covered
              FROM contract JOIN customer USING (agency_id, customer_id) JOIN line USING (line)
             WHERE agency_id = '{AGENCY}' AND contract.status = 'active'
               AND customer.status = 'active' AND NOT held_elsewhere
               AND premium_cents > 0 AND instalments_per_year > 0) AS expected
     CROSS JOIN LATERAL (
           SELECT count(*) AS days FROM generate_series(1, {(window.last - window.after).days}) AS n
            CROSS JOIN LATERAL (SELECT date '{window.after}' + n) AS day (day)
            WHERE day >= starts_on AND NOT coalesce(covered @> day, false)
              AND day < coalesce(upper(covered) + {LATE_STATEMENT_DAYS}, 'infinity')) AS uncovered
     WHERE covered IS NULL OR NOT covered @> daterange(date '{window.after}' + 1,
                                                       date '{AS_OF}' + 1)"""


def _until(policy: Policy) -> str:
    """The day after the period of a booking."""
    months = policy.earning_months
    return f"""(booked_on + interval '1 month' * CASE commission.kind
            WHEN 'renewal' THEN greatest(1, 12 / coalesce(nullif(instalments_per_year, 0), 1))
            WHEN 'initial' THEN {months.initial} WHEN 'increase' THEN {months.increase}
            WHEN 'clawback' THEN {months.clawback} ELSE {months.other} END)::date"""


def _raised(policy: Policy) -> str:
    """One column for each need: whether some member's life raises it."""
    columns = []
    for need in active_needs(policy):
        conditions = [
            _met(field, condition)
            for field, condition in conditions_of(policy.needs[need.place]).items()
        ]
        met = " AND ".join(conditions) or "true"
        columns.append(f"coalesce(bool_or({met}), false) AS need_{need.place}")
    return ",\n           ".join(columns)


def _met(field: str, condition: Range | list[int] | list[str]) -> str:
    if isinstance(condition, Range):
        bounds = (("<=", condition.max), (">=", condition.min))
        return " AND ".join(f"{field} {sign} {edge}" for sign, edge in bounds if edge is not None)
    values = ", ".join(f"'{value}'" for value in condition)
    return f"pets && ARRAY[{values}]::varchar[]" if field == "pets" else f"{field} IN ({values})"


def _potential(policy: Policy) -> str:
    """The values of open needs, or what an unknown life lacks on average."""
    terms, expected = [], dict[str, int]()
    earlier: dict[tuple[str, str], list[str]] = {}
    for need in active_needs(policy):
        raised = [f"need_{need.place}"]
        raised += [f"NOT {other}" for other in earlier.get((need.line, need.kind), [])]
        earlier.setdefault((need.line, need.kind), []).append(f"need_{need.place}")
        if need.kind == "missing":
            expected.setdefault(need.line, need.expected_cents)
            raised.append(f"has.covered & {cover_mask(need.line)} = 0")
        else:
            raised.append(f"has.incomplete & {mask_of(need.line)} <> 0")
        if need.value_cents:
            terms.append(f"CASE WHEN {' AND '.join(raised)} THEN {need.value_cents} ELSE 0 END")
    assumed = {True: [], False: []}  # type: dict[bool, list[str]]
    for company, coverage in ((True, BUSINESS_COVERAGE), (False, PRIVATE_COVERAGE)):
        for line, rate in coverage.items():
            value = round_half_up(expected.get(line, 0) * exact(rate))
            is_open = f"has.covered & {cover_mask(line)} = 0"
            assumed[company].append(f"CASE WHEN {is_open} THEN {value} ELSE 0 END")
    return f"""({" + ".join(terms)}
           + CASE WHEN NOT unknown THEN 0 WHEN company THEN {" + ".join(assumed[True])}
                  ELSE {" + ".join(assumed[False])} END)"""
