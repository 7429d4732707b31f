"""What somebody could do now: open tasks, and planned contacts whose window has begun."""

from datetime import date
from typing import Final

import polars as pl

from services.scheduler.store.copy_frames import fetch_frame
from services.scheduler.store.dispatches import MESSAGE
from services.scheduler.store.permissions import CONTACTS
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction

CANDIDATES_AT_MOST: Final = 2_000
"""The nearest deadlines first; nobody has as much work whose time has come."""

_IN_THE_PLAN: Final = pl.Schema(
    {
        "touchpoint_id": pl.String,  # null: the answer to a request
        "open_task": pl.Boolean,  # false: it is only planned
        "duty": pl.Boolean,
        "priority": pl.Int8,  # null of requests
        "because": pl.String,
        "deadline": pl.Date,
        "day": pl.Date,  # null: no day has room
        "fixed": pl.Boolean,  # a person gave it another day
    }
)
CANDIDATES: Final = pl.Schema([*CONTACTS.items(), *_IN_THE_PLAN.items()])
"""Contacts (``task_id`` is the id of the task that there is or will be) with their place in the
plan."""


async def candidates_of(
    transaction: Transaction, staff_id: StaffId, *, day: date, time_zone: str, moving_in: bool
) -> pl.DataFrame:
    """Frame ``CANDIDATES`` of one person as of a day; advertising waits while moving in.

    SQL text because it reads a frame by COPY.
    """
    values = [transaction.agency, staff_id, day, time_zone, moving_in]
    return await fetch_frame(transaction, _CANDIDATES, values, CANDIDATES)


_OF_CUSTOMER = """
    segment, service_level, customer.status, mandate, mandate_ends_on, kind, birth_date, death_date,
    phone_consent, letter_consent, email_known, advertising_objected
"""
_CANDIDATES = f"""
    SELECT * FROM (
        SELECT task_id::varchar, task.customer_id, task.service,
               coalesce(touchpoint.purpose, 'service'), task.channel, task.minutes, {_OF_CUSTOMER},
               touchpoint.touchpoint_id::varchar, true, coalesce(touchpoint.duty, false),
               touchpoint.priority, task.because,
               coalesce((task.deadline AT TIME ZONE $4)::date, task.due_on) AS last_day, task.day,
               false
          FROM task
          LEFT JOIN touchpoint ON touchpoint.agency_id = $1
                              AND touchpoint.touchpoint_id = task.touchpoint_id
          LEFT JOIN customer ON customer.agency_id = $1 AND customer.customer_id = task.customer_id
         WHERE task.agency_id = $1 AND task.staff_id = $2 AND task.state = 'open'
        UNION ALL
        SELECT touchpoint_id::varchar, touchpoint.customer_id, touchpoint.service, purpose, channel,
               minutes, {_OF_CUSTOMER}, touchpoint_id::varchar, false, duty, priority, because,
               latest, day,
               EXISTS (SELECT FROM pin WHERE pin.agency_id = $1 AND broken_because IS NULL
                          AND pin.touchpoint_id = touchpoint.touchpoint_id AND pin.day <> $3::date)
          FROM touchpoint JOIN customer USING (agency_id, customer_id)
         WHERE agency_id = $1 AND staff_id = $2 AND state = 'planned' AND left_on IS NULL
           AND earliest <= $3::date AND latest >= $3::date AND NOT {MESSAGE}
           AND (purpose = 'service' OR NOT $5::boolean)
    ) AS work ORDER BY last_day, task_id LIMIT {CANDIDATES_AT_MOST}
"""
