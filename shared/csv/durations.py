"""Cells that say how long: ``90``, ``2 Std``, ``1:30 h`` as minutes; months of notice."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from shared.csv.cells import CellError, DoubtfulValue, in_range, integer_between

HOUR: Final = r"(?:h|std\.?|stdn\.?|stunden?|hours?|hrs?)"
MINUTE: Final = r"(?:m|min\.?|minuten?|minutes?|mins\.?|')"
CLOCK: Final = re.compile(rf"(?i)([0-9]{{1,3}}):([0-5][0-9])(?::[0-5][0-9])?\s*({HOUR})?")
HOURS: Final = re.compile(
    rf"(?i)([0-9]{{1,3}}(?:[.,][0-9]{{1,2}})?|1/2|1/4|3/4|½|¼|¾)\s*{HOUR}"
    rf"(?:\s*(?:und\s+)?([0-9]{{1,3}})\s*{MINUTE}?)?"
)
MINUTES: Final = re.compile(rf"(?i)([0-9]{{1,4}})(?:[.,]0+)?\s*{MINUTE}")
FRACTIONS: Final = {
    "1/2": "0.5",
    "½": "0.5",
    "1/4": "0.25",
    "¼": "0.25",
    "3/4": "0.75",
    "¾": "0.75",
}
MONTHS: Final = re.compile(r"(?i)([0-9]{1,2})\s*(m|mon|mo|mt|monate?|months?|jahre?|j|years?)\.?")
MINUTES_PER_HOUR: Final = 60
MONTHS_PER_YEAR: Final = 12


def minutes_between(low: int, high: int) -> Callable[[str], int]:
    """Minutes; a bare number counts as minutes, ``1:30`` without a unit as hours, which is told."""
    bare = integer_between(low, high)

    def read(cell: str) -> int:
        if match := MINUTES.fullmatch(cell):
            return in_range(int(match[1]), low, high)
        if match := HOURS.fullmatch(cell):
            hours = Decimal(FRACTIONS.get(match[1], match[1].replace(",", ".")))
            whole = (hours * MINUTES_PER_HOUR).quantize(Decimal(1), ROUND_HALF_UP)
            return in_range(int(whole) + int(match[2] or 0), low, high)
        if match := CLOCK.fullmatch(cell):
            value = in_range(int(match[1]) * MINUTES_PER_HOUR + int(match[2]), low, high)
            if match[3] is None:
                raise DoubtfulValue(
                    value, "duration-doubtful",
                    f"Als Stunden und Minuten gelesen: {value} Minuten.",
                    f"Read as hours and minutes: {value} minutes.",
                )  # fmt: skip
            return value
        if "." in cell:
            raise CellError(
                "integer-unreadable",
                f"„{cell[:40]}“ ist keine Dauer in Minuten.",
                "Not a number of minutes.",
            )
        return bare(cell)

    return read


def months_between(low: int, high: int) -> Callable[[str], int]:
    """Months: ``3``, ``3 Monate``, ``1 Jahr``; weeks and days are no whole months."""
    bare = integer_between(low, high)

    def read(cell: str) -> int:
        match = MONTHS.fullmatch(cell)
        if match is None:
            return bare(cell)
        years = match[2].casefold()[0] in "jy"
        return in_range(int(match[1]) * (MONTHS_PER_YEAR if years else 1), low, high)

    return read


def whole_between(low: int, high: int, *, unit: str) -> Callable[[str], int]:
    """A whole number, such as kilometres; decimals are rounded half up, and that is told."""
    bare = integer_between(low, high, unit=unit)
    decimals = re.compile(rf"(?i)([0-9]{{1,9}})[.,]([0-9]{{1,2}})\s*(?:{unit}\.?)?")

    def read(cell: str) -> int:
        match = decimals.fullmatch(cell)
        if match is None and re.match(r"[0-9]{1,3}\.[0-9]{3}", cell):
            value = bare(cell)
            raise DoubtfulValue(
                value, "number-grouped", f"Der Punkt als Tausenderpunkt gelesen: {value}.",
                "The point was read as one between thousands.",
            )  # fmt: skip
        if match is None or not match[2].strip("0"):
            return bare(cell)
        value = int(Decimal(f"{match[1]}.{match[2]}").quantize(Decimal(1), ROUND_HALF_UP))
        raise DoubtfulValue(
            in_range(value, low, high), "number-rounded", f"Auf {value} gerundet.",
            f"Rounded to {value}.",
        )  # fmt: skip

    return read
