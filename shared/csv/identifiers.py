"""Cells that hold a number given by somebody: customer, contract, booking.

A number that a spreadsheet destroyed, or a word that only holds its place, would make one record
of many; it is refused with its reason.
"""

import re
from typing import Final

from shared.csv.cells import SHEET_FAULT, CellError, folded, identifier

EXPONENT: Final = re.compile(r"(?i)[+-]?[0-9]+([.,][0-9]+)?e[+-][0-9]+|[+-]?[0-9][.,][0-9]+e[0-9]+")
FLOATING: Final = re.compile(r"[0-9]+[.,]0+|[0-9][0-9.]*,[0-9]{1,2}")
"""A number that a spreadsheet or a program has made a decimal one of."""
CALENDAR_DAY: Final = re.compile(
    r"(0?[1-9]|[12][0-9]|3[01])\.(0?[1-9]|1[0-2])\.(19|20)[0-9]{2}"
    r"|(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
)
MONTH_NAME: Final = re.compile(
    r"(?i)([0-9]{1,2}[. -]+)?(jan|feb|mrz|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)"
    r"[. -]+[0-9]{2,4}|[0-9]{1,2}[. -]+"
    r"(jan|feb|mrz|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)\.?"
)
PLACEHOLDERS: Final = frozenset({
    "", "folgt", "folgtnoch", "unbekannt", "unknown", "na", "ka", "keine", "kein", "keinenummer",
    "none", "null", "ohne", "ohnenummer", "neu", "neuvertrag", "neukunde", "offen", "nochoffen",
    "tbd", "tba", "wirdnachgereicht", "nachgereicht", "nachtraeglich", "liegtnichtvor",
    "nichtvorhanden", "nichtbekannt", "nochnichtbekannt", "keineangabe", "beantragt", "antrag",
    "inarbeit", "inbearbeitung", "dummy", "test", "platzhalter", "fehlt", "stehtaus", "ausstehend",
    "nnb", "nn", "nv", "pending", "policefolgt", "vsnrfolgt", "nummerfolgt",
    "vertragsnummerfolgt", "wirdnochvergeben", "nochnichtvergeben", "vorlaeufig", "leer", "diverse",
})  # fmt: skip
"""Folded words that hold the place of a number which nobody knows yet."""
APPLIED: Final = re.compile(r"(?i)(neu)?antrag\s+(vom|am|gestellt|eingereicht)\b.*")
REPEATED: Final = re.compile(r"0+|9{6,}|x{2,}")


DESTROYED: Final = re.compile(
    "(?i)"
    + "|".join(
        f"(?:{each.pattern.removeprefix('(?i)')})"
        for each in (EXPONENT, SHEET_FAULT, MONTH_NAME, CALENDAR_DAY, FLOATING)
    )
)


def refuse_destroyed(cell: str) -> None:
    """Raise `CellError` where a spreadsheet has made something else of a number."""
    if DESTROYED.fullmatch(cell) is None:
        return
    if EXPONENT.fullmatch(cell):
        raise CellError(
            "number-destroyed",
            f"„{cell[:40]}“ ist eine Nummer, deren Ziffern Excel zerstört hat: die Spalte als "
            "Text formatieren und neu exportieren.",
            "A spreadsheet has destroyed the digits of this number; export the column as text.",
        )
    raise CellError(
        "number-destroyed",
        f"„{cell[:40]}“ hat Excel aus einer Nummer gemacht: die Spalte als Text formatieren "
        "und neu exportieren.",
        "A spreadsheet has made this of a number; export the column as text.",
    )


def is_placeholder(cell: str) -> bool:
    """Whether a cell only holds the place of a number: ``folgt``, ``000000``, ``n/a``, ``-``."""
    word = folded(cell)
    return word in PLACEHOLDERS or bool(APPLIED.match(cell)) or REPEATED.fullmatch(word) is not None


def refuse_placeholder(cell: str) -> None:
    """Raise `CellError` where a word only holds the place of a number."""
    if is_placeholder(cell):
        raise CellError(
            "number-placeholder",
            f"„{cell[:40]}“ ist keine Nummer, sondern hält nur ihren Platz frei.",
            "This is no number, it only holds the place of one.",
        )


def given_number(cell: str) -> str:
    """A customer's or booking's number as an id; raises `CellError` for what is none."""
    refuse_destroyed(cell)
    refuse_placeholder(cell)
    return identifier(cell)


def number_or_none(cell: str) -> str | None:
    """As `given_number`, if the record can do without: a placeholder is no number."""
    return None if is_placeholder(cell) else given_number(cell)
