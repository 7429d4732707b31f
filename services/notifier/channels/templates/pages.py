"""Writes the pages behind the links of an e-mail, in the reader's language and form of address."""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Template
from markupsafe import Markup
from pydantic import TypeAdapter

from services.notifier.channels.templates.contact_links import with_contact_links
from services.notifier.channels.templates.expressions import (
    form_of_address,
    html_environment,
    text_environment,
)
from services.notifier.channels.templates.sources import DIRECTORY
from services.notifier.domain.emails import sender_lines
from services.notifier.domain.pages import Page, Reader
from services.notifier.domain.salutations import Language
from shared.contracts.answers import AnswerAbout, DayPart, MessageAnswer
from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import Strict

PAGES: Final = DIRECTORY / "pages"


class AboutWords(Strict):
    """What the page says to one kind of question: its title, the buttons, and what follows."""

    title: str
    labels: Mapping[MessageAnswer, str]
    done: Mapping[MessageAnswer, str]


class ProposalWords(Strict):
    """The form that asks for another time."""

    title: str
    day: str
    part: str
    any: str
    parts: Mapping[DayPart, str]


class PageWords(Strict):
    """What the pages say in one language; texts are templates of Jinja2."""

    names: Mapping[ConsentPurpose, str]
    unsubscribe: Mapping[str, str]
    proposal: ProposalWords
    answer: Mapping[str, str]
    over: Mapping[str, str]
    broken: Mapping[str, str]
    failed: Mapping[str, str]
    about: Mapping[AnswerAbout, AboutWords]


@cache
def words_of(language: Language) -> PageWords:
    """Return the words of a language, read once."""
    read = tomllib.loads((PAGES / "words.toml").read_text("utf-8"))
    return TypeAdapter(dict[Language, PageWords]).validate_python(read)[language]


def filled(text: str, reader: Reader, **values: Any) -> str:
    """Return a text of the words with its values, in the reader's form of address."""
    template = _compiled(text, reader.language)
    return template.render(s=form_of_address(familiar=reader.familiar), **values)


@cache
def _compiled(text: str, language: Language) -> Template:
    return text_environment(language).from_string(text)  # the page escapes whatever it shows


@cache
def style() -> str:
    """Return the style sheet that stands in each page."""
    return (PAGES / "page.css").read_text("utf-8")


@cache
def style_digest() -> str:
    """Return the style sheet's digest as Content-Security-Policy wants it."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _page(language: Language) -> Template:
    environment = html_environment(language)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters["contact_links"] = with_contact_links
    return environment.from_string((PAGES / "page.html").read_text("utf-8"))


def written_page(page: Page, reader: Reader) -> str:
    """Return a page as HTML; every text is escaped."""
    return _page(reader.language).render(
        page=page,
        language=reader.language,
        style=Markup(style()),  # our own file, and a quotation mark would change its digest
        words=words_of(reader.language),
        sender=reader.sender,
        sender_lines=sender_lines(reader.sender, reader.language) if reader.sender else (),
    )
