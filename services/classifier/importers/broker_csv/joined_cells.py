"""Columns of which one cell holds several things: ``PLZ/Ort``, ``Name, Vorname``, a whole address.

The columns of one such header share its place in the file (`shared/csv/files.py`), and each takes
its part of the cell. What is not surely understood stays whole, and one of the parts tells so.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from services.classifier.importers.names import (
    PARTICLES,
    TITLE,
    is_company_name,
    is_given_name,
    parted,
)
from shared.csv.cells import CellError, DoubtfulValue, text_up_to
from shared.csv.files import Column

POSTCODE: Final = r"(?:[A-Z]{1,3}[- ])?[0-9]{4,5}"
PLACE: Final = re.compile(rf"({POSTCODE})[\s,]+([^\W\d].*)")
PLACE_FIRST: Final = re.compile(rf"([^\W\d][^\d]*?)[\s,(]+({POSTCODE})\)?")
WHOLE_ADDRESS: Final = re.compile(r"([^,]{1,110}[^,\s])\s*,\s*((?:D[- ])?[0-9]{5}\s+[^\W\d].*)")

NAME_WHOLE: Final = (
    "Was Vor- und was Nachname ist, ist nicht sicher: ganz als Nachname übernommen, wenn noch kein "
    "Name bekannt ist.",
    "Which part is the first name is not sure; taken as a last name as a whole if none is known.",
)


class PartedName(NamedTuple):
    """A name as its parts; ``sure`` is false where all of it was taken as the last name."""

    last_name: str
    title: str | None = None
    first_name: str | None = None
    sure: bool = True


def parted_place(cell: str) -> tuple[str, str] | None:
    """Postcode and town of ``06526 Sangerhausen``, or of the two in the other order."""
    if cell.isalpha():
        return None
    if match := PLACE.fullmatch(cell):
        return match[1], match[2]
    if match := PLACE_FIRST.fullmatch(cell):
        return match[2], match[1]
    return None


def parted_address(cell: str) -> tuple[str, str, str] | None:
    """Street, postcode and town of ``Lindenallee 4, 06526 Sangerhausen``; else None."""
    # Nearly every row passes here, and the pattern tries each place for the comma.
    match = WHOLE_ADDRESS.fullmatch(cell) if "," in cell else None
    place = parted_place(match[2]) if match else None
    return (match[1], *place) if match and place else None


def name_first(cell: str) -> PartedName:
    """``Bergmann, Dr. Ute`` or ``Bergmann Ute``, under a header that says in which order."""
    if names := parted(cell):
        return PartedName(*names)
    words = cell.split()
    if "," not in cell and len(words) == 2 and _are_names(words):
        return PartedName(words[0], None, words[1])
    return PartedName(cell, sure=len(words) < 2 or is_company_name(cell))


def given_name_first(cell: str) -> PartedName:
    """``Dr. Ute von der Heide``: the title, one given name and the name."""
    words = cell.split()
    titles = 0
    while titles < len(words) and TITLE.fullmatch(words[titles]):
        titles += 1
    first, *last = words[titles:] or [""]
    one = len(last) == 1 or (len(last) > 1 and all(w.casefold() in PARTICLES for w in last[:-1]))
    if "," not in cell and one and _are_names([first, last[-1]]) and not is_company_name(cell):
        return PartedName(" ".join(last), " ".join(words[:titles]) or None, first)
    return PartedName(cell, sure=len(words) < 2 or is_company_name(cell))


def _are_names(words: list[str]) -> bool:
    return all(is_given_name(word) and word.casefold() not in PARTICLES for word in words)


def _postcode_of_place(cell: str) -> str:
    place = parted_place(cell)
    if place is not None:
        return text_up_to(12)(place[0])
    if re.fullmatch(POSTCODE, cell):
        return cell
    raise CellError(
        "place-without-postcode",
        f"In „{cell[:40]}“ ist keine Postleitzahl zu erkennen; die Zelle gilt als Ort.",
        "No postcode in this cell; all of it is taken as the town.",
    )


def _city_of_place(cell: str) -> str | None:
    if re.fullmatch(POSTCODE, cell):
        raise CellError(
            "place-without-town", "Die Zelle nennt keinen Ort.", "This cell names no town."
        )
    place = parted_place(cell)
    return text_up_to(80)(cell if place is None else place[1])


def _last_name_of(read: Callable[[str], PartedName]) -> Callable[[str], str]:
    def last_name(cell: str) -> str:
        found = read(cell)
        name = text_up_to(120)(found.last_name)
        if found.sure:
            return name
        raise DoubtfulValue(name, "name-whole", *NAME_WHOLE)

    return last_name


def _title_of(read: Callable[[str], PartedName]) -> Callable[[str], str | None]:
    return lambda cell: read(cell).title


def _first_name_of(read: Callable[[str], PartedName]) -> Callable[[str], str | None]:
    return lambda cell: read(cell).first_name


def _name_columns(
    prefix: str, header: str, aliases: tuple[str, ...], read: Callable[[str], PartedName]
) -> tuple[Column[str], Column[str | None], Column[str | None]]:
    return (
        Column(
            name=f"{prefix}_last_name", header=header, parse=_last_name_of(read), aliases=aliases
        ),
        Column(
            name=f"{prefix}_title", header=header, parse=_title_of(read), aliases=aliases,
            lenient=True,
        ),
        Column(
            name=f"{prefix}_first_name", header=header, parse=_first_name_of(read), aliases=aliases
        ),
    )  # fmt: skip


_PLACE: Final = ("PLZ/Wohnort", "PLZ/Stadt", "Postleitzahl/Ort", "Ort/PLZ")
PLACE_POSTCODE: Final = Column(
    name="place_postcode", header="PLZ/Ort", parse=_postcode_of_place, aliases=_PLACE, lenient=True
)
PLACE_CITY: Final = Column(
    name="place_city", header="PLZ/Ort", parse=_city_of_place, aliases=_PLACE, lenient=True
)
NAME_FIRST: Final = _name_columns(
    "name_first",
    "Name, Vorname",
    ("Nachname, Vorname", "Familienname, Vorname", "Zuname, Vorname"),
    name_first,
)  # fmt: skip
GIVEN_NAME_FIRST: Final = _name_columns(
    "given_name_first",
    "Vorname Nachname",
    ("Vorname Name",),
    given_name_first,
)
NAME_2: Final = Column(name="name_2", header="Name 2", parse=text_up_to(120), lenient=True)
NAME_3: Final = Column(name="name_3", header="Name 3", parse=text_up_to(120), lenient=True)
JOINED: Final[tuple[Column[object], ...]] = (
    *NAME_FIRST, *GIVEN_NAME_FIRST, NAME_2, NAME_3, PLACE_POSTCODE, PLACE_CITY,
)  # fmt: skip
