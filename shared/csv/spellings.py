"""Ways to write one header or one cell that mean the same to every list."""

import re
from collections.abc import Sequence
from typing import Final
from unicodedata import category

from shared.csv.cells import folded

UNIT: Final = re.compile(r"(?i)(?<=\w)[\s(\[]*(?:in\s+)?(?:\b(?:eur|euro)\b|€)[)\]\s.]*$")
PER_CENT: Final = re.compile(r"(?i)[\s(\[]*(in\s*)?%[)\]\s]*$")
FORMULA_TEXT: Final = re.compile(r'=\s*"([^"]*)"')
"""How programs keep a spreadsheet from reading a number: ``="00123"``."""
AND: Final = re.compile(r"(?i)\bund\b")
LONGEST_HEADER: Final = 200
"""Characters. No list names a column by more, and the units take the square of a run of ``(``."""


def header_key(header: str) -> str:
    """One spelling of a column's name: ``Vertragsnummer`` and ``Vertrags-Nr.``, ``Betrag`` and
    ``Betrag (EUR)``, ``PLZ und Ort`` and ``PLZ/Ort`` are the same; ``Courtage %`` is another than
    ``Courtage``."""
    if len(header) > LONGEST_HEADER:
        return folded(header)
    named = AND.sub(" ", header)
    key = folded(PER_CENT.sub(" Prozent", UNIT.sub("", named))) or folded(header)
    if key.endswith("nummer") and key != "nummer":
        key = key.removesuffix("ummer") + "r"
    return key.removesuffix("prozent") if key.endswith("satzprozent") else key


def shared_places(headers: Sequence[str], places: Sequence[int]) -> list[int]:
    """The places, where columns with the same header share the leftmost that one of them has."""
    shared: dict[str, int] = {}
    for header, place in zip(headers, places, strict=True):
        shared[header] = min(place, shared.get(header, place))
    return [shared[header] for header in headers]


def without_controls(cell: str) -> str:
    """The cell without signs that nobody sees and no field takes: BEL, ESC, marks without width.

    Between words some of them part like a blank, as the separators of old systems do.
    """
    return "".join([_seen(sign) for sign in cell])


def _seen(sign: str) -> str:
    if sign.isprintable() or (sign.isspace() and category(sign) != "Cc") or sign in "\t\n\r":
        return sign
    return " " if sign.isspace() else ""


def bare_cell(cell: str) -> str:
    """The cell without blanks around it and without the marks by which spreadsheets keep a number
    as text: ``'0815`` and ``="0815"`` are ``0815``; ``'t Hooft`` is a name."""
    cell = cell.strip()
    if cell[:1] == "'" and cell[1:2] and not cell[1].isalpha():
        return cell[1:].strip()
    if cell[:1] == "=" and (match := FORMULA_TEXT.fullmatch(cell)):
        return match[1].strip()
    return cell
