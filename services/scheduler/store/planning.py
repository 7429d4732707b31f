"""What planning reads, as the frames of the domain, and the plan that it writes.

Frames and touchpoints are SQL text, because they are set-based and go through COPY.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.scheduler.domain.schemas import (
    COMMITTED,
    CUSTOMERS,
    GAPS,
    HISTORY,
    OCCASIONS,
    RUNNING,
    TOUCHPOINTS,
    UNITS,
    VISITS,
)
from services.scheduler.store.appointments import HOLDS
from services.scheduler.store.carers import ACTING_CARERS
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.copy_frames import copy_into, fetch_frame
from services.scheduler.store.dispatches import MESSAGE
from services.scheduler.store.held_history import HELD_HISTORY
from services.scheduler.store.touchpoint_tables import PlanTable, TouchpointTable
from shared.db.column_types import column_type
from shared.db.database import Transaction

PRESENT_DAYS = pl.Schema({"touchpoint_id": pl.String, "day": pl.Date, "staff_id": pl.String})

PROMISE_KEPT = """
    (purpose = 'service' AND state = 'planned'
     AND EXISTS (SELECT FROM customer AS objecting
                  WHERE objecting.agency_id = touchpoint.agency_id
                    AND objecting.unit_id = touchpoint.unit_id AND objecting.profiling_objected)
     AND NOT EXISTS (SELECT FROM touchpoint AS sooner
                      WHERE sooner.agency_id = touchpoint.agency_id
                        AND sooner.customer_id = touchpoint.customer_id
                        AND sooner.service = touchpoint.service AND sooner.state = 'planned'
                        AND sooner.earliest < touchpoint.earliest))
"""
"""A promise made before an objection to profiling. The objection lowers the customer to the base
service, but what was promised before stays until its next date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFrames:
    """Customers, what ended, gaps and occasions of some units or of all; ``running`` are the last
    days of what is overdue, ``standing`` the days and people given before (no day: no room was
    found), ``promised`` the minutes of each person and day that are taken already, ``visits`` where
    somebody drives anyway."""

    customers: pl.DataFrame
    history: pl.DataFrame
    gaps: pl.DataFrame
    occasions: pl.DataFrame
    running: pl.DataFrame
    standing: pl.DataFrame
    promised: pl.DataFrame
    visits: pl.DataFrame


async def plan_version(transaction: Transaction) -> int:
    """The present version; a writer must name the version it read."""
    await transaction.execute(
        insert(PlanTable).values(agency_id=transaction.agency, version=0).on_conflict_do_nothing()
    )
    found = await transaction.exec(
        select(PlanTable.version).where(PlanTable.agency_id == transaction.agency)
    )
    return found.one()


async def outdate_plan(transaction: Transaction) -> None:
    """A running planner has stale data; move the version so that it starts over."""
    await transaction.execute(
        insert(PlanTable)
        .values(agency_id=transaction.agency, version=1)
        .on_conflict_do_update(
            index_elements=["agency_id"], set_={"version": col(PlanTable.version) + 1}
        )
    )


async def care_units(transaction: Transaction, *, as_of: date) -> pl.DataFrame:
    """Frame ``UNITS``: every unit that can be planned.

    No unit is in care while the agency is moving in: carers are given by rank until it opens.
    """
    return await fetch_frame(transaction, _UNITS, [transaction.agency, as_of], UNITS)


async def every_unit_but(transaction: Transaction, left_out: Collection[str]) -> list[str]:
    """All units with customers or with something planned, without these."""
    found = await transaction.execute(
        """
        SELECT unit_id FROM customer WHERE agency_id = :agency
         UNION SELECT unit_id FROM touchpoint WHERE agency_id = :agency AND left_on IS NULL
        EXCEPT SELECT unnest(CAST(:left_out AS varchar[])) ORDER BY 1
        """,
        {"left_out": sorted(left_out)},
    )
    return list(found.scalars())


async def book_of(
    transaction: Transaction, units: Sequence[str] | None, *, as_of: date
) -> BookFrames:
    """What planning reads of these units; None means all."""
    agency, some = transaction.agency, None if units is None else list(units)
    frames = [
        await fetch_frame(transaction, query, [agency, some, *more], schema)
        for query, schema, more in (
            (_CUSTOMERS, CUSTOMERS, [as_of]),
            (HELD_HISTORY, HISTORY, []),
            (_GAPS, GAPS, [as_of]),
            (_OCCASIONS, OCCASIONS, []),
            (_RUNNING, RUNNING, [as_of]),
            (_PRESENT_DAYS, PRESENT_DAYS, []),
            (PROMISED, COMMITTED, [as_of]),
            (_VISITS, VISITS, [as_of]),
        )
    ]
    customers, history, gaps, occasions, running, standing, promised, visits = frames
    return BookFrames(
        customers=customers,
        history=history,
        gaps=gaps,
        occasions=occasions,
        running=running,
        standing=standing,
        promised=promised,
        visits=visits,
    )


