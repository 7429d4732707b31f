"""People of the agency and their absences."""

from collections.abc import Sequence
from datetime import date

from shared.contracts.staff import Absence, Responsibilities, Staff, StaffDetails
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


async def list_staff(transaction: Transaction) -> list[Staff]:
    """Everybody, by id, with their absences."""
    rows = await transaction.execute("SELECT * FROM staff WHERE agency_id = :agency")
    away = await transaction.execute(
        "SELECT * FROM absence WHERE agency_id = :agency ORDER BY staff_id, first_day"
    )
    absences: dict[str, list[Absence]] = {}
    for each in away:
        absences.setdefault(each.staff_id, []).append(
            Absence(first_day=each.first_day, last_day=each.last_day, kind=each.kind)
        )
    people = [
        Staff(
            staff_id=row.staff_id,
            role=row.role,
            name=row.name,
            email=row.email,
            phone=row.phone,
            capacity=row.capacity,
            weekly_hours=row.weekly_hours,
            hourly_cents=row.hourly_cents,
            deputy=row.deputy,
            responsibilities=Responsibilities(lines=row.lines, requests=row.requests),
            absences=absences.get(row.staff_id, []),
            active=row.active,
        )
        for row in rows
    ]
    return sorted(people, key=lambda person: person.staff_id)


async def put_staff(transaction: Transaction, staff_id: StaffId, details: StaffDetails) -> bool:
    """Create or replace a person without absences; true where the person is new."""
    written = await transaction.execute(
        """
        INSERT INTO staff (agency_id, staff_id, role, name, email, phone, capacity, weekly_hours,
                           hourly_cents, deputy, lines, requests, active)
        VALUES (:agency, :staff_id, :role, :name, :email, :phone, :capacity, :weekly_hours,
                :hourly_cents, :deputy, CAST(:lines AS varchar[]), CAST(:requests AS varchar[]),
                :active)
        ON CONFLICT (agency_id, staff_id) DO UPDATE
           SET role = excluded.role, name = excluded.name, email = excluded.email,
               phone = excluded.phone, capacity = excluded.capacity,
               weekly_hours = excluded.weekly_hours, hourly_cents = excluded.hourly_cents,
               deputy = excluded.deputy, lines = excluded.lines, requests = excluded.requests,
               active = excluded.active
        RETURNING (xmax = 0) AS created
        """,
        {
            "staff_id": staff_id,
            "role": details.role,
            "name": details.name,
            "email": details.email,
            "phone": details.phone,
            "capacity": details.capacity,
            "weekly_hours": details.weekly_hours,
            "hourly_cents": details.hourly_cents,
            "deputy": details.deputy,
            "lines": details.responsibilities.lines,
            "requests": details.responsibilities.requests,
            "active": details.active,
        },
    )
    return bool(written.scalar_one())


async def replace_absences(
    transaction: Transaction, staff_id: StaffId, absences: Sequence[Absence]
) -> None:
    """Make these the person's absences; of several beginning on one day the longest counts."""
    await transaction.execute(
        "DELETE FROM absence WHERE agency_id = :agency AND staff_id = :staff_id",
        {"staff_id": staff_id},
    )
    for absence in absences:
        await add_absence(transaction, staff_id, absence)


async def add_absence(transaction: Transaction, staff_id: StaffId, absence: Absence) -> None:
    """Enter an absence; one that begins on the same day is replaced where it is shorter."""
    await transaction.execute(
        """
        INSERT INTO absence (agency_id, staff_id, first_day, last_day, kind)
        VALUES (:agency, :staff_id, :first_day, :last_day, :kind)
        ON CONFLICT (agency_id, staff_id, first_day) DO UPDATE
           SET last_day = greatest(absence.last_day, excluded.last_day), kind = excluded.kind
        """,
        {
            "staff_id": staff_id,
            "first_day": absence.first_day,
            "last_day": absence.last_day,
            "kind": absence.kind,
        },
    )


async def remove_absence(transaction: Transaction, staff_id: StaffId, first_day: date) -> bool:
    """Take the absence that begins on a day away; false where there is none."""
    gone = await transaction.execute(
        """
        DELETE FROM absence
         WHERE agency_id = :agency AND staff_id = :staff_id AND first_day = :first_day
        """,
        {"staff_id": staff_id, "first_day": first_day},
    )
    return bool(gone.rowcount)
