"""All message templates, compiled: the one door to the words of e-mails, letters and previews."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Template, UndefinedError

from services.notifier.channels.templates.email_source import html_source, text_source
from services.notifier.channels.templates.expressions import (
    form_of_address,
    html_environment,
    letter_environment,
    missing_name,
    text_environment,
)
from services.notifier.channels.templates.letter_source import filled_pieces, letter_source
from services.notifier.channels.templates.sources import TemplateSources, read_sources
from services.notifier.domain.contract_words import contract_words
from services.notifier.domain.emails import Carer, EmailLinks, RenderedEmail, sender_lines
from services.notifier.domain.letters import RenderedLetterText
from services.notifier.domain.salutations import (
    Language,
    Person,
    closing_line,
    greeting_line,
    one_line,
)
from services.notifier.domain.template_fields import read_fields
from services.notifier.domain.templates import (
    Layout,
    LetterWords,
    TemplateNotFilled,
    find_template,
    is_advertising,
)
from shared.contracts.identities import SenderIdentity
from shared.contracts.templates import TEMPLATES, TemplateDefinition

VERSION_DIGITS = 12
"""48 bits tell the few hundred versions of a template apart."""

BY_POST = timedelta(days=3)
"""What a letter takes to its reader, over a Sunday."""
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class _Email:
    subject: Template
    html: Template
    text: Template


@dataclass(frozen=True, slots=True)
class _Letter:
    layout: Layout
    words: LetterWords
    template: Template


class MessageTemplates:
    """Every template in every medium and language, each compiled when it is first used.

    Compiling all takes a second, which every start would wait for; tests compile and fill each.
    """

    def __init__(self, sources: TemplateSources | None = None) -> None:
        self._sources = sources or read_sources()
        self._versions = {
            key: hashlib.sha256(text.model_dump_json().encode()).hexdigest()[:VERSION_DIGITS]
            for key, text in self._sources.texts.items()
        }
        self._emails: dict[tuple[str, Language], _Email] = {}
        self._letters: dict[tuple[str, Language], _Letter] = {}

    def version_of(self, key: str) -> str:
        """Return the version of a template: a digest of its words, which every change changes."""
        return self._versions[key]

    def asks(self, key: str) -> bool:
        """Tell whether the e-mail has a button, which needs the public answer link."""
        return TEMPLATES[key].answers is not None

    def render_email(
        self,
        key: str,
        language: Language,
        *,
        person: Person,
        carer: Carer,
        agency: SenderIdentity,
        data: Mapping[str, Any],
        links: EmailLinks,
        basis: str,
        on: date,
        zone: ZoneInfo | None = None,
    ) -> RenderedEmail:
        """Fill one e-mail; ``basis`` as in ``permissions.Allowed``, ``on`` the day it leaves.

        Instants are written by the clock of ``zone``, or of the place they name if it is None.

        Raises ``TemplateUnknown``, or ``TemplateNotFilled`` naming template and field.
        """
        template = find_template(key, channel="email")
        fields = _by_the_clock_of(zone, read_fields(template, data))
        self._require_links(template, links)
        reader = replace(person, language=language)
        names = {
            "articles": self._sources.topics_for(language, read_on=on),
            **fields,
            "on": on,
            "greeting": greeting_line(reader),
            "closing": closing_line(reader),
            "agency": agency,
            "sender_lines": sender_lines(agency, language),
            "s": form_of_address(familiar=reader.is_familiar),
            "contract": contract_words(fields, language, familiar=reader.is_familiar),
            "carer": carer,
            "links": links,
            "basis": basis,
            "advertises": is_advertising(template),
        }
        compiled = self._email(key, language)
        text = _filled(template, compiled.text, names)
        return RenderedEmail(
            subject=one_line(_filled(template, compiled.subject, names)),
            html=_filled(template, compiled.html, names),
            text=_BLANK_LINES.sub("\n\n", text).strip() + "\n",
        )

    def render_letter(
        self,
        key: str,
        *,
        person: Person,
        carer: Carer,
        agency: SenderIdentity,
        data: Mapping[str, Any],
        on: date,
    ) -> RenderedLetterText:
        """Fill one letter, which is dated ``on`` that day.

        Raises ``TemplateUnknown`` or ``TemplateNotFilled``.
        """
        template = find_template(key, channel="letter")
        fields, familiar = read_fields(template, data), person.is_familiar
        names = {
            "articles": self._sources.topics_for(person.language, read_on=on + BY_POST),
            **fields,
            "on": on,
            "agency": agency,
            # A letter asks to be called or written to, so it always says how.
            "carer": replace(
                carer, phone=carer.phone or agency.phone, email=carer.email or agency.email
            ),
            "s": form_of_address(familiar=familiar),
            "contract": contract_words(fields, person.language, familiar=familiar),
        }
        compiled = self._letter(key, person.language)
        rendered = _filled(template, compiled.template, names)
        subject, blocks, notice = filled_pieces(compiled.words, rendered)
        return RenderedLetterText(
            template=key,
            promotional=is_advertising(template),
            layout=compiled.layout,
            subject=subject,
            blocks=blocks,
            notice=notice or None,
        )

    def _require_links(self, template: TemplateDefinition, links: EmailLinks) -> None:
        """Say what is missing before anything is filled."""
        if is_advertising(template) and not links.unsubscribe:
            raise TemplateNotFilled(template.key, "links.unsubscribe")
        if self.asks(template.key) and not links.answer:
            raise TemplateNotFilled(template.key, "links.answer")

    def _email(self, key: str, language: Language) -> _Email:
        found = self._emails.get((key, language))
        if found is None:
            found = self._emails[key, language] = self._compiled_email(key, language)
        return found

    def _letter(self, key: str, language: Language) -> _Letter:
        found = self._letters.get((key, language))
        if found is None:
            found = self._letters[key, language] = self._compiled_letter(key, language)
        return found

    def _compiled_email(self, key: str, language: Language) -> _Email:
        html, plain = html_environment(language), text_environment(language)
        notice, text = self._sources.notices[language], self._sources.texts[key].email
        assert text is not None, f"{key} is sent by e-mail and has no words for it"
        words = text.en if language == "en" else text.de
        return _Email(
            subject=plain.from_string(words.subject),
            html=html.from_string(html_source(words, notice, self._sources, html, language)),
            text=plain.from_string(text_source(words, notice, self._sources)),
        )

    def _compiled_letter(self, key: str, language: Language) -> _Letter:
        text = self._sources.texts[key].letter
        assert text is not None, f"{key} is printed and has no words for it"
        words = text.en if language == "en" else text.de
        notice = self._sources.notices[language].objection
        source = letter_source(words, notice if is_advertising(TEMPLATES[key]) else "")
        return _Letter(text.layout, words, letter_environment(language).from_string(source))


def _filled(template: TemplateDefinition, compiled: Template, names: dict[str, Any]) -> str:
    try:
        return compiled.render(names)
    except UndefinedError as error:
        raise TemplateNotFilled(template.key, missing_name(error)) from error


def _by_the_clock_of(zone: ZoneInfo | None, fields: dict[str, object]) -> dict[str, object]:
    """Move instants to the agency's zone: a system that tells UTC invites for the right hour."""
    if zone is None:
        return fields
    return {
        name: value.astimezone(zone) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }
