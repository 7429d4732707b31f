"""From template files to a mail in a reader's own words.

MJML becomes HTML once per template, at start; what stays is a Jinja2 template that is only
filled per message. HTML is escaped, plain text is not. A name that a template uses and nobody
gave is an error: a mail that greets nobody must not leave.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import mjml
from babel.dates import format_date, format_time
from jinja2 import Environment, StrictUndefined, Template, UndefinedError

from services.notifier.channels.email.sources import (
    EmailSources,
    TemplateSource,
    Topics,
    read_sources,
)
from services.notifier.domain.emails import Carer, EmailLinks, RenderedEmail, sender_lines
from services.notifier.domain.life_changes import LIFE_CHANGES
from services.notifier.domain.salutations import (
    Language,
    Person,
    closing_line,
    greeting_line,
    one_line,
)
from services.notifier.domain.templates import EmailTemplate, email_template
from shared.contracts.identities import SenderIdentity
from shared.contracts.lines import BY_KEY
from shared.failures import Permanent

BODY_MARK = "<!-- BODY -->"
LOCALES: dict[Language, str] = {"de": "de_DE", "en": "en_GB"}
READERS: dict[str, tuple[Callable[[Any], object], str]] = {
    "cancelled_on": (date.fromisoformat, "is no day"),
    "effective_on": (date.fromisoformat, "is no day"),
    "starts_at": (datetime.fromisoformat, "is no instant"),
    "line": (BY_KEY.__getitem__, "is no line of the line table"),
    "change": (LIFE_CHANGES.__getitem__, "is no change of a life"),
    "years": (int, "is no number"),
}
"""Fields with a meaning, by name: what templates get is the value, not its text."""

_BLANK_LINES = re.compile(r"\n{3,}")
_MISSING = re.compile(r"'([a-z_]+)' is undefined|has no attribute '([a-z_]+)'")


class RenderingFailed(Permanent):
    """a template could not be filled: ``field`` is missing or unreadable"""

    def __init__(self, template: str, field: str, reason: str = "is missing") -> None:
        super().__init__(f"template {template}: {field} {reason}")
        self.template, self.field = template, field


@dataclass(frozen=True, slots=True)
class _Compiled:
    subject: Template
    html: Template
    text: Template


class EmailTemplates:
    """Every e-mail template, compiled; make one at start (about half a second) and keep it."""

    def __init__(self, sources: EmailSources | None = None) -> None:
        sources = sources or read_sources()
        self._topics: Topics = sources.topics
        self._compiled = {
            place: _compile(source, sources, language=place[1])
            for place, source in sources.templates.items()
        }

    def render(
        self,
        template: str,
        language: Language,
        *,
        person: Person,
        carer: Carer,
        identity: SenderIdentity,
        data: Mapping[str, Any],
        links: EmailLinks,
        basis: str,
        on: date,
    ) -> RenderedEmail:
        """Fill one template; ``basis`` as in ``permissions.Allowed``, ``on`` the day it leaves.

        Raises ``TemplateUnknown``, or ``RenderingFailed`` naming template and field.
        """
        wanted = email_template(template)
        _require(wanted, data, links)
        compiled = self._compiled[(wanted.key, language)]
        names = {
            **_readable(wanted, data),
            **_frame(replace(person, language=language), identity),
            "carer": carer,
            "links": links,
            "basis": basis,
            "advertises": wanted.advertises,
            "topics": self._quarter(language, on),
        }
        try:
            return RenderedEmail(
                subject=one_line(compiled.subject.render(names)),
                html=compiled.html.render(names),
                text=_BLANK_LINES.sub("\n\n", compiled.text.render(names)).strip() + "\n",
            )
        except UndefinedError as error:
            raise RenderingFailed(wanted.key, _field(error)) from error

    def _quarter(self, language: Language, on: date) -> Sequence[object]:
        return self._topics[language][str((on.month + 2) // 3)]


def _require(template: EmailTemplate, data: Mapping[str, Any], links: EmailLinks) -> None:
    """Say what is missing before anything is filled: also what a template only tests for."""
    for field in template.fields:
        if data.get(field) in (None, ""):
            raise RenderingFailed(template.key, field)
    if template.advertises and not links.unsubscribe:
        raise RenderingFailed(template.key, "links.unsubscribe")
    if template.wants_answer and not links.answer:
        raise RenderingFailed(template.key, "links.answer")


def _readable(template: EmailTemplate, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with its days, instants and lines read; the rest as it came."""
    values = dict(data)
    for field, (read, reason) in READERS.items():
        if values.get(field) is not None:
            try:
                values[field] = read(values[field])
            except (ValueError, TypeError, KeyError) as error:
                raise RenderingFailed(template.key, field, reason) from error
    return values


def _frame(person: Person, identity: SenderIdentity) -> dict[str, Any]:
    """What stands around every text: greeting, closing, and the agency's legal notice."""
    return {
        "greeting": greeting_line(person),
        "closing": closing_line(person),
        "identity": identity,
        "sender_lines": sender_lines(identity, person.language),
        "s": _form(person),
    }


def _form(person: Person) -> Callable[[str, str], str]:
    """``s("Ihnen", "dir")``: the word for the reader's form of address."""
    familiar = person.form_of_address == "du" and not person.is_company
    return lambda formal, informal: informal if familiar else formal


def _field(error: UndefinedError) -> str:
    found = _MISSING.search(str(error))
    return (found[1] or found[2]) if found else "a field"


def _compile(source: TemplateSource, sources: EmailSources, *, language: Language) -> _Compiled:
    notice = sources.notices[language]
    page = (
        sources.html_layout.replace(BODY_MARK, source.html)
        .replace("PREVIEW", source.preview)
        .replace("REASON", notice.reason)
        .replace("UNSUBSCRIBE", notice.unsubscribe)
    )
    text = (
        sources.text_layout.replace(BODY_MARK, source.text.strip())
        .replace("REASON", notice.reason)
        .replace("UNSUBSCRIBE", notice.unsubscribe)
    )
    return _Compiled(
        subject=_environment(language, escape=False).from_string(source.subject),
        html=_environment(language, escape=True).from_string(mjml.mjml2html(page)),
        text=_environment(language, escape=False).from_string(text),
    )


def _environment(language: Language, *, escape: bool) -> Environment:
    environment = Environment(
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=not escape,
        lstrip_blocks=not escape,
    )
    locale = LOCALES[language]
    environment.filters["day"] = lambda day: format_date(day, "long", locale)
    environment.filters["weekday"] = lambda day: format_date(day, "EEEE", locale)
    environment.filters["clock"] = lambda at: format_time(at.timetz(), "short", locale=locale)
    environment.filters["line_name"] = lambda line: getattr(line, language)
    environment.filters["change_name"] = lambda words: getattr(words, language)
    return environment
