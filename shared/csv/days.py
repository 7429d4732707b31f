"""Days as German exports write them; short years and days that stand for an unknown one."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Final

from shared.contracts.vocabulary import RECORDS
from shared.csv.cells import CellError, DoubtfulValue

OPEN_END_YEAR = 9999  # some systems write "open-ended" as 31.12.9999
EARLIEST_YEAR, LATEST_YEAR = RECORDS.first.year, RECORDS.last.year
PLACEHOLDER_YEARS = frozenset({1, 1000, 1111, 1800, 1899, 1900, 1901})
PLACEHOLDER_DAYS = frozenset({(1, 1), (11, 11), (12, 30), (12, 31)})
"""What programs write for an unknown day: 01.01.0001, 01.01.1900, Excel's 30.12.1899."""
FIRST_BUSINESS, LAST_BUSINESS = 1950, 2100
"""Years of what is told with an instant (`ToldInstant`); any other year is mistyped."""
LONGEST_LIFE = 120  # years: an earlier birth stands for an unknown one
OLDEST_CUSTOMER = 105  # years: up to here a year of two digits may mean the century before
GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4}|[0-9]{2})")
GERMAN_DAY_SHORT = re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}")
OLD_YEAR = re.compile(r"(?<![0-9])(0[0-9]{3}|1[0-8][0-9]{2}|190[01])(?![0-9])")
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
NAMED_DAY = re.compile(r"([0-9]{1,2})\.?\s*([A-Za-zÄä]{3,9})\.?\s*([0-9]{4})")
DASHED_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
COMPACT_DAY = re.compile(r"([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})")
COMPACT_ISO_DAY = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januar jan jänner", "februar feb", "märz mär mrz maerz", "april apr", "mai",
            "juni jun", "juli jul", "august aug", "september sep sept", "oktober okt",
            "november nov", "dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
SERIAL_DAY = re.compile(r"[1-9][0-9]{3,4}([.,][0-9]+)?")
"""The number by which Excel keeps a day, if the column lost its format."""
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")  # Excel adds it to days without a time


def _no_day(cell: str) -> CellError:
    if SERIAL_DAY.fullmatch(cell) and len(cell) != 4:
        return CellError(
            "day-unreadable",
            f"„{cell[:40]}“ ist die Nummer, mit der Excel ein Datum führt: die Spalte als Datum "
            "formatieren und neu exportieren.",
            "A spreadsheet's number of a day; format the column as a date and export it again.",
        )
    return CellError(
        "day-unreadable",
        f"„{cell[:40]}“ ist kein Datum (erwartet: 31.12.2025 oder 2025-12-31).",
        "Not a day; expected 31.12.2025 or 2025-12-31.",
    )


def _rarer(cell: str) -> tuple[int, int, int]:
    """Year, month and day as few write them: ``12. März 1960``, ``12-03-1960``, ``12031960``,
    ``19600312``. No two of these can be mixed up, because no month is 19 or 20."""
    if (match := NAMED_DAY.fullmatch(cell)) and match[2].casefold() in MONTHS:
        return int(match[3]), MONTHS[match[2].casefold()], int(match[1])
    if match := DASHED_DAY.fullmatch(cell) or COMPACT_DAY.fullmatch(cell):
        return int(match[3]), int(match[2]), int(match[1])
    if match := COMPACT_ISO_DAY.fullmatch(cell):
        return int(match[1]), int(match[2]), int(match[3])
    raise _no_day(cell)


def _full_year(digits: str, latest: int | None) -> int:
    """A year of two digits in the hundred years up to ``latest``, else as POSIX reads it."""
    year = int(digits)
    if len(digits) != 2:
        return year
    if latest is None:
        return year + (1900 if year >= 69 else 2000)
    return latest - (latest - year) % 100