async def planned_customers(
    transaction: Transaction, units: Sequence[str], *, as_of: date
) -> pl.DataFrame:
    """Frame ``CUSTOMERS``: those of these units who are planned."""
    return await fetch_frame(
        transaction, _CUSTOMERS, [transaction.agency, list(units), as_of], CUSTOMERS
    )


async def planned_size(transaction: Transaction) -> int:
    """How many customers are planned."""
    found = await transaction.execute(
        f"SELECT count(*) FROM customer WHERE agency_id = :agency AND {_PLANNED}"
    )
    return int(found.scalar_one())


async def every_nth_unit(transaction: Transaction, *, nth: int) -> list[str]:
    """A part of the planned units, spread evenly over their ids."""
    found = await transaction.execute(
        f"""
        SELECT unit_id FROM (
            SELECT unit_id, row_number() OVER (ORDER BY unit_id) AS number
              FROM (SELECT DISTINCT unit_id FROM customer
                     WHERE agency_id = :agency AND {_PLANNED}) AS unit
        ) AS numbered WHERE number % :nth = 0 ORDER BY unit_id
        """,
        {"nth": nth},
    )
    return list(found.scalars())


# Customers whose class or facts are unknown are not planned, because a guess would be sent.
_PLANNED = "customer.status = 'active' AND segment IS NOT NULL AND facts_at IS NOT NULL"

_UNITS = f"""
    SELECT unit_id, count(*), (array_agg(segment ORDER BY customer_id))[1],
           coalesce(max(margin_cents), 0), max(carer.pinned_staff_id), max(carer.staff_id),
           (coalesce(bool_or(care_since < $2::date OR carer.begun_at <= agency.opened_at), false)
             AND bool_and(agency.opened_at IS NOT NULL))
             OR coalesce(bool_or(lower(told_carer) = lower(carer.staff_id)), false)
      FROM customer LEFT JOIN carer USING (agency_id, unit_id) JOIN agency USING (agency_id)
     WHERE agency_id = $1 AND {_PLANNED}
     GROUP BY unit_id ORDER BY unit_id
"""
_CUSTOMERS = f"""
    SELECT customer_id, unit_id, carer.staff_id, kind, segment, service_level, development,
           potential_assumed, mandate, mandate_ends_on, birth_date, death_date, customer_since,
           coalesce(care_since, $3::date), phone_consent, letter_consent, email_known,
           advertising_objected, visit_area
      FROM customer LEFT JOIN {ACTING_CARERS} AS carer USING (agency_id, unit_id)
     WHERE agency_id = $1 AND {_PLANNED} AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
     ORDER BY customer_id
"""
# Windows that end with the due day are none of these: their contacts are not overdue yet.
_RUNNING = """
    SELECT touchpoint_id, latest FROM touchpoint
     WHERE agency_id = $1 AND state = 'planned' AND minutes > 0 AND left_on IS NULL
       AND due <= $3::date AND latest > due
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
_GAPS = """
    SELECT customer.customer_id, gap.line, max(gap.expected_cents)
      FROM customer, jsonb_to_recordset(gaps) AS gap (line varchar, expected_cents bigint)
     WHERE agency_id = $1 AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
       AND NOT EXISTS (SELECT FROM rested_gap AS rested
                        WHERE rested.agency_id = $1 AND rested.line = gap.line
                          AND rested.customer_id = customer.customer_id
                          AND (rested.won OR rested.until > $3::date))
     GROUP BY customer.customer_id, gap.line
"""
_OCCASIONS = """
    SELECT customer_id, service, occurrence, day, because, subject
      FROM occasion JOIN customer USING (agency_id, customer_id)
     WHERE agency_id = $1 AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
_PRESENT_DAYS = f"""
    SELECT touchpoint_id, day, staff_id FROM touchpoint
     WHERE agency_id = $1 AND state = 'planned' AND minutes > 0 AND left_on IS NULL
       AND NOT {HOLDS}
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
# Minutes already committed: open tasks (on the first day if left over from before), touchpoints of
# units that are not planned now, what appointments hold, and kept promises. The last may count
# twice if the present class promises the same; we accept the slack.
PROMISED = f"""
    SELECT staff_id, day, sum(minutes) FROM (
        SELECT staff_id, greatest(day, $3::date) AS day, minutes FROM task
         WHERE agency_id = $1 AND state = 'open'
        UNION ALL
        SELECT staff_id, greatest(day, $3::date), minutes FROM touchpoint
         WHERE agency_id = $1 AND state = 'planned' AND minutes > 0 AND day IS NOT NULL
           AND ($2::varchar[] IS NOT NULL AND NOT unit_id = ANY($2::varchar[])
                OR {HOLDS} OR {PROMISE_KEPT})
           AND staff_id IS NOT NULL
    ) AS promised GROUP BY staff_id, day
