"""The fields of a template, read from the data of an order: days, instants and codes by type.

An order is checked by the same readers when it is accepted, so what cannot be read is refused then,
and no message waits for it.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from services.notifier.domain.last_sensible_days import ORDERED
from services.notifier.domain.life_changes import LIFE_CHANGES
from services.notifier.domain.templates import TemplateNotFilled
from shared.contracts.lines import BY_KEY
from shared.contracts.templates import SENT_WITH_ALL, TEMPLATES, FieldType, TemplateDefinition

YEARS: Final = (1900, 2200)
LONGEST_TEXT: Final = 300
"""Characters of a title, a place, an insurer or a name."""
NOTHING: Final = frozenset({"none", "null", "undefined", "n/a"})
MOST_YEARS = 130
LONGEST_TALK = 480
"""Minutes: the longest appointment."""
MOST_CHANGES = 10_000
"""How often an hour may be changed."""
MOST_ARTICLES = 20
TYPES: Final[Mapping[str, FieldType]] = {
    **{field.name: field.type for each in TEMPLATES.values() for field in each.fields},
    **SENT_WITH_ALL,
    ORDERED: "day",
}
"""The type of every name that an order's data may hold; another one is refused."""


class FieldUnreadable(Exception):
    """A value has another type or lies outside of what its field permits.

    ``where`` is the place below the field, such as ``/0/title``.
    """

    def __init__(self, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.detail, self.where = detail, where


def _text(value: Any) -> str:
    """Return a text that says something: programs write ``None`` where they have nothing."""
    if not isinstance(value, str) or not any(map(str.isprintable, value.strip())):
        raise FieldUnreadable("is no text")
    if value.strip().casefold() in NOTHING:
        raise FieldUnreadable(f"is {value.strip()}, which says nothing: leave it out")
    return value


def _short_text(value: Any) -> str:
    text = _text(value)
    if len(text) > LONGEST_TEXT:
        raise FieldUnreadable(f"is longer than {LONGEST_TEXT} characters")
    return text


def _day(value: Any) -> date:
    """Return a day near enough to reckon with: neither birth nor contract lies beyond."""
    text = _text(value)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise FieldUnreadable("is no day: write 2026-11-21") from error
    if text != day.isoformat():  # Python reads 20261121 and 2026-W47-6 as well
        raise FieldUnreadable("is no day: write 2026-11-21")
    return _near(day)


def _near(day: date) -> date:
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise FieldUnreadable(f"lies outside of the years {YEARS[0]} to {YEARS[1]}")
    return day


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(value))
    except ValueError as error:
        raise FieldUnreadable("is no instant: write 2026-11-21T18:30:00+01:00") from error
    if instant.tzinfo is None:
        raise FieldUnreadable("is an instant without its offset from UTC")
    _near(instant.date())
    return instant


def _years(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_YEARS:
        raise FieldUnreadable(f"is no number of years from 1 to {MOST_YEARS}")
    return value


def _minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_TALK:
        raise FieldUnreadable(f"is no number of minutes from 1 to {LONGEST_TALK}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_CHANGES:
        raise FieldUnreadable(f"is no number from 0 to {MOST_CHANGES}")
    return value


def _line(value: Any) -> object:
    if not isinstance(value, str) or value not in BY_KEY:
        raise FieldUnreadable("is no line of the line table")
    return BY_KEY[value]


def _life_change(value: Any) -> object:
    if value not in tuple(LIFE_CHANGES):
        raise FieldUnreadable("is no change of a life")
    return LIFE_CHANGES[value]


def _articles(value: Any) -> Any:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_ARTICLES:
        raise FieldUnreadable(f"is no list of 1 to {MOST_ARTICLES} articles")
    for number, row in enumerate(value):
        if not isinstance(row, dict):
            raise FieldUnreadable("is no article with title and text", f"/{number}")
        for part, read in ARTICLE.items():
            try:
                read(row.get(part))
            except FieldUnreadable as error:
                raise FieldUnreadable(error.detail, f"/{number}/{part}") from error
        if unknown := sorted(row.keys() - ARTICLE.keys()):
            raise FieldUnreadable("is no part of an article", f"/{number}/{unknown[0]}")
    return value


ARTICLE: Final[Mapping[str, Callable[[Any], object]]] = {"title": _short_text, "text": _text}
"""The parts of an article; another one would be lost in silence."""


READERS: Final[Mapping[FieldType, Callable[[Any], object]]] = {
    "text": _short_text,
    "day": _day,
    "instant": _instant,
    "line": _line,
    "life_change": _life_change,
    "years": _years,
    "articles": _articles,
    "minutes": _minutes,
    "count": _count,
}


def is_missing(value: object) -> bool:
    """Tell whether a value says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_fields(template: TemplateDefinition, data: Mapping[str, Any]) -> dict[str, object]:
    """Return the template's fields as values; optional ones that the data lacks are left out.

    Data that the template does not declare is ignored: an order tells more than its template says.
    Raises ``TemplateNotFilled``.
    """
    values: dict[str, object] = {}
    for field in template.fields:
        given = data.get(field.name)
        if is_missing(given):
            if field.required:
                raise TemplateNotFilled(template.key, field.name)
            continue
        try:
            values[field.name] = READERS[field.type](given)
        except FieldUnreadable as error:
            raise TemplateNotFilled(
                template.key, f"{field.name}{error.where}", error.detail
            ) from error
    return values


def unreadable_fields(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an order's data, by the pointer below the data."""
    faults: dict[str, str] = {}
    for name, value in data.items():
        if name not in TYPES:
            place = name.replace("~", "~0").replace("/", "~1")  # RFC 6901
            faults[f"/{place}"] = "no template has a value of this name"
        elif not is_missing(value):
            try:
                READERS[TYPES[name]](value)
            except FieldUnreadable as error:
                faults[f"/{name}{error.where}"] = f"{name} {error.detail}"
    return faults