@lru_cache(maxsize=65536)
def day(cell: str, latest_year: int | None = None) -> date | None:
    """``31.12.2025``, ``1.2.25``, ``2025-12-31``; ``00.00.0000`` and the year 9999 are no day.

    ``latest_year`` ends the hundred years in which a year of two digits lies.
    """
    bare = MIDNIGHT.sub("", cell)
    if match := GERMAN_DAY.fullmatch(bare):
        numbers = (_full_year(match[3], latest_year), int(match[2]), int(match[1]))
    elif match := ISO_DAY.fullmatch(bare):
        numbers = (int(match[1]), int(match[2]), int(match[3]))
    else:
        numbers = _rarer(bare)
    if numbers[1] == numbers[2] == 0 or numbers[0] == OPEN_END_YEAR:
        return None
    try:
        value = date(*numbers)
    except ValueError as error:
        raise _no_day(cell) from error
    if value.year in PLACEHOLDER_YEARS and (value.month, value.day) in PLACEHOLDER_DAYS:
        raise _placeholder_day(cell)
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise CellError(
            "day-out-of-range",
            f"Das Jahr {value.year} liegt außerhalb von {EARLIEST_YEAR} bis {LATEST_YEAR}.",
            f"The year lies outside {EARLIEST_YEAR} to {LATEST_YEAR}.",
        )
    return value


def _placeholder_day(cell: str) -> DoubtfulValue:
    return DoubtfulValue(
        None,
        "day-placeholder",
        f"„{cell[:40]}“ steht für ein unbekanntes Datum und wurde nicht übernommen.",
        "The day stands for an unknown one and was left out.",
    )


def day_within(
    as_of: date, *, years_ahead: int, utmost: int | None = None
) -> Callable[[str], date | None]:
    """A day; a year of two digits lies in the hundred years up to ``years_ahead`` of ``as_of``.

    So a start in ``65`` is 1965 and an end in ``71`` is 2071. A year of four digits beyond
    ``utmost`` (default: the same) years ahead is mistyped.
    """
    latest = as_of.year + years_ahead
    limit = as_of.year + (years_ahead if utmost is None else utmost)

    def read(cell: str) -> date | None:
        value = day(cell, latest)
        if value is not None and value.year > limit:
            raise _too_far_ahead(value, limit)
        return value

    return read


def day_of_business(cell: str) -> date | None:
    """A day of a booking or contact; before or after the years of business it is mistyped."""
    value = day(cell)
    if value is not None and value.year > LAST_BUSINESS:
        raise _too_far_ahead(value, LAST_BUSINESS)
    return _not_long_ago(value)


def _too_far_ahead(value: date, limit: int) -> CellError:
    return CellError(
        "day-too-far-ahead",
        f"Das Jahr {value.year} liegt zu weit in der Zukunft (hier bis {limit}).",
        f"The year lies too far ahead (here up to {limit}).",
    )


def _not_long_ago(value: date | None) -> date | None:
    if value is not None and value.year < FIRST_BUSINESS:
        raise CellError(
            "day-long-ago",
            f"Das Jahr {value.year} liegt vor {FIRST_BUSINESS}.",
            f"The year lies before {FIRST_BUSINESS}.",
        )
    return value


MONTH_OF_YEAR = re.compile(
    r"(?P<month>[0-9]{1,2})[./-](?P<year>[0-9]{4})|(?P<first>20[0-9]{2})[-/]?(?P<second>[0-9]{2})"
    r"|(?P<name>[A-Za-zÄä]{3,9})\.?\s+(?P<of>[0-9]{4})"
)


def day_or_month_of_business(cell: str) -> date | None:
    """A day of a booking; a month (``11/2026``, ``202611``, ``November 2026``) is its first day."""
    return day_of_business(_first_of_month(cell) or cell)


def _first_of_month(cell: str) -> str | None:
    """The first day of a month, as a cell; None if the cell is no month."""
    match = MONTH_OF_YEAR.fullmatch(cell)
    if match is None:
        return None
    name = (match["name"] or "").casefold()
    month = match["month"] or match["second"] or MONTHS.get(name, 0)
    return f"01.{int(month):02}.{match['year'] or match['first'] or match['of']}"


YEAR: Final = re.compile(r"(19|20)[0-9]{2}")


MISTYPED_YEARS = 5
"""Years of two digits so far ahead are mistyped, and not of the century before."""


