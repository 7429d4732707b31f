"""The staff list (Mitarbeiterliste) of a CSV export."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from shared.contracts.staff import AREA_LENGTH, AREAS_AT_MOST, StaffRole
from shared.csv.cells import (
    CellError,
    DoubtfulValue,
    UnknownWord,
    decimal,
    folded,
    identifier,
    integer_between,
    money_not_negative,
    text_up_to,
    word,
)
from shared.csv.files import Column, DoubtfulCell, RejectedCell, Row, Sheet, read_rows

ROLES: Final[dict[str, StaffRole]] = {
    **dict.fromkeys(
        ("inhaber", "inhaberin", "owner", "chef", "chefin", "geschaeftsfuehrer",
         "geschaeftsfuehrerin", "gf", "gesellschafter", "gesellschafterin"), "owner"),
    **dict.fromkeys(
        ("berater", "beraterin", "aussendienst", "adviser", "betreuer", "betreuerin",
         "kundenberater", "kundenberaterin", "vermittler", "vermittlerin", "makler", "maklerin"),
        "adviser"),
    **dict.fromkeys(
        ("innendienst", "backoffice", "assistenz", "assistent", "assistentin", "sachbearbeiter",
         "sachbearbeiterin", "sachbearbeitung", "auszubildender", "auszubildende", "azubi", "buero",
         "sekretariat", "empfang"), "back_office"),
}  # fmt: skip
ROLE_WORD: Final = word(ROLES, example="Inhaber, Berater, Innendienst")
MOST_HOURS: Final = 60


def weekly_hours(cell: str) -> float:
    """Hours a week for customers, at most 60."""
    hours = float(decimal(cell))
    if hours > MOST_HOURS:
        raise CellError(
            "hours-out-of-range",
            f"Mehr als {MOST_HOURS} Wochenstunden sind nicht möglich.",
            f"More than {MOST_HOURS} hours a week are not possible.",
        )
    return hours


UNKNOWN_ROLE: Final = "unknown"
ReadRole: TypeAlias = StaffRole | Literal["unknown"]


def role(cell: str) -> ReadRole:
    """A role; an unknown word is told, and its row is taken."""
    try:
        return ROLE_WORD(cell)
    except UnknownWord as error:
        raise DoubtfulValue(
            UNKNOWN_ROLE,
            error.code,
            f"{error.reason_de} Wer neu ist, gilt als Innendienst; wer bekannt ist, behält seine "
            "Rolle.",
            f"{error.reason_en} A new person counts as back office, a known one keeps the role.",
            word_unknown=True,
        ) from error


def words(cell: str) -> tuple[str, ...]:
    """Words parted by commas, bars or semicolons; what is more than a person's areas may hold is
    told and left out."""
    parts = cell.replace("|", ",").replace(";", ",").split(",")
    found = [" ".join(part.split()) for part in parts if folded(part)]
    short = [each for each in found if len(each) <= AREA_LENGTH]
    kept, more = tuple(short[:AREAS_AT_MOST]), short[AREAS_AT_MOST:]
    left_out = [*(each for each in found if len(each) > AREA_LENGTH), *more]
    if left_out:
        raise DoubtfulValue(
            kept,
            "words-left-out",
            f"Nicht übernommen: {len(left_out)}, als Erstes „{left_out[0][:AREA_LENGTH]}“. Möglich "
            f"sind {AREAS_AT_MOST} Wörter von höchstens {AREA_LENGTH} Zeichen.",
            f"Left out: {len(left_out)}, the first is {left_out[0][:AREA_LENGTH]!r}. A person has "
            f"at most {AREAS_AT_MOST} words of at most {AREA_LENGTH} characters.",
        )
    return kept


STAFF_ID: Final = Column(
    name="staff_id",
    header="Kürzel",
    parse=identifier,
    required=True,
    aliases=("Mitarbeiterkürzel", "Personalnummer", "Mitarbeiternummer"),
)
NAME: Final = Column(
    name="name",
    header="Name",
    parse=text_up_to(120),
    aliases=("Mitarbeiter", "Vor- und Nachname"),
)
ROLE: Final = Column(
    name="role",
    header="Rolle",
    parse=role,
    aliases=("Funktion",),
)
E_MAIL: Final = Column(
    name="email", header="E-Mail", parse=text_up_to(254), aliases=("Mail", "E-Mail-Adresse")
)
PHONE: Final = Column(name="phone", header="Telefon", parse=text_up_to(40), aliases=("Durchwahl",))
CAPACITY: Final = Column(
    name="capacity",
    header="Kapazität Kunden",
    parse=integer_between(0, 1_000_000),
    aliases=("Kapazität", "Kunden höchstens"),
)
WEEKLY_HOURS: Final = Column(
    name="weekly_hours", header="Wochenstunden", parse=weekly_hours, aliases=("Stunden je Woche",)
)
HOURLY_COST: Final = Column(
    name="hourly_cents",
    header="Stundensatz",
    parse=money_not_negative,
    aliases=("Stundenkosten", "Kosten je Stunde"),
)
DEPUTY: Final = Column(
    name="deputy", header="Vertretung", parse=identifier, aliases=("Stellvertretung", "Vertreter")
)
RESPONSIBILITIES: Final = Column(
    name="responsibilities",
    header="Zuständigkeiten",
    parse=words,
    aliases=("Zuständigkeit", "Aufgaben"),
)

COLUMNS: Final[tuple[Column[object], ...]] = (
    STAFF_ID, NAME, ROLE, E_MAIL, PHONE, CAPACITY, WEEKLY_HOURS, HOURLY_COST, DEPUTY,
    RESPONSIBILITIES,
)  # fmt: skip
OF_NEW_PEOPLE: Final[tuple[Column[object], ...]] = (NAME, ROLE)
"""What the list must tell of a person whom nobody knows yet; a known one keeps theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStaff:
    """One person: capacity in customers, hours a week, cost of an hour in cents; None where the
    file tells nothing.

    ``role`` is ``unknown`` if the file's word for it is. ``responsibilities`` are the words of the
    file, as people write them.
    """

    line: int
    staff_id: str
    name: str | None
    role: ReadRole | None
    email: str | None
    phone: str | None
    capacity: int | None
    weekly_hours: float | None
    hourly_cents: int | None
    deputy: str | None
    responsibilities: tuple[str, ...]


def read_staff(data: bytes | Sheet) -> Iterator[ReadStaff | RejectedCell | DoubtfulCell]:
    """Staff in file order; raises `NotACsvFile` and `MissingColumns` at once."""
    rows = read_rows(data, COLUMNS)
    return (_staff(row) if isinstance(row, Row) else row for row in rows)


def _staff(row: Row) -> ReadStaff:
    return ReadStaff(
        line=row.line,
        staff_id=row[STAFF_ID] or "",
        name=row[NAME],
        role=row[ROLE],
        email=row[E_MAIL],
        phone=row[PHONE],
        capacity=row[CAPACITY],
        weekly_hours=row[WEEKLY_HOURS],
        hourly_cents=row[HOURLY_COST],
        deputy=row[DEPUTY],
        responsibilities=row[RESPONSIBILITIES] or (),
    )
