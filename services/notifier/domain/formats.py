"""Days, times and spans as a German or English reader writes them."""

from datetime import date, datetime
from typing import Final

from babel.dates import format_date, format_time
from babel.units import format_unit

from services.notifier.domain.salutations import Language

LOCALES: Final[dict[Language, str]] = {"de": "de_DE", "en": "en_GB"}


def written_day(day: date, language: Language) -> str:
    """Return ``21. November 2026`` or ``21 November 2026``."""
    return format_date(day, "long", LOCALES[language])


def written_weekday(day: date, language: Language) -> str:
    """Return ``Samstag`` or ``Saturday``."""
    return format_date(day, "EEEE", LOCALES[language])


def written_clock(at: datetime, language: Language) -> str:
    """Return ``18:30``: the time on the clock of the place that the instant names."""
    return format_time(at.timetz(), "short", locale=LOCALES[language])


def written_years(years: int, language: Language) -> str:
    """Return ``1 Jahr``, ``10 Jahre`` or ``10 years``."""
    return format_unit(years, "duration-year", "long", locale=LOCALES[language])