def day_told(as_of: date) -> Callable[[str], date | None]:
    """A day of something that has happened: one after ``as_of`` is its own error, also where two
    digits say the next years: ``31.12.27`` is no day of 1927."""
    latest = as_of.year + MISTYPED_YEARS

    def told(cell: str) -> date | None:
        value = day(cell, latest)
        if value is not None and value > as_of:
            raise _in_future(as_of)
        return value

    return told


def day_told_roughly(as_of: date) -> Callable[[str], date | None]:
    """The same, where a month (``März 2026``, ``12/2025``) or a year is its first day, and told."""
    told = day_told(as_of)

    def roughly(cell: str) -> date | None:
        first = f"01.01.{cell}" if YEAR.fullmatch(cell) else _first_of_month(cell)
        if first is None:
            return told(cell)
        try:
            value = told(first)
        except DoubtfulValue:
            raise
        except CellError as error:
            raise (error if error.code == "day-in-future" else _no_day(cell)) from error
        raise DoubtfulValue(
            value,
            "day-taken-as-first",
            f"„{cell}“ nennt keinen Tag: der erste Tag gilt ({first}).",
            f"No day is told; the first one counts ({first}).",
        )

    return roughly


def day_told_of_business(as_of: date) -> Callable[[str], date | None]:
    """The same of something that is kept with an instant, such as a consent."""
    told = day_told(as_of)
    return lambda cell: _not_long_ago(told(cell))


def _in_future(latest: date) -> CellError:
    return CellError(
        "day-in-future",
        f"Das Datum liegt in der Zukunft (Stichtag {latest:%d.%m.%Y}).",
        f"The day lies in the future (as of {latest.isoformat()}).",
    )


def day_not_after(latest: date) -> Callable[[str], date | None]:
    """A day of the past, such as a death: later than ``latest`` is its own error."""

    def read(cell: str) -> date | None:
        value = day(cell, latest.year)
        if value is not None and value > latest:
            if GERMAN_DAY_SHORT.fullmatch(MIDNIGHT.sub("", cell)):
                return value.replace(year=value.year - 100)
            raise _in_future(latest)
        return value

    return read


def birth_day(latest: date) -> Callable[[str], date | None]:
    """A birth up to ``latest``; one that nobody alive can have stands for an unknown day, and one
    to come is unknown, too.

    A year of two digits is told where a child and a very old person could both be meant.
    """
    past = day_not_after(latest)

    def read(cell: str) -> date | None:
        try:
            value = past(cell)
        except CellError as error:
            if error.code == "day-in-future" or (
                error.code == "day-out-of-range" and not OLD_YEAR.search(cell)
            ):
                ahead = _in_future(latest)
                raise DoubtfulValue(
                    None, ahead.code, f"{ahead.reason_de} Es gilt als unbekannt.",
                    f"{ahead.reason_en} It counts as unknown.",
                ) from error  # fmt: skip
            if error.code == "day-out-of-range":
                raise _placeholder_day(cell) from error
            raise
        if value is None or latest.year - value.year > LONGEST_LIFE:
            raise _placeholder_day(cell)
        short = GERMAN_DAY_SHORT.fullmatch(MIDNIGHT.sub("", cell)) is not None
        if short and latest.year - value.year + 100 <= OLDEST_CUSTOMER:
            raise DoubtfulValue(
                value,
                "century-doubtful",
                f"Jahr mit zwei Ziffern: gelesen als {value.year}, nicht {value.year - 100}.",
                f"A year of two digits, read as {value.year} and not {value.year - 100}.",
            )
        return value

    return read


def day_of_year(cell: str) -> str | None:
    """A yearly day such as a main due date, ``01.07.`` or a full day, as ``--07-01``."""
    if match := re.fullmatch(r"([0-9]{1,2})\.([0-9]{1,2})\.?", cell):
        try:
            value: date | None = date(2000, int(match[2]), int(match[1]))
        except ValueError as error:
            raise _no_day(cell) from error
    else:
        value = day(cell)
    return value.strftime("--%m-%d") if value else None
