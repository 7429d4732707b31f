"""The template files of the e-mail channel, read once at start.

``layout.mjml`` and ``layout.txt`` frame every mail; ``<language>/<key>.mjml`` is what it says in
HTML, ``<language>/<key>.txt`` the same for plain readers, headed by its subject and preview
line. ``<language>/notice.txt`` is what every advertising mail must say: the words of its
unsubscribe link, then why the reader gets it and how to object. ``topics.json`` holds the
newsletter's standing topics of each quarter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter

from services.notifier.domain.salutations import Language
from services.notifier.domain.templates import EMAIL_TEMPLATES
from shared.contracts.vocabulary import Strict

LANGUAGES: tuple[Language, ...] = get_args(Language)
DIRECTORY = Path(__file__).parents[2] / "templates" / "email"


class Topic(Strict):
    """One short piece of a newsletter."""

    title: str
    text: str


Topics = dict[str, dict[str, list[Topic]]]
"""By language, then by quarter (``"1"`` to ``"4"``)."""


class TemplateFileBroken(Exception):
    """A template file does not begin with its Subject and Preview lines."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSource:
    """What one template says in one language, as written in its files."""

    subject: str
    preview: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The unsubscribe link's words, and reason for receipt with the notice to object."""

    unsubscribe: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSources:
    """Everything that mails are made of."""

    html_layout: str
    text_layout: str
    templates: Mapping[tuple[str, Language], TemplateSource]
    notices: Mapping[Language, Notice]
    topics: Topics


def read_sources(directory: Path = DIRECTORY) -> EmailSources:
    """Read every template of the catalogue in every language.

    Raises ``OSError`` for a missing file and ``TemplateFileBroken`` for one without its heading.
    """
    topics = json.loads((directory / "topics.json").read_text("utf-8"))
    return EmailSources(
        html_layout=(directory / "layout.mjml").read_text("utf-8"),
        text_layout=(directory / "layout.txt").read_text("utf-8"),
        templates={
            (key, language): _read(directory / language, key)
            for key in EMAIL_TEMPLATES
            for language in LANGUAGES
        },
        notices={language: _notice(directory / language) for language in LANGUAGES},
        topics=TypeAdapter(Topics).validate_python(topics),
    )


def _read(directory: Path, key: str) -> TemplateSource:
    head, _, text = (directory / f"{key}.txt").read_text("utf-8").partition("\n\n")
    subject, _, preview = head.partition("\n")
    if not (subject.startswith("Subject: ") and preview.startswith("Preview: ")):
        raise TemplateFileBroken(f"{directory.name}/{key}.txt")
    return TemplateSource(
        subject=subject.removeprefix("Subject: "),
        preview=preview.removeprefix("Preview: "),
        html=(directory / f"{key}.mjml").read_text("utf-8"),
        text=text,
    )


def _notice(directory: Path) -> Notice:
    unsubscribe, _, reason = (directory / "notice.txt").read_text("utf-8").partition("\n\n")
    return Notice(unsubscribe=unsubscribe.strip(), reason=reason.strip())
