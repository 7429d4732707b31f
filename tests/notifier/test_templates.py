"""The words of every template fit what the table says of it, in each medium and language."""

from collections.abc import Iterator
from datetime import date

import pytest
from jinja2 import meta
from jinja2.exceptions import SecurityError
from pydantic import ValidationError

from services.notifier.channels.templates.expressions import html_environment, text_environment
from services.notifier.channels.templates.sources import read_sources
from services.notifier.domain.template_fields import read_fields
from services.notifier.domain.templates import Block, EmailWords, LetterWords, TemplateText
from shared.contracts.lines import BY_KEY
from shared.contracts.templates import CALENDAR_FIELDS, TEMPLATES

SOURCES = read_sources()
KNOWN_TO_ALL = {"agency", "carer", "contract", "on", "s"}


def media_of(text: TemplateText) -> set[str]:
    found = {"email": text.email, "letter": text.letter}
    return {medium for medium, words in found.items() if words is not None}


def every_text() -> Iterator[tuple[str, EmailWords | LetterWords]]:
    """Key and words of each template, by medium and language."""
    for key, text in SOURCES.texts.items():
        for medium in (text.email, text.letter):
            if medium is not None:
                yield key, medium.de
                yield key, medium.en


def names_in(words: EmailWords | LetterWords) -> set[str]:
    """The names that the expressions of a text use."""
    pieces = [words.subject, *([words.preview] if isinstance(words, EmailWords) else [])]
    for block in words.blocks:
        pieces += [block.text, *block.items]
    used = meta.find_undeclared_variables(text_environment("de").parse("\n".join(pieces)))
    return used | {"articles" for block in words.blocks if block.kind == "articles"}


def test_each_template_of_the_table_has_words_for_its_media_and_there_are_no_others() -> None:
    assert {key: media_of(text) for key, text in SOURCES.texts.items()} == {
        key: set(template.media) for key, template in TEMPLATES.items()
    }


@pytest.mark.parametrize(("key", "words"), list(every_text()))
def test_words_use_the_declared_fields_and_each_required_one(
    key: str, words: EmailWords | LetterWords
) -> None:
    fields = TEMPLATES[key].fields
    used = names_in(words) - KNOWN_TO_ALL
    assert used <= {field.name for field in fields}
    in_calendar = CALENDAR_FIELDS if TEMPLATES[key].calendar else frozenset()
    assert used | in_calendar >= {field.name for field in fields if field.required}


@pytest.mark.parametrize("key", [key for key, text in SOURCES.texts.items() if text.email])
def test_an_email_asks_in_both_languages_or_in_none(key: str) -> None:
    email = SOURCES.texts[key].email
    assert email is not None
    german, english = ([block.kind for block in words.blocks] for words in (email.de, email.en))
    assert german == english


def test_a_letter_has_no_button_and_an_email_no_line_to_write_on() -> None:
    with pytest.raises(ValidationError, match="no button"):
        LetterWords(subject="Betreff", blocks=(Block(kind="button", text="Antworten"),))
    with pytest.raises(ValidationError, match="no question"):
        EmailWords(subject="Betreff", preview="Kurz", blocks=(Block(kind="question", text="?"),))


def test_an_expression_reaches_nothing_but_the_values_it_is_given() -> None:
    for expression in ("{{ carer.__class__ }}", "{{ carer.__class__.__mro__ }}"):
        with pytest.raises(SecurityError):
            html_environment("de").from_string(expression).render(carer="Jonas")
    with pytest.raises(SecurityError):
        html_environment("de").from_string("{{ names.append(1) }}").render(names=[])


def test_fields_are_read_by_their_type_and_other_data_is_ignored() -> None:
    data = {"insurer": "Muster AG", "cancelled_on": "2026-11-20", "line": "household", "due": "?"}
    assert read_fields(TEMPLATES["cancellation_confirmation"], data) == {
        "insurer": "Muster AG",
        "cancelled_on": date(2026, 11, 20),
        "line": BY_KEY["household"],
    }
