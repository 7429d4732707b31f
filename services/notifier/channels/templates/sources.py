"""The template files, read once at start.

``messages/<key>.toml`` holds the words of one template. ``notices.toml`` is what advertising must
say: how to unsubscribe, why the reader gets it and how to object. ``topics.json`` holds the
newsletter's standing topics of each quarter, each to its last day. ``email/layout.mjml`` and
``email/layout.txt`` frame every e-mail; the page of a letter is ``letters/letter.typ``.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import Field, TypeAdapter

from services.notifier.domain.salutations import Language
from services.notifier.domain.templates import TemplateText
from shared.contracts.vocabulary import Strict

DIRECTORY = Path(__file__).parents[2] / "templates"


class Notice(Strict):
    """What advertising says at its end, in one language.

    ``unsubscribe`` is the label of an e-mail's link, ``reason`` says why the reader gets the
    e-mail, and ``objection`` is the notice of a letter (Art. 21 (2), (4) GDPR).
    """

    unsubscribe: str
    reason: str
    objection: str


class Topic(Strict):
    """One short piece of a newsletter; ``until`` is the last day of the year (MM-DD) on which it
    helps whoever reads it."""

    title: str
    text: str
    until: str | None = Field(default=None, pattern=r"^[01][0-9]-[0-3][0-9]$")

    def helps_on(self, day: date) -> bool:
        """Tell whether the reader of that day can still do what it says."""
        return self.until is None or f"{day:%m-%d}" <= self.until


Notices = Mapping[Language, Notice]
Topics = Mapping[Language, Mapping[str, list[Topic]]]
"""By language, then by quarter (``"1"`` to ``"4"``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSources:
    """Everything that messages are made of, as it stands in the files."""

    texts: Mapping[str, TemplateText]
    notices: Notices
    topics: Topics
    html_layout: str
    text_layout: str

    def topics_for(self, language: Language, *, read_on: date) -> list[Topic]:
        """The standing topics for whoever reads them that day."""
        quarter = str((read_on.month + 2) // 3)
        return [each for each in self.topics[language][quarter] if each.helps_on(read_on)]


def read_sources(directory: Path = DIRECTORY) -> TemplateSources:
    """Read all files. Raises ``OSError`` and ``pydantic.ValidationError``."""
    return TemplateSources(
        texts={file.stem: _text(file) for file in sorted((directory / "messages").glob("*.toml"))},
        notices=TypeAdapter(dict[Language, Notice]).validate_python(
            tomllib.loads((directory / "notices.toml").read_text("utf-8"))
        ),
        topics=TypeAdapter(dict[Language, dict[str, list[Topic]]]).validate_python(
            json.loads((directory / "topics.json").read_text("utf-8"))
        ),
        html_layout=(directory / "email" / "layout.mjml").read_text("utf-8"),
        text_layout=(directory / "email" / "layout.txt").read_text("utf-8"),
    )


def _text(file: Path) -> TemplateText:
    # TOML has arrays and the model has tuples; only the lax reading turns one into the other.
    return TemplateText.model_validate(tomllib.loads(file.read_text("utf-8")), strict=False)
