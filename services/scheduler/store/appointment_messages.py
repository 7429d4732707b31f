"""Hours that customers are still to be told of.

SQL text because one statement asks three questions of two other tables, and the sweep asks them of
all agencies.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlmodel import col

from services.scheduler.domain.appointment_messages import HourMessage, HourToTell
from services.scheduler.domain.appointments import appointment_way
from services.scheduler.domain.subjects import AppointmentSubject
from services.scheduler.store.agencies import agencies_of
from services.scheduler.store.appointment_tables import AppointmentTable
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase

# The first condition repeats that of ix_appointment_to_tell, without which every hour is read.
_TO_TELL: Final = """
    tell AND appointment.state IN ('agreed', 'confirmed', 'withdrawn')
    AND (told_sequence IS DISTINCT FROM sequence OR reminded_sequence IS DISTINCT FROM sequence)
    AND at > :now
    AND CASE WHEN appointment.state = 'withdrawn' THEN told_sequence < sequence
             WHEN told_sequence IS DISTINCT FROM sequence THEN true
             ELSE remind_at <= :now END
"""
_HOURS: Final = f"""
    SELECT touchpoint_id, touchpoint.customer_id, touchpoint.channel, appointment.staff_id, at,
           appointment.minutes, place, sequence,
           CASE WHEN appointment.state = 'withdrawn' THEN 'cancelled'
                WHEN told_sequence IS DISTINCT FROM sequence THEN 'confirmation'
                ELSE 'reminder' END AS message,
           coalesce(email_known, true) AS by_email
      FROM appointment
      JOIN touchpoint USING (agency_id, touchpoint_id)
      LEFT JOIN customer ON customer.agency_id = :agency
                        AND customer.customer_id = touchpoint.customer_id
     WHERE appointment.agency_id = :agency AND {_TO_TELL}
     ORDER BY touchpoint_id
     LIMIT :limit
"""


async def hours_to_tell(
    transaction: Transaction, *, now: datetime, limit: int
) -> Sequence[HourToTell]:
    """Hours to come whose customers do not know yet that they stand, are near or are off."""
    rows = await transaction.execute(_HOURS, {"now": now, "limit": limit})
    return [_hour(row) for row in rows]


async def agencies_with_hours_to_tell(sweep: SweepDatabase, *, now: datetime) -> Sequence[AgencyId]:
    """Agencies with such hours."""
    return await agencies_of(
        sweep, f"SELECT DISTINCT agency_id FROM appointment WHERE {_TO_TELL}", {"now": now}
    )


async def note_told(
    transaction: Transaction,
    touchpoint_id: UUID,
    *,
    sequence: int,
    message: HourMessage,
    remind_at: datetime | None,
) -> None:
    """Note what a customer was told. An hour that was changed meanwhile keeps its higher sequence,
    so it is told as well."""
    reminded = message == "reminder" or remind_at is None
    values: dict[str, Any] = {"told_sequence": sequence, "changed_at": func.now()}
    if reminded:
        values["reminded_sequence"] = sequence
    if message == "confirmation":
        values["remind_at"] = remind_at
    kept = AppointmentTable
    await transaction.execute(
        update(kept)
        .where(
            col(kept.agency_id) == transaction.agency,
            col(kept.touchpoint_id) == touchpoint_id,
            or_(col(kept.told_sequence).is_(None), col(kept.told_sequence) <= sequence),
        )
        .values(**values)
    )


def _hour(row: Any) -> HourToTell:
    return HourToTell(
        touchpoint_id=row.touchpoint_id,
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        message=row.message,
        subject=AppointmentSubject(
            at=row.at,
            appointment=str(row.touchpoint_id),
            way=appointment_way(row.channel),
            minutes=row.minutes,
            sequence=row.sequence,
            place=row.place,
        ),
        by_email=row.by_email,
    )
