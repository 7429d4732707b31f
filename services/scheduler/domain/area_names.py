"""What people call an area of responsibility: kinds of requests, roles and lines of business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.contracts.events import RequestKind
from shared.contracts.lines import BY_KEY
from shared.contracts.staff import StaffRole


@dataclass(frozen=True, slots=True)
class AreaName:
    """The name in both languages."""

    de: str
    en: str


REQUEST_NAMES: Final[Mapping[RequestKind, AreaName]] = {
    "callback": AreaName("Rückruf", "callback"),
    "question": AreaName("Frage", "question"),
    "offer": AreaName("Angebot", "offer"),
    "claim": AreaName("Schaden", "claim"),
    "complaint": AreaName("Beschwerde", "complaint"),
    "certificate": AreaName("Bescheinigung", "certificate"),
    "data_change": AreaName("Datenänderung", "change of data"),
    "review": AreaName("Jahresgespräch", "review"),
    "cancellation": AreaName("Kündigung", "cancellation"),
    "end_of_mandate": AreaName("Ende des Maklervertrags", "end of the mandate"),
}
ROLE_NAMES: Final[Mapping[StaffRole, AreaName]] = {
    "owner": AreaName("Inhaber", "the owner"),
    "adviser": AreaName("Berater", "an adviser"),
    "back_office": AreaName("Innendienst", "the back office"),
}


def line_name(line: str) -> AreaName:
    """The name of a line of business; a word of the agency's own is its name."""
    known = BY_KEY.get(line)
    return AreaName(known.de, known.en) if known else AreaName(line, line)
