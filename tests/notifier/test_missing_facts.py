"""Every template with whatever may be missing: nobody reads an id, ``None`` or an empty phrase."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from itertools import combinations
from typing import Any

import pytest

from services.notifier.domain.emails import Carer
from services.notifier.domain.letters import compose_letter
from services.notifier.domain.salutations import Person
from shared.contracts.lines import LINES
from shared.contracts.templates import TEMPLATES as DEFINITIONS
from tests.notifier.email.examples import AGENCY, LINKS, TEMPLATES
from tests.notifier.letters.examples import SANGERHAUSEN, UTE

MONDAY = date(2026, 11, 23)
FACTS: dict[str, Any] = {
    "years": 10,
    "line": "building",
    "title": "Wein & Wissen",
    "starts_at": datetime(2027, 1, 13, 18, 30, tzinfo=UTC).isoformat(),
    "place": "Altes Rathaus",
    "at": "2027-01-19T10:00:00+01:00",
    "appointment": "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11",
    "way": "visit",
    "minutes": 90,
    "sequence": 0,
    "insurer": "Muster Versicherung AG",
    "contract_number": "4711-0815",
    "cancelled_on": "2026-06-30",
    "effective_on": "2026-12-31",
    "change": "birth",
    "previous_carer": "Jonas Adler",
    "articles": [{"title": "Winter", "text": "Rohre entleeren."}],
    "contract_id": "INTERNAL-KEY",
    "staff_id": "S-1",
}
READERS = {
    "sie": UTE,
    "du": replace(UTE, form_of_address="du"),
    "en": replace(UTE, language="en"),
    "nobody": Person(last_name="Ganz"),
}
CARERS = (
    Carer(name="Jonas Adler", email="jonas@musterbetrieb.example", phone="+49 3464 1", role="Rat"),
    Carer(name="Jonas Adler"),
)
WRONG = re.compile(
    r"\bNone\b|\bnull\b|INTERNAL-KEY|\bS-1\b|[{}]|undefined|  |[ \t][.,;:!?)](?!\.)|\.\.|,,|::"
    r"|\(\s*\)|,\s*\.|;\s*\.|\bam \.|\bon \.|\(Nr\. \)|\bbei der [.(,]|\bunter oder\b|:\s*$"
)


def cases() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Template, medium and data: with every set of its optional facts missing."""
    for key, definition in DEFINITIONS.items():
        optional = [field.name for field in definition.fields if not field.required]
        for count in range(len(optional) + 1):
            for missing in combinations(optional, count):
                data = {name: value for name, value in FACTS.items() if name not in missing}
                for medium in definition.media:
                    yield key, medium, data


def said(key: str, medium: str, data: dict[str, Any], person: Person, carer: Carer) -> list[str]:
    """Every text that a reader sees: subject, blocks and, of an e-mail, both parts."""
    if medium == "letter":
        text = TEMPLATES.render_letter(
            key, person=person, carer=carer, agency=AGENCY, data=data, on=MONDAY
        )
        letter = compose_letter(
            letter_id="L-1", customer_id="K-1", text=text, person=person, address=SANGERHAUSEN,
            signer=carer, dated=MONDAY,
        )  # fmt: skip
        pieces = [text for block in letter.blocks for text in (block.text, *block.items)]
        assert all(block.text or block.items for block in letter.blocks)
        assert all(item for block in letter.blocks for item in block.items)
        return [letter.subject, letter.greeting, *(piece for piece in pieces if piece)]
    mail = TEMPLATES.render_email(
        key, person.language, person=person, carer=carer, agency=AGENCY, data=data, links=LINKS,
        basis="consent", on=MONDAY,
    )  # fmt: skip
    assert not re.search(r"<(p|li|td|strong)>\s*</\1>|<br />\s*<br />", mail.html)
    assert "\n\n\n" not in mail.text
    seen = re.sub(r"<(style|head|title)\b.*?</\1>|<!--.*?-->", "", mail.html, flags=re.S)
    pieces = [unescape(piece).strip() for piece in re.split(r"<[^>]+>", seen)]
    return [mail.subject, *mail.text.replace("-- \n", "").split("\n\n"), *pieces]


@pytest.mark.parametrize("reader", READERS)
def test_a_missing_fact_leaves_its_sentence_out_and_nothing_else(reader: str) -> None:
    person = READERS[reader]
    for key, medium, data in cases():
        for carer in CARERS:
            for piece in said(key, medium, data, person, carer):
                body = re.sub(r"https?://\S+", "LINK", piece).removesuffix(":")
                assert not WRONG.search(body), (key, medium, sorted(data), piece)
                if reader == "du":
                    assert not re.search(r"\b(Sie|Ihr|Ihre[mnrs]?|Ihnen)\b", body), (key, piece)


def cancellation(medium: str, person: Person = UTE, **changes: Any) -> str:
    data = {name: value for name, value in {**FACTS, **changes}.items() if value is not None}
    return "\n".join(said("cancellation_confirmation", medium, data, person, CARERS[0]))


@pytest.mark.parametrize("medium", ["email", "letter"])
def test_cancellation(medium: str) -> None:
    text = cancellation(medium)
    phrase = "Ihre Wohngebäudeversicherung bei der Muster Versicherung AG (Nr. 4711-0815)"
    assert phrase in text
    assert "am 30. Juni 2026 eingegangen" in text
    assert "endet am 31. Dezember 2026." in text
    assert "Mit dem Vertrag endet auch sein Schutz" in text


@pytest.mark.parametrize("medium", ["email", "letter"])
@pytest.mark.parametrize("line", ["pension", "company_pension", "life", "bauspar", "unknown", None])
def test_nothing_comforts_where_money_may_have_been_saved(medium: str, line: str | None) -> None:
    text = cancellation(medium, line=line)
    assert "Schutz" not in text
    assert "erstattet" not in text
    assert "nicht berührt" not in text
    assert "endet am 31. Dezember 2026." in text
    assert ("Guthaben" in text) == (line in ("pension", "company_pension", "bauspar"))


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"line": None}, "Ihren Vertrag bei der Muster Versicherung AG (Nr. 4711-0815)"),
        ({"insurer": None}, "Ihre Wohngebäudeversicherung (Nr. 4711-0815)"),
        ({"line": "bauspar", "contract_number": None}, "Ihren Bausparvertrag bei der Muster"),
        ({"line": None, "insurer": None, "contract_number": None}, "für Ihren Vertrag ist"),
        ({"cancelled_on": None}, "(Nr. 4711-0815) ist eingegangen."),
    ],
)
def test_a_contract_is_named_by_what_is_known(changes: dict[str, Any], phrase: str) -> None:
    assert phrase in cancellation("letter", **changes)
    assert phrase in cancellation("email", **changes)


def test_every_line_has_a_noun_in_both_languages() -> None:
    for line in LINES:
        assert "versicherungversicherung" not in cancellation("letter", line=line.key)
        english = cancellation("letter", READERS["en"], line=line.key)
        assert "insurance insurance" not in english
        assert "contract insurance" not in english
