"""What a new agency starts with, in German: the needs table and the service catalogue."""

from typing import Final

from kundentakt.reference.table import Rows
from services.classifier.domain.needs import default_policy
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.catalogues import Cell, Segment
from shared.contracts.lines import BY_KEY
from shared.contracts.policies import Need

_SEGMENTS: Final[tuple[Segment, ...]] = ("A", "B", "O", "C")
_CHANNELS: Final = {
    "visit": "Besuch", "office": "im Büro", "video": "Video", "phone": "Telefon",
    "card": "Karte", "letter": "Brief", "email": "E-Mail",
}  # fmt: skip
_GAPS: Final = {"missing": "fehlt", "old": "alte Bedingungen", "incomplete": "ohne Naturgefahren"}


def needs_table() -> Rows:
    """Line, gap, expected commission, chance and reason of every need, health lines marked."""
    return [
        ("Sparte", "Lücke", "Courtage im Jahr", "Abschluss", "zählt als", "warum"),
        *(_need(need) for need in default_policy().needs),
    ]


def _need(need: Need) -> tuple[str, ...]:
    line = BY_KEY[need.line]
    # Rounded half up to a cent, as the classifier adds it to the potential.
    value = int(need.expected_cents * need.probability + 0.5)
    return (
        f"{line.de} (Gesundheit)" if line.health else line.de,
        _GAPS[need.kind],
        _euros(need.expected_cents),
        f"{need.probability * 100:.0f} %",
        _euros(value),
        need.reason_de,
    )


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02} €"


def catalogue_table() -> Rows:
    """Every service of the four-class catalogue and what each class gets of it."""
    return [
        ("Leistung", *_SEGMENTS),
        *(
            (service.name_de, *(_cell(service.segments.get(segment)) for segment in _SEGMENTS))
            for service in starting_catalogue("revenue_potential").services
        ),
    ]


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    parts = [_CHANNELS[cell.channel], _rhythm(cell), _speed(cell), _minutes(cell)]
    return ", ".join(part for part in parts if part)


def _rhythm(cell: Cell) -> str:
    if cell.months:
        return f"{len(cell.months)}-mal im Jahr"
    if cell.times_per_year:
        included = ", Jahresgespräch eingerechnet" if cell.counts_in else ""
        return f"höchstens {cell.times_per_year}-mal im Jahr{included}"
    if cell.every_months:
        return "jedes Jahr" if cell.every_months == 12 else f"alle {cell.every_months} Monate"
    return "auf Wunsch" if cell.on_request and cell.answer is None else ""


def _speed(cell: Cell) -> str:
    if cell.answer is None:
        return ""
    if cell.answer.asked_by and cell.answer.else_by:
        asked, owed = f"{cell.answer.asked_by:%H} Uhr", f"{cell.answer.else_by:%H} Uhr"
        return f"gefragt bis {asked}: am selben Tag, sonst bis {owed} am nächsten"
    days = cell.answer.working_days
    return {0: "am selben Arbeitstag", 1: "in 1 Arbeitstag"}.get(days, f"in {days} Arbeitstagen")


def _minutes(cell: Cell) -> str:
    travel = f" + {cell.travel_minutes} Weg" if cell.travel_minutes else ""
    return f"{cell.minutes}{travel} min" if cell.minutes else ""
