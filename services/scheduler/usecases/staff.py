"""People of the agency, entered singly or by a file. Every change plans the book again."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from pydantic import ValidationError

from services.scheduler.domain.office_calendars import require_within_hours
from services.scheduler.importers.staff_csv import (
    OF_NEW_PEOPLE,
    STAFF_ID,
    UNKNOWN_ROLE,
    ReadStaff,
    read_staff,
)
from services.scheduler.store import agencies, carers, change_outbox, staff
from services.scheduler.usecases.agencies import plan_everything
from services.scheduler.usecases.standing_in import move_work
from shared.calendar import WorkingCalendar
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.events import RequestKind
from shared.contracts.staff import Absence, Responsibilities, Staff, StaffDetails, StaffRole
from shared.contracts.vocabulary import RESERVED_STAFF_IDS, AgencyId, StaffId
from shared.csv.cells import folded
from shared.csv.files import DoubtfulCell, RejectedCell
from shared.csv.text import UnreadableFile
from shared.db.database import Database, Transaction
from shared.instants import OutOfReach

ABSENT_AHEAD: Final = timedelta(days=10 * 366)
"""An absence that ends later has a mistyped year; who does not come back is not active."""
NEW_ROLE: Final[StaffRole] = "back_office"
"""Of a new person whose role no list of words has: no customers are given to them first."""

_WORDS: Final[Mapping[RequestKind, str]] = {
    "callback": "Rückruf,Rückrufe,Rückrufbitte,Rückrufbitten",
    "question": "Frage,Fragen,Anfrage,Anfragen,Rückfrage,Rückfragen,Auskunft,Auskünfte",
    "offer": "Angebot,Angebote,Vergleich,Vergleiche",
    "claim": "Schaden,Schäden,Schadenfall,Schadenfälle,Schadensfall,Schadensfälle,"
    "Schadenmeldung,Schadenmeldungen,Leistungsfall,Leistungsfälle",
    "complaint": "Beschwerde,Beschwerden,Reklamation,Reklamationen",
    "certificate": "Bescheinigung,Bescheinigungen,Beitragsbescheinigung,"
    "Beitragsbescheinigungen,Steuerbescheinigung,Steuerbescheinigungen,Bestätigung,"
    "Bestätigungen,Versicherungsbestätigung,Versicherungsbestätigungen,Deckungsbestätigung,"
    "Deckungsbestätigungen,Nachweis,Nachweise,Versicherungsnachweis,Versicherungsnachweise,"
    "eVB,eVB-Nummer,eVB-Nummern,Grüne Karte,IVK,Zweitschrift,Zweitschriften",
    "data_change": "Datenänderung,Datenänderungen,Adressänderung,Adressänderungen,Änderung,"
    "Änderungen,Umzug,Umzüge,Bankverbindung,Bankverbindungen",
    "review": "Jahresgespräch,Jahresgespräche",
    "cancellation": "Kündigung,Kündigungen,Storno,Stornos",
    "end_of_mandate": "Maklerwechsel,Mandatsende,Ende des Maklervertrags",
}
REQUEST_WORDS: Final = {
    folded(word): kind for kind, words in _WORDS.items() for word in words.split(",")
}
"""Words for the kinds of requests that somebody answers; others are lines of business."""


ENTRIES_AT_MOST: Final = 1_000
"""People and remarks of one list; no agency has as many, and each is stored and answered."""


class TooManyRows(UnreadableFile):
    """The list has more rows than an agency has people."""

    def __init__(self) -> None:
        super().__init__(
            f"Die Liste hat mehr als {ENTRIES_AT_MOST} Zeilen und Anmerkungen; es wurde nichts"
            " übernommen.",
            f"The list has more than {ENTRIES_AT_MOST} rows and remarks; nothing was taken.",
        )


class StaffNotFound(Exception):
    """nobody on the staff has this id"""


class StaffIdReserved(Exception):
    """a route of the API has this name, so nobody can have it as an id; use another id"""


class AbsenceNotFound(Exception):
    """no absence of this person begins on that day"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedStaff:
    """The result of a file: the people taken, and every row or cell that was refused or is
    doubtful."""

    imported: Sequence[StaffId]
    rejected: Sequence[RejectedCell]
    doubtful: Sequence[DoubtfulCell]


