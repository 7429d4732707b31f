"""People of the agency and their absences."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, literal_column
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.scheduler.store.agency_tables import AbsenceTable, StaffTable
from shared.contracts.bounds import STORED
from shared.contracts.staff import Absence, Staff, StaffDetails
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


async def list_staff(transaction: Transaction) -> list[Staff]:
    """Everybody, by id, with their absences."""
    people = await transaction.exec(
        select(StaffTable).where(StaffTable.agency_id == transaction.agency)
    )
    away = await transaction.exec(
        select(AbsenceTable)
        .where(AbsenceTable.agency_id == transaction.agency)
        .order_by(col(AbsenceTable.first_day))
    )
    absences: dict[StaffId, list[Absence]] = {}
    for each in away:
        absence = Absence.model_validate(
            each.model_dump(exclude={"agency_id", "staff_id"}), context=STORED
        )
        absences.setdefault(each.staff_id, []).append(absence)
    found = [_person(row, absences.get(row.staff_id, [])) for row in people]
    return sorted(found, key=lambda person: person.staff_id)


async def lock_staff(transaction: Transaction) -> None:
    """Wait for our turn to change the staff: what was read to be compared must still be so when it
    is replaced. Only PostgreSQL has such locks."""
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('staff of ' || :agency, 0))"
    )


def _person(row: StaffTable, absences: list[Absence]) -> Staff:
    areas = {"lines": row.lines, "requests": row.requests}
    stored = {
        **row.model_dump(exclude={"agency_id", "lines", "requests"}),
        "responsibilities": areas,
        "absences": absences,
    }
    return Staff.model_validate(stored, context=STORED)


async def put_staff(transaction: Transaction, staff_id: StaffId, details: StaffDetails) -> bool:
    """Create or replace a person without absences; returns whether the person is new."""
    areas = details.responsibilities
    given = {
        **details.model_dump(exclude={"responsibilities", "absences"}),
        "lines": areas.lines,
        "requests": areas.requests,
        "blocks": [each.model_dump() for each in details.blocks],
    }
    written = await transaction.execute(
        insert(StaffTable)
        .values(agency_id=transaction.agency, staff_id=staff_id, **given)
        .on_conflict_do_update(index_elements=["agency_id", "staff_id"], set_=given)
        .returning(literal_column("xmax = 0"))
    )
    return bool(written.scalar_one())


async def replace_absences(
    transaction: Transaction, staff_id: StaffId, absences: Sequence[Absence]
) -> None:
    """Make these the person's absences; of several that begin on one day the longest counts."""
    await transaction.execute(
        delete(AbsenceTable).where(
            col(AbsenceTable.agency_id) == transaction.agency,
            col(AbsenceTable.staff_id) == staff_id,
        )
    )
    for absence in sorted(absences, key=lambda each: each.last_day):
        await add_absence(transaction, staff_id, absence)


async def add_absence(transaction: Transaction, staff_id: StaffId, absence: Absence) -> None:
    """Enter an absence; one that begins on the same day is replaced."""
    new = insert(AbsenceTable).values(
        agency_id=transaction.agency, staff_id=staff_id, **absence.model_dump()
    )
    await transaction.execute(
        new.on_conflict_do_update(
            index_elements=["agency_id", "staff_id", "first_day"],
            set_={"last_day": new.excluded.last_day, "kind": new.excluded.kind},
        )
    )


async def remove_absence(transaction: Transaction, staff_id: StaffId, first_day: date) -> bool:
    """Delete the absence that begins on a day; returns whether there was one."""
    gone = await transaction.execute(
        delete(AbsenceTable).where(
            col(AbsenceTable.agency_id) == transaction.agency,
            col(AbsenceTable.staff_id) == staff_id,
            col(AbsenceTable.first_day) == first_day,
        )
    )
    return bool(gone.rowcount)