"""

# Visits that are tasks, and those of units that are not planned now.
_VISITS = """
    SELECT coalesce(task.staff_id, touchpoint.staff_id), greatest(touchpoint.day, $3::date),
           visit_area
      FROM touchpoint
      JOIN customer USING (agency_id, customer_id)
      LEFT JOIN task ON task.agency_id = $1 AND task.task_id = touchpoint.touchpoint_id
                    AND task.state = 'open'
     WHERE touchpoint.agency_id = $1 AND touchpoint.channel = 'visit'
       AND touchpoint.state IN ('planned', 'due') AND touchpoint.day IS NOT NULL
       AND touchpoint.minutes > 0 AND visit_area IS NOT NULL
       AND coalesce(task.staff_id, touchpoint.staff_id) IS NOT NULL
       AND (touchpoint.left_on IS NOT NULL
            OR $2::varchar[] IS NOT NULL AND NOT touchpoint.unit_id = ANY($2::varchar[]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """The plan as it was last written."""

    version: int
    as_of: date | None
    catalogue_version: int | None
    planned_at: datetime | None


async def plan_state(transaction: Transaction) -> PlanState | None:
    """The plan's version; None before the first plan."""
    found = await transaction.exec(
        select(PlanTable).where(PlanTable.agency_id == transaction.agency)
    )
    row = found.one_or_none()
    return None if row is None else PlanState(**row.model_dump(exclude={"agency_id"}))


async def claim_version(
    transaction: Transaction, *, read: int, as_of: date, catalogue_version: int, now: datetime
) -> bool:
    """Take the next version; false if the plan was written or outdated since it was read."""
    moved = await transaction.execute(
        update(PlanTable)
        .where(
            col(PlanTable.agency_id) == transaction.agency,
            col(PlanTable.version) == read,
        )
        .values(version=read + 1, as_of=as_of, catalogue_version=catalogue_version, planned_at=now)
    )
    return moved.rowcount == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many touchpoints are new or changed, and how many were taken back."""

    changed: int
    taken_back: int


async def save_touchpoints(
    transaction: Transaction,
    touchpoints: pl.DataFrame,
    *,
    units: Sequence[str] | None,
    as_of: date,
) -> Written:
    """Write what differs and cancel what is no longer due, in these units or in all.

    Touchpoints that left the plan as a message or a task are never changed. Those planned for a day
    that has passed stay, because they are still to be handed over. So does what is owed and found
    no day until its window was over; advertising ends with the reason why.
    """
    await transaction.execute(_CREATE_WANTED)
    await copy_into(transaction, "wanted_touchpoint", touchpoints.select(list(TOUCHPOINTS)))
    changed = await transaction.execute(_UPSERT)
    gone = await transaction.execute(
        _TAKE_BACK, {"units": None if units is None else list(units), "as_of": as_of}
    )
    written = Written(changed=changed.rowcount, taken_back=gone.rowcount)
    await transaction.execute("DROP TABLE wanted_touchpoint")
    if written.changed or written.taken_back:
        transaction.ring(PUBLISH_CHANGES)
    return written


_COLUMNS = list(TOUCHPOINTS)


_COMPARED = [name for name in _COLUMNS if name != "touchpoint_id"]


_CREATE_WANTED = f"""
    CREATE TEMPORARY TABLE wanted_touchpoint (
        {", ".join(f"{name} {column_type(TouchpointTable, name)}" for name in _COLUMNS)}
    ) ON COMMIT DROP
"""


_UPSERT = f"""
    WITH changed AS (
        INSERT INTO touchpoint AS old (agency_id, {", ".join(_COLUMNS)})
        SELECT CAST(:agency AS varchar), {", ".join(_COLUMNS)} FROM wanted_touchpoint
        ON CONFLICT (agency_id, touchpoint_id) DO UPDATE
           SET {", ".join(f"{name} = excluded.{name}" for name in _COMPARED)}, ended_on = NULL,
               since = CASE WHEN old.state = excluded.state THEN old.since ELSE now() END
         WHERE old.left_on IS NULL AND ({", ".join(f"old.{name}" for name in _COMPARED)})
               IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _COMPARED)})
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""


# A window that ended while no day was run: the next run gives these a desk.
_STILL_OWED = f"""
    (purpose = 'service' AND NOT {MESSAGE}
     AND EXISTS (SELECT FROM customer WHERE customer.agency_id = touchpoint.agency_id
                    AND customer.customer_id = touchpoint.customer_id
                    AND customer.status = 'active'))
"""


_TAKE_BACK = f"""
    WITH changed AS (
        UPDATE touchpoint
           SET state = 'cancelled', since = now(), ended_on = :as_of,
               reason = CASE WHEN day IS NULL AND state = 'planned' AND latest < :as_of
                             THEN coalesce(reason, 'no_room_in_window') ELSE 'no_longer_owed' END
         WHERE agency_id = :agency AND left_on IS NULL AND state IN ('planned', 'suppressed')
           AND (coalesce(day, latest) >= :as_of
                OR (day IS NULL AND state = 'planned' AND NOT {_STILL_OWED}))
           AND (CAST(:units AS varchar[]) IS NULL OR unit_id = ANY(CAST(:units AS varchar[])))
           AND NOT EXISTS (SELECT FROM wanted_touchpoint AS wanted
                            WHERE wanted.touchpoint_id = touchpoint.touchpoint_id)
           AND NOT {PROMISE_KEPT} AND NOT {HOLDS}
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
