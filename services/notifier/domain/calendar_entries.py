"""An agreed hour as an entry for a calendar (iCalendar, RFC 5545; methods, RFC 5546).

The entry says who meets, when and where. It tells nothing of contracts, because calendars are
shared with families and employers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from services.notifier.domain.emails import Carer
from services.notifier.domain.salutations import Language, one_line
from shared.contracts.identities import SenderIdentity
from shared.contracts.templates import CalendarMethod

LONGEST_LINE: Final = 75
"""Octets of a line, without its end (RFC 5545 § 3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """A file for the reader's calendar: its text in UTF-8, with CRLF line ends."""

    method: CalendarMethod
    file_name: str
    text: str


def calendar_entry(
    method: CalendarMethod,
    hour: Mapping[str, object],
    *,
    carer: Carer,
    agency: SenderIdentity,
    language: Language,
    written_at: datetime,
) -> CalendarEntry:
    """Return the entry of one agreed hour, whose fields are those of its template.

    The same appointment has the same UID, and a later message a higher SEQUENCE, so a calendar
    moves or removes its entry instead of adding a second one.
    """
    at, minutes = cast(datetime, hour["at"]), cast(int, hour["minutes"])
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Kundentakt//Appointments//DE",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:{_text(str(hour['appointment']))}@kundentakt",
        f"SEQUENCE:{hour['sequence']}",
        f"DTSTAMP:{_instant(written_at)}",
        f"DTSTART:{_instant(at)}",
        f"DTEND:{_instant(at + timedelta(minutes=minutes))}",
        f"SUMMARY:{_text(_summary(carer, agency, language))}",
        f"ORGANIZER;CN={_parameter(agency.name)}:mailto:{one_line(agency.email)}",
        *_location(hour, agency),
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return CalendarEntry(
        method=method,
        file_name="termin.ics" if language == "de" else "appointment.ics",
        text="".join(f"{_folded(line)}\r\n" for line in lines),
    )


def _summary(carer: Carer, agency: SenderIdentity, language: Language) -> str:
    people = agency.name if carer.name == agency.name else f"{carer.name}, {agency.name}"
    return f"{'Termin mit' if language == 'de' else 'Appointment with'} {people}"


def _location(hour: Mapping[str, object], agency: SenderIdentity) -> list[str]:
    """Where to go: what was agreed, else the office. At home or by video nobody needs to."""
    place = hour.get("place")
    if place is None and hour["way"] == "office":
        place = f"{agency.name}, {agency.street}, {agency.postcode} {agency.city}"
    return [] if place is None else [f"LOCATION:{_text(str(place))}"]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escape a text (RFC 5545 § 3.3.11); a line break would begin another property."""
    text = one_line(value).replace("\\", "\\\\")
    return text.replace(";", "\\;").replace(",", "\\,")


def _parameter(value: str) -> str:
    """Quote a parameter's value, which cannot hold a quotation mark (RFC 5545 § 3.2)."""
    return '"{}"'.format(one_line(value).replace('"', "'"))


def _folded(line: str) -> str:
    """Break a long line between characters; each further one begins with a blank."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode("utf-8", "replace"))
        if size + octets > LONGEST_LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + character, size + octets
    return "\r\n".join([*pieces, piece])
