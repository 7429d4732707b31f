"""What a forecast reads: the work ahead with whose it is, the book by class, lines spoken of.

SQL text because each statement goes over the whole plan or book.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from services.scheduler.domain.schemas import AHEAD
from services.scheduler.store.carers import ACTING_CARERS
from services.scheduler.store.copy_frames import fetch_frame
from shared.db.database import Transaction


async def work_ahead(transaction: Transaction) -> pl.DataFrame:
    """Frame ``AHEAD``: personal contacts that are planned or are open tasks."""
    return await fetch_frame(transaction, _AHEAD, [transaction.agency], AHEAD)


async def customers_by_class(transaction: Transaction) -> dict[str, int]:
    """Active customers by class; those without one are not planned."""
    rows = await transaction.execute(
        "SELECT segment, count(*) AS customers FROM customer"
        " WHERE agency_id = :agency AND status = 'active' AND segment IS NOT NULL"
        " GROUP BY segment ORDER BY segment"
    )
    return {row.segment: row.customers for row in rows}


async def lines_spoken_of(transaction: Transaction) -> list[str]:
    """The lines of the customers' gaps."""
    rows = await transaction.execute(
        "SELECT DISTINCT gap.line FROM customer, jsonb_to_recordset(gaps) AS gap (line varchar)"
        " WHERE agency_id = :agency AND status = 'active' ORDER BY gap.line"
    )
    return list(rows.scalars())


# What is a task is the work of whoever has the task, for as long as the task says.
_AHEAD = f"""
    SELECT coalesce(task.staff_id, touchpoint.staff_id), carer.staff_id, coalesce(segment, 'C'),
           touchpoint.service, coalesce(task.minutes, touchpoint.minutes), due, touchpoint.day,
           CASE WHEN touchpoint.day IS NULL
                THEN coalesce(touchpoint.reason, 'no_room_in_window') END
      FROM touchpoint
      LEFT JOIN customer USING (agency_id, customer_id)
      LEFT JOIN {ACTING_CARERS} AS carer ON carer.agency_id = $1
                                        AND carer.unit_id = touchpoint.unit_id
      LEFT JOIN task ON task.agency_id = $1 AND task.task_id = touchpoint.touchpoint_id
                    AND task.state = 'open'
     WHERE touchpoint.agency_id = $1 AND touchpoint.state IN ('planned', 'due')
       AND coalesce(task.minutes, touchpoint.minutes) > 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one person did of one service, and what followed from it."""

    service: str
    staff_id: str | None
    touchpoints: int
    minutes: int
    won: int
    asked: int
    referred: int


async def held_since(transaction: Transaction, day: date, *, followed_days: int) -> list[Held]:
    """Services that are no duty and were held by a person after a day, with what followed; what
    was only sent took no hours."""
    rows = await transaction.execute(_HELD, {"day": day, "days": followed_days})
    return [Held(**row._mapping) for row in rows]


_HELD = """
    SELECT touchpoint.service, coalesce(task.staff_id, touchpoint.staff_id) AS staff_id,
           count(*) AS touchpoints,
           coalesce(sum(CASE WHEN task.state = 'done' THEN task.minutes_spent END), 0)::bigint
               AS minutes,
           count(*) FILTER (WHERE task.result = 'won') AS won,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM request
                WHERE request.agency_id = :agency AND request.customer_id = touchpoint.customer_id
                  AND request.opened_at::date BETWEEN touchpoint.ended_on
                                                  AND touchpoint.ended_on + CAST(:days AS integer)
           )) AS asked,
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM occasion
                WHERE occasion.agency_id = :agency AND occasion.because = 'referral.made'
                  AND occasion.customer_id = touchpoint.customer_id
                  AND occasion.day BETWEEN touchpoint.ended_on
                                       AND touchpoint.ended_on + CAST(:days AS integer)
           )) AS referred
      FROM touchpoint
      LEFT JOIN task ON task.agency_id = :agency AND task.task_id = touchpoint.touchpoint_id
     WHERE touchpoint.agency_id = :agency AND NOT touchpoint.duty
       AND touchpoint.state = 'done' AND touchpoint.ended_on > :day
     GROUP BY 1, 2 ORDER BY 1, 2
"""
