"""How visits lie beside the other visits of their person and day."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from services.scheduler.domain.travel import VISIT, travel_word
from shared.contracts.plans import TravelWord
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


async def travel_words(
    transaction: Transaction, touchpoint_ids: Iterable[UUID]
) -> dict[UUID, TravelWord]:
    """The word of each of these that is a visit ahead with a person and a day.

    SQL text because one set-based statement finds the neighbours of a whole page.
    """
    rows = await transaction.execute(_NEIGHBOURS, {"ids": sorted(touchpoint_ids), "channel": VISIT})
    return {row.touchpoint_id: travel_word(row.area, row.others or ()) for row in rows}


async def visits_between(
    transaction: Transaction, first: date, last: date, *, but: UUID
) -> dict[tuple[StaffId, date], list[str]]:
    """The areas of the visits of each person and day, without one; an unknown area is empty.

    SQL text for the same reason.
    """
    rows = await transaction.execute(
        f"SELECT staff_id, day, coalesce(area, '') AS area FROM ({_VISITS}"
        " AND touchpoint.day BETWEEN :first AND :last AND touchpoint.touchpoint_id <> :but)"
        " AS visit WHERE staff_id IS NOT NULL",
        {"first": first, "last": last, "but": but, "channel": VISIT},
    )
    found: dict[tuple[StaffId, date], list[str]] = {}
    for row in rows:
        found.setdefault((row.staff_id, row.day), []).append(row.area)
    return found


# A visit that is a task belongs to whoever has the task.
_VISITS = """
        SELECT touchpoint.touchpoint_id, coalesce(task.staff_id, touchpoint.staff_id) AS staff_id,
               touchpoint.day, visit_area AS area
          FROM touchpoint
          LEFT JOIN customer USING (agency_id, customer_id)
          LEFT JOIN task ON task.agency_id = :agency AND task.task_id = touchpoint.touchpoint_id
                        AND task.state = 'open'
         WHERE touchpoint.agency_id = :agency AND touchpoint.channel = :channel
           AND touchpoint.state IN ('planned', 'due') AND touchpoint.minutes > 0
"""
_NEIGHBOURS = f"""
    WITH visit AS (
        {_VISITS}
           AND touchpoint.day IN (SELECT day FROM touchpoint
                                   WHERE agency_id = :agency
                                     AND touchpoint_id = ANY(CAST(:ids AS uuid[])))
    )
    SELECT own.touchpoint_id, own.area,
           array_agg(coalesce(other.area, '')) FILTER (WHERE other.staff_id IS NOT NULL) AS others
      FROM visit AS own
      LEFT JOIN visit AS other ON other.staff_id = own.staff_id AND other.day = own.day
                              AND other.touchpoint_id <> own.touchpoint_id
     WHERE own.touchpoint_id = ANY(CAST(:ids AS uuid[])) AND own.staff_id IS NOT NULL
     GROUP BY own.touchpoint_id, own.area
"""