async def person(transaction: Transaction, staff_id: StaffId) -> Staff:
    """One person; raises StaffNotFound."""
    for each in await staff.list_staff(transaction):
        if each.staff_id == staff_id:
            return each
    raise StaffNotFound(f"nobody on the staff is {staff_id}")


async def list_staff(*, database: Database, agency: AgencyId) -> list[Staff]:
    """Everybody."""
    async with database.transaction(agency) as transaction:
        return await staff.list_staff(transaction)


async def read_person(*, database: Database, agency: AgencyId, staff_id: StaffId) -> Staff:
    """One person with their absences; raises StaffNotFound."""
    async with database.transaction(agency) as transaction:
        return await person(transaction, staff_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutStaff:
    """A person as stored, and whether they are new."""

    person: Staff
    created: bool


async def put_staff(
    *,
    database: Database,
    agency: AgencyId,
    staff_id: StaffId,
    details: StaffDetails,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> PutStaff:
    """Create or replace a person with their absences and blocks. Raises ConditionFailed,
    StaffIdReserved, OutOfReach, BlockOutsideHours."""
    ahead = [f"/absences/{place}" for place, each in enumerate(details.absences)
             if each.last_day > now.date() + ABSENT_AHEAD]  # fmt: skip
    if ahead:
        raise OutOfReach(ahead, first=None, last=now.date() + ABSENT_AHEAD)
    async with database.transaction(agency) as transaction:
        await staff.lock_staff(transaction)
        if condition.asked:
            people = {each.staff_id: each for each in await staff.list_staff(transaction)}
            known = people.get(staff_id)
            condition.require(etag_of(known) if known else None)
        await _require_free(transaction, staff_id)
        if details.blocks:
            known_agency = await agencies.known_agency(transaction)
            calendar = known_agency.calendar if known_agency else WorkingCalendar(state=None)
            require_within_hours(details.blocks, calendar)
        was_active = await _is_active(transaction, staff_id)
        created = await staff.put_staff(transaction, staff_id, details)
        await staff.replace_absences(transaction, staff_id, details.absences)
        if was_active is not None and was_active != details.active:
            # Others are told that the carer is gone, or back, before anybody decides who follows.
            units = await carers.units_of_carer(transaction, staff_id)
            await change_outbox.add_to_outbox(transaction, "carer", units)
        await _replan(transaction, now)
        return PutStaff(person=await person(transaction, staff_id), created=created)


async def _is_active(transaction: Transaction, staff_id: StaffId) -> bool | None:
    """Whether the person works here; None if the person is new."""
    people = await staff.list_staff(transaction)
    return next((each.active for each in people if each.staff_id == staff_id), None)


async def _require_free(transaction: Transaction, staff_id: StaffId) -> None:
    """Raise StaffIdReserved if a new person would be hidden behind a route."""
    if staff_id in RESERVED_STAFF_IDS:
        known = await staff.list_staff(transaction)
        if staff_id not in {each.staff_id for each in known}:
            raise StaffIdReserved(f"{staff_id}: {StaffIdReserved.__doc__}")


async def add_absence(
    *, database: Database, agency: AgencyId, staff_id: StaffId, absence: Absence, now: datetime
) -> Staff:
    """Store an absence; what was planned for those days is planned anew. Raises OutOfReach."""
    if absence.last_day > now.date() + ABSENT_AHEAD:
        raise OutOfReach(["/last_day"], first=None, last=now.date() + ABSENT_AHEAD)
    async with database.transaction(agency) as transaction:
        await staff.lock_staff(transaction)
        await person(transaction, staff_id)
        await staff.add_absence(transaction, staff_id, absence)
        await _replan(transaction, now)
        return await person(transaction, staff_id)


async def remove_absence(
    *, database: Database, agency: AgencyId, staff_id: StaffId, first_day: date, now: datetime
) -> None:
    """Delete an absence; raises StaffNotFound, AbsenceNotFound."""
    async with database.transaction(agency) as transaction:
        await staff.lock_staff(transaction)
        await person(transaction, staff_id)
        if not await staff.remove_absence(transaction, staff_id, first_day):
            raise AbsenceNotFound(f"no absence of {staff_id} begins on {first_day}")
        await _replan(transaction, now)


async def _replan(transaction: Transaction, now: datetime) -> None:
    await plan_everything(transaction)
    await move_work(transaction, now=now)


async def import_staff(
    *, database: Database, agency: AgencyId, data: bytes, now: datetime
) -> ImportedStaff:
    """Import a staff list; bad rows are reported and the others taken.

    A list changes what it tells: an absent column and an empty cell leave a known person as they
    are. Absences, and who has left, are in no file and stay. Raises ``TooManyRows`` and the
    importer's ``NotACsvFile``, ``MissingColumns``.
    """
    read = await asyncio.to_thread(_read_list, data)
    people = [each for each in read if isinstance(each, ReadStaff)]
    rejected = [each for each in read if isinstance(each, RejectedCell)]
    imported: list[StaffId] = []
    async with database.transaction(agency) as transaction:
        await staff.lock_staff(transaction)
        known = {each.staff_id: each for each in await staff.list_staff(transaction)}
        for each in people:
            details = _details(each, known.get(each.staff_id))
            if not isinstance(details, StaffDetails):
                rejected += details
            else:
                await staff.put_staff(transaction, each.staff_id, details)
                known[each.staff_id] = Staff(staff_id=each.staff_id, **dict(details))
                imported.append(each.staff_id)
        if imported:
            await _replan(transaction, now)
    return ImportedStaff(
        imported=imported,
        rejected=rejected,
        doubtful=[each for each in read if isinstance(each, DoubtfulCell)],
    )


def _read_list(data: bytes) -> list[ReadStaff | RejectedCell | DoubtfulCell]:
    read = list(islice(read_staff(data), ENTRIES_AT_MOST + 1))
    if len(read) > ENTRIES_AT_MOST:
        raise TooManyRows
    return read


def _details(read: ReadStaff, known: Staff | None) -> StaffDetails | list[RejectedCell]:
    """What is known of a person with what their row tells, or why the row is refused; a new
    person has the usual hours and, if the word for the role is unknown, that of the back office.
    """
    if refused := _refused(read, known):
        return refused
    # As stored, because what was taken before may lie beyond a bound of today. No file changes
    # absences.
    before = {name: value for name, value in known or () if name not in ("staff_id", "absences")}
    told = asdict(read)
    if read.role == UNKNOWN_ROLE:
        told["role"] = None if known else NEW_ROLE
    words = list(_areas(told.pop("responsibilities")))
    if words:
        told["responsibilities"] = Responsibilities(
            lines=[word for kind, word in words if kind == "line"],
            requests=[word for kind, word in words if kind == "request"],
        )
    told = {name: told[name] for name in told if name in StaffDetails.model_fields}
    told = {name: value for name, value in told.items() if value is not None}
    try:
        return StaffDetails.model_validate({**before, **told})
    except ValidationError as error:
        first = error.errors()[0]
        return [
            RejectedCell(
                line=read.line,
                column=str(first["loc"][0]) if first["loc"] else "",
                value=str(first["input"])[:100],
                code="value-not-allowed",
                reason_de=f"Der Wert ist nicht erlaubt: {first['msg']}",
                reason_en=f"The value is not allowed: {first['msg']}",
            )
        ]


def _refused(read: ReadStaff, known: Staff | None) -> list[RejectedCell]:
    """Why a row cannot be taken: its id is a route's, or it lacks what a new person needs."""
    if read.staff_id in RESERVED_STAFF_IDS:
        return [
            RejectedCell(
                line=read.line, column=STAFF_ID.header, value=read.staff_id, code="id-reserved",
                reason_de="So heißt ein Aufruf der Schnittstelle: bitte ein anderes Kürzel.",
                reason_en="A route of the API has this name; please choose another id.",
            )
        ]  # fmt: skip
    if known:
        return []
    return [
        RejectedCell(
            line=read.line, column=column.header, value="", code="new-person-incomplete",
            reason_de=f"{read.staff_id} ist neu: Dann muss die Liste {column.header} angeben.",
            reason_en=f"{read.staff_id} is new, so the list must tell {column.header}.",
        )
        for column in OF_NEW_PEOPLE
        if getattr(read, column.name) is None
    ]  # fmt: skip


def _areas(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        kind = REQUEST_WORDS.get(folded(word))
        yield ("line", word) if kind is None else ("request", kind)
