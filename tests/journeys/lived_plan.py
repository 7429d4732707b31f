"""What a lived plan comes to: its highest weekly load beside the best one, and its promises."""

from datetime import date, timedelta

import polars as pl

from services.scheduler.domain.levelling import level, relaxed_optima, weekly_loads
from services.scheduler.domain.schemas import WORK
from services.scheduler.store import planning
from services.scheduler.usecases.planning_rules import (
    PlanRules,
    capacity_for,
    due_touchpoints,
    read_rules,
    work_of,
)
from tests.scheduler.builders import AGENCY, SchedulerSystem

LOADED = 0.3
"""Below this load planning leaves what stands as it is: a week holds one visit or none."""


async def peak_ratios(system: SchedulerSystem, *, freeze_working_days: int) -> dict[str, float]:
    """By person, the highest weekly load of the plan as it stands over the best one of this work.

    The best one is the linear relaxation or, where visits are too long for it, the same work
    levelled afresh. Weeks that have begun, and those within the freeze, are not judged.
    """
    async with system.resources.database.transaction(AGENCY) as transaction:
        rules = await read_rules(
            transaction,
            now=system.resources.clock.now(),
            freeze_working_days=freeze_working_days,
        )
        book = await planning.book_of(transaction, None, as_of=rules.as_of)
    work = work_of(rules, due_touchpoints(rules, book), book)
    frozen = rules.frozen_until
    monday = frozen + timedelta(days=7 - frozen.weekday())
    placed = _placed(work, book.standing, monday)
    room = capacity_for(rules, work).filter(pl.col("day") >= monday)
    ahead = _free_to_move(work, placed, monday)
    afresh = level(work=ahead, capacity=room, whole=_whole(rules, work, monday)).placed
    best, fresh, live = relaxed_optima(work=ahead, capacity=room), _peaks(afresh, room), {}
    for who, load in _peaks(placed, room).items():
        if load > LOADED:
            live[who] = load / max(best.get(who, 0.0), fresh.get(who, 0.0), 1e-9)
    return live


def _placed(work: pl.DataFrame, standing: pl.DataFrame, monday: date) -> pl.DataFrame:
    given = standing.filter(pl.col("day") >= monday)
    return work.drop("staff_id", "day").join(given, on="touchpoint_id").drop_nulls("staff_id")


def _free_to_move(work: pl.DataFrame, placed: pl.DataFrame, monday: date) -> pl.DataFrame:
    """The same work as if nothing stood, each with whoever does it now."""
    doers = placed.select("touchpoint_id", _doer="staff_id")
    return (
        work.join(doers, on="touchpoint_id")
        .with_columns(
            staff_id="_doer",
            earliest=pl.max_horizontal("earliest", pl.lit(monday)),
            day=pl.lit(None, dtype=pl.Date),
            standing_staff_id=pl.lit(None, dtype=pl.String),
            hold=pl.lit(0, dtype=pl.Int8),
            others=pl.lit(None, dtype=pl.List(pl.String)),
        )
        .select(list(WORK))
    )


def _whole(rules: PlanRules, work: pl.DataFrame, monday: date) -> pl.DataFrame:
    return capacity_for(rules, work, share=1.0).filter(pl.col("day") >= monday)


def _peaks(placed: pl.DataFrame, room: pl.DataFrame) -> dict[str, float]:
    loads = weekly_loads(placed=placed, capacity=room)
    return dict(loads.group_by("staff_id").agg(pl.col("load").max()).sort("staff_id").iter_rows())


REVIEWS_TOO_LATE = """
    WITH reviewed AS (
        SELECT customer.unit_id, min(customer.care_since) AS care_since,
               greatest(max(customer.last_review_on), max(touchpoint.ended_on)) AS last_on
          FROM customer LEFT JOIN touchpoint
                 ON touchpoint.agency_id = customer.agency_id
                AND touchpoint.unit_id = customer.unit_id  -- of a member who died since, too
                AND touchpoint.service = 'yearly_review' AND touchpoint.state = 'done'
         WHERE customer.status = 'active' AND customer.segment IN ('A', 'B')
           AND customer.death_date IS NULL AND customer.mandate = 'held'
         GROUP BY customer.unit_id),
    promised AS (
        SELECT unit_id, last_on, (CASE
               WHEN last_on IS NULL THEN care_since + interval '12 months'
               WHEN last_on + interval '12 months' < care_since
               THEN care_since + interval '6 months'
               ELSE last_on + interval '12 months' END)::date AS until
          FROM reviewed)
    SELECT promised.unit_id, last_on, until, next.day
      FROM promised LEFT JOIN LATERAL (
           SELECT min(coalesce(task.day, touchpoint.day)) AS day FROM touchpoint
             LEFT JOIN task ON task.agency_id = touchpoint.agency_id
                           AND task.touchpoint_id = touchpoint.touchpoint_id
            WHERE touchpoint.unit_id = promised.unit_id AND touchpoint.service = 'yearly_review'
              AND touchpoint.state IN ('planned', 'due')) AS next ON true
     WHERE next.day > until
        OR next.day IS NULL AND until < (SELECT day + interval '12 months' FROM agency)
"""
"""Units of A and B whose next review has no day within twelve months of the last one. Where none
is known, it comes within twelve months of our beginning; if it was overdue then, within six. One
that was held on the last day run has its next just beyond the horizon."""

HELD_TOO_LATE = """
    SELECT service, customer_id, due, ended_on FROM touchpoint
     WHERE purpose = 'service' AND state IN ('done', 'sent') AND ended_on > latest
       AND NOT latest BETWEEN '{idle_from}' AND '{idle_until}'
"""
"""Services that came after their window, unless it ended while nobody worked."""

DAYS_WITH_CONTACTS = """
    SELECT DISTINCT day FROM (
        SELECT day FROM task UNION ALL
        SELECT day FROM touchpoint WHERE minutes > 0 AND day IS NOT NULL AND state = 'planned'
    ) AS given ORDER BY day
"""

WITHOUT_ROOM = (
    "SELECT service, latest, reason FROM touchpoint WHERE state = 'planned' AND day IS NULL"
)
"""What found no day."""

BREACHED = """
    SELECT kind, opened_at FROM request WHERE breached_at IS NOT NULL
       AND NOT opened_at::date BETWEEN '{idle_from}' AND '{idle_until}'
"""
"""Answers that came too late, unless they were asked for while nobody worked."""

LAPSED = """
    SELECT service, state, reason, count(*) FROM touchpoint
     WHERE purpose = 'service' AND state IN ('suppressed', 'failed', 'discarded', 'cancelled')
       AND coalesce(reason, '') NOT IN ('no_longer_owed', 'deceased', 'erased', 'held_elsewhere')
     GROUP BY service, state, reason
"""
"""Services that ended for a reason that is ours."""
