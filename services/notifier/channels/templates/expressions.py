"""The expression language of templates: Jinja2 in a sandbox, the same for e-mail and letter.

Expressions may use the template's fields, ``carer``, ``agency``, and ``s("Ihnen", "dir")`` for the
reader's form of address. Filters write values as the reader does: ``day``, ``weekday``, ``clock``,
``span`` (of years), ``name`` (of a code), ``strong``. A name that nobody gave is an error, because
a message with a gap must not leave.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Protocol

from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from services.notifier.domain.formats import (
    written_clock,
    written_day,
    written_weekday,
    written_years,
)
from services.notifier.domain.salutations import Language, one_line

_MISSING = re.compile(r"'([a-z_]+)' is undefined|has no attribute '([a-z_]+)'")


class Named(Protocol):
    """A code of ours with its words in both languages, as a line of business."""

    @property
    def de(self) -> str: ...
    @property
    def en(self) -> str: ...


def html_environment(language: Language) -> ImmutableSandboxedEnvironment:
    """Return the environment of HTML: values are escaped."""
    environment = _with_filters(_environment(autoescape=True), language)
    environment.filters["strong"] = lambda value: Markup("<strong>{}</strong>").format(value)
    return environment


def text_environment(language: Language) -> ImmutableSandboxedEnvironment:
    """Return the environment of an e-mail's subject and plain text."""
    return _with_filters(_environment(trim_blocks=True, lstrip_blocks=True), language)


def letter_environment(language: Language) -> ImmutableSandboxedEnvironment:
    """Return the environment of letters: each value stays on one line."""
    return _with_filters(_environment(finalize=lambda value: one_line(str(value))), language)


def form_of_address(*, familiar: bool) -> Callable[[str, str], str]:
    """Return ``s``: it chooses the second word for a reader who is addressed as *du*."""
    return lambda formal, informal: informal if familiar else formal


def missing_name(error: UndefinedError) -> str:
    """Return the name that a template used and nobody gave."""
    found = _MISSING.search(str(error))
    return (found[1] or found[2]) if found else "a field"


def _environment(**options: Any) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, **options)


def _with_filters(
    environment: ImmutableSandboxedEnvironment, language: Language
) -> ImmutableSandboxedEnvironment:
    def day(value: date) -> str:
        return written_day(value, language)

    def weekday(value: date) -> str:
        return written_weekday(value, language)

    def clock(value: datetime) -> str:
        return written_clock(value, language)

    def span(years: int) -> str:
        return written_years(years, language)

    def name(code: Named) -> str:
        return code.en if language == "en" else code.de

    environment.filters |= {
        "day": day,
        "weekday": weekday,
        "clock": clock,
        "span": span,
        "name": name,
        "strong": str,
    }
    return environment
