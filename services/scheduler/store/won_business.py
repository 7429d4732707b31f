"""Won business whose contract has not arrived: its carer is asked what became of it."""

from datetime import date
from typing import Final

from services.scheduler.domain.services import DEVELOPMENT
from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY
from shared.db.database import Transaction

ASKED_MINUTES: Final = 5
"""Minutes to look up what became of an application."""
WON_NOT_ARRIVED: Final = "won_not_arrived"
"""What raised the task that asks."""


async def ask_for_won_business(transaction: Transaction, day: date, *, again_on: date) -> None:
    """Open a task for each gap that was won, whose rest is over and that is still open.

    The gap rests on, and is asked for again on ``again_on`` unless the answer says otherwise. A gap
    that is closed has its contract: its rest ends. SQL text because each statement is set-based.
    """
    await transaction.execute(_ARRIVED, {"day": day})
    await transaction.execute(
        _ASK,
        {
            "day": day,
            "again_on": again_on,
            "service": DEVELOPMENT,
            "because": WON_NOT_ARRIVED,
            "minutes": ASKED_MINUTES,
            "importance": IMPORTANCE_OF_PRIORITY[1],
        },
    )


_STILL_OPEN = "gaps @> jsonb_build_array(jsonb_build_object('line', rested_gap.line))"
_ARRIVED = f"""
    DELETE FROM rested_gap USING customer
     WHERE rested_gap.agency_id = :agency AND won AND until <= :day
       AND customer.agency_id = :agency AND customer.customer_id = rested_gap.customer_id
       AND NOT {_STILL_OPEN}
"""
_ASK = f"""
    WITH asked AS (
        UPDATE rested_gap SET until = :again_on FROM customer
         WHERE rested_gap.agency_id = :agency AND won AND until <= :day
           AND customer.agency_id = :agency AND customer.customer_id = rested_gap.customer_id
           AND status = 'active' AND death_date IS NULL AND mandate IS DISTINCT FROM 'ended'
           AND mandate_ends_on IS NULL
           AND {_STILL_OPEN}
        RETURNING rested_gap.customer_id, rested_gap.line, customer.unit_id
    ), owner AS (
        SELECT staff_id FROM staff WHERE agency_id = :agency AND active
         ORDER BY role <> 'owner', staff_id LIMIT 1
    )
    INSERT INTO task (agency_id, task_id, customer_id, service, channel, staff_id, day, due_on,
                      minutes, importance, state, because, subject)
    SELECT :agency, gen_random_uuid(), asked.customer_id, :service, 'phone',
           coalesce(person.staff_id, owner.staff_id), :day, :day, :minutes, :importance, 'open',
           :because, jsonb_build_object('line', asked.line)
      FROM asked CROSS JOIN owner
           LEFT JOIN carer ON carer.agency_id = :agency AND carer.unit_id = asked.unit_id
           LEFT JOIN staff AS person ON person.agency_id = :agency AND person.active
                                    AND person.staff_id = carer.staff_id
"""
