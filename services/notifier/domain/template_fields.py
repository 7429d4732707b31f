"""The fields of a template, read from the data of an order: days, instants and codes by type."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from services.notifier.domain.life_changes import LIFE_CHANGES
from services.notifier.domain.templates import TemplateNotFilled
from shared.contracts.lines import BY_KEY
from shared.contracts.templates import FieldType, TemplateDefinition


def _articles(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise TypeError
    return value


READERS: Final[Mapping[FieldType, tuple[Callable[[Any], object], str]]] = {
    "text": (str, "is no text"),
    "day": (date.fromisoformat, "is no day"),
    "instant": (datetime.fromisoformat, "is no instant"),
    "line": (BY_KEY.__getitem__, "is no line of the line table"),
    "life_change": (LIFE_CHANGES.__getitem__, "is no change of a life"),
    "years": (int, "is no number"),
    "articles": (_articles, "is no list of articles"),
}
"""How each type is read, and what is wrong with a value that cannot be."""


def read_fields(template: TemplateDefinition, data: Mapping[str, Any]) -> dict[str, object]:
    """Return the template's fields as values; optional ones that the data lacks are left out.

    Data that the template does not declare is ignored: an order tells more than its template says.
    Raises ``TemplateNotFilled``.
    """
    values: dict[str, object] = {}
    for field in template.fields:
        given = data.get(field.name)
        if given in (None, ""):
            if field.required:
                raise TemplateNotFilled(template.key, field.name)
            continue
        read, reason = READERS[field.type]
        try:
            values[field.name] = read(given)
        except (ValueError, TypeError, KeyError) as error:
            raise TemplateNotFilled(template.key, field.name, reason) from error
    return values
