"""Cells of a contract list: numbers of contracts and insurers, lines of insurance."""

import re
from typing import Final

from services.classifier.importers.broker_csv.line_words import line_of_word
from services.classifier.importers.reading import contract_number_of
from shared.csv.cells import CellError, DoubtfulValue, UnknownWord, text_up_to
from shared.csv.identifiers import is_placeholder, refuse_destroyed, refuse_placeholder

EXCEL_DIGITS: Final = 15
GDV_INSURER: Final = re.compile(r"0([0-9]{4})")
"""An insurer's number of four digits, filled up to the five of GDV records."""


def contract_number(cell: str) -> str:
    """A contract number as written; a placeholder or what Excel destroyed is none.

    If all digits beyond the fifteenth are zeros, a warning says so, because Excel keeps no more
    than fifteen.
    """
    refuse_destroyed(cell)
    refuse_placeholder(cell)
    if len(cell.split()) > 1 and not any(map(str.isdigit, cell)):
        raise CellError(
            "number-placeholder",
            f"„{cell[:40]}“ ist keine Nummer, sondern ein Hinweis in ihrer Spalte.",
            "Words without a digit are no number, but a note in its column.",
        )
    if not contract_number_of(cell) or len(cell) > 60:
        raise CellError(
            "contract-number-unreadable",
            "Das ist keine Vertragsnummer.",
            "Not a contract number.",
        )
    if len(cell) > EXCEL_DIGITS and cell.isdigit() and not cell[EXCEL_DIGITS:].strip("0"):
        raise DoubtfulValue(
            cell, "number-rounded",
            "Die Ziffern nach der fünfzehnten sind Nullen: vermutlich hat Excel sie ersetzt.",
            "All digits after the fifteenth are zeros; a spreadsheet may have replaced them.",
        )  # fmt: skip
    return cell


def insurer_number(cell: str) -> str | None:
    """The insurer's number; ``0000`` or ``unbekannt`` is none."""
    if is_placeholder(cell):
        return None
    refuse_destroyed(cell)
    digits = GDV_INSURER.fullmatch(cell)
    return digits[1] if digits else text_up_to(10)(cell)


def line_or_code(cell: str) -> str:
    """A line by name (``Hausrat``), by key (``household``) or by GDV code (``130``)."""
    if cell.isascii() and cell.isdigit() and len(cell) <= 3:
        return gdv_line(cell)
    if line := line_of_word(cell):
        return line
    raise UnknownWord(
        "line-unknown",
        f"Die Sparte „{cell[:40]}“ ist unbekannt; der Vertrag zählt ohne Sparte.",
        "The line is unknown; the contract counts without one.",
    )


def gdv_line(cell: str) -> str:
    """Returns a GDV Sparte of three digits, with the leading zeros that Excel dropped."""
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 3):
        raise CellError(
            "gdv-line-unreadable",
            "Eine GDV-Sparte hat drei Ziffern.",
            "A GDV line has three digits.",
        )
    return cell.zfill(3)
