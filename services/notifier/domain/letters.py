"""What a letter says: templates as data, and one letter composed for one recipient.

Advertising letters carry the notice of the right to object (Art. 21 (2), (4) GDPR); service
letters carry no offer and no such notice.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal

from babel.dates import format_date
from pydantic import Field

from services.notifier.domain.addresses import PostalAddress, address_lines
from services.notifier.domain.life_changes import LIFE_CHANGES
from services.notifier.domain.permissions import Question
from services.notifier.domain.salutations import (
    Language,
    Person,
    closing_line,
    full_name,
    greeting_line,
    one_line,
)
from shared.contracts.identities import SenderIdentity
from shared.contracts.lines import BY_KEY
from shared.contracts.vocabulary import Strict

Purpose = Literal["service", "advertising", "newsletter", "events"]
Layout = Literal["letter", "card"]
Value = str | int | date
"""What may stand in a placeholder; text in the form of an ISO day is written as a day."""

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

OBJECTION_NOTICE = {
    "sie": "Sie möchten solche Post nicht mehr erhalten? Sie können der Verwendung Ihrer Daten "
    "für Werbung jederzeit widersprechen (Art. 21 Abs. 2 DSGVO). Eine kurze Nachricht an "
    "{agency_email} oder ein Anruf unter {agency_phone} genügt.",
    "du": "Du möchtest solche Post nicht mehr erhalten? Du kannst der Verwendung deiner Daten "
    "für Werbung jederzeit widersprechen (Art. 21 Abs. 2 DSGVO). Eine kurze Nachricht an "
    "{agency_email} oder ein Anruf unter {agency_phone} genügt.",
    "en": "You would rather not receive such letters? You may object to the use of your data "
    "for advertising at any time (Art. 21 (2) GDPR). A short message to {agency_email} or a "
    "call to {agency_phone} is enough.",
}


_NAMES: dict[str, dict[str, dict[Language, str]]] = {
    "line": {key: {"de": line.de, "en": line.en} for key, line in BY_KEY.items()},
    "change": {key: {"de": words.de, "en": words.en} for key, words in LIFE_CHANGES.items()},
}
"""Placeholders whose value is a code, with the words for each code."""


class Block(Strict):
    """One piece of a letter's body. A question without items leaves a line to write on."""

    kind: Literal["paragraph", "heading", "list", "question"] = "paragraph"
    text: str = ""
    items: tuple[str, ...] = ()


class LetterText(Strict):
    """A letter's words in one language and form of address, with ``{placeholders}``."""

    subject: str = Field(min_length=1, max_length=160)
    blocks: tuple[Block, ...] = Field(min_length=1)


class LetterTemplate(Strict):
    """A kind of letter, as data. Its purpose is fixed: it decides about consent and notice.

    ``winding_up``, ``before_mandate``, ``from_profile``: as in ``permissions.Question``.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    purpose: Purpose
    layout: Layout = "letter"
    winding_up: bool = False
    before_mandate: bool = False
    from_profile: bool = False
    de: LetterText
    de_du: LetterText
    en: LetterText

    @property
    def is_promotional(self) -> bool:
        return self.purpose != "service"

    @property
    def question(self) -> Question:
        """What the law is asked about a letter made from this template."""
        return Question(
            channel="letter",
            purpose=self.purpose,
            winding_up=self.winding_up,
            before_mandate=self.before_mandate,
            from_profile=self.from_profile,
        )

    def text_for(self, person: Person) -> LetterText:
        if person.language == "en":
            return self.en
        return self.de_du if person.form_of_address == "du" else self.de


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs a letter and is asked back: the customer's carer."""

    name: str
    role_de: str
    role_en: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter, ready to be set: every word final, nothing of it markup."""

    letter_id: str
    customer_id: str
    template: str
    promotional: bool
    layout: Layout
    language: Language
    person: Person
    address: PostalAddress
    address_lines: tuple[str, ...]
    remarks: tuple[str, ...]
    dated: date
    subject: str
    greeting: str
    blocks: tuple[Block, ...]
    closing: str
    signer: Signer
    notice: str | None


class PlaceholderNotFilled(Exception):
    """The template {template} asks for {names}, which the data does not hold."""

    def __init__(self, template: str, names: tuple[str, ...]) -> None:
        self.template, self.names = template, names
        asked = ", ".join(names)
        super().__init__(f"The template {template} asks for {asked}, which the data lacks.")


def compose_letter(
    *,
    letter_id: str,
    customer_id: str,
    template: LetterTemplate,
    person: Person,
    address: PostalAddress,
    signer: Signer,
    identity: SenderIdentity,
    dated: date,
    data: Mapping[str, Value],
    remarks: tuple[str, ...] = (),
) -> Letter:
    """Return one person's letter. ``data`` fills the template's placeholders.

    Known without data: ``carer_name``, ``carer_phone``, ``carer_email``, ``carer_role``,
    ``agency_name``, ``agency_phone``, ``agency_email``, ``recipient_name``.

    Raises:
        AddressNotPostable: the address lacks what the post needs.
        PlaceholderNotFilled: the template asks for more than ``data`` holds.
    """
    lines = address_lines(person, address)
    values = {**_known_values(person, signer, identity), **_written(data, person.language)}
    text = template.text_for(person)
    notice = _notice_for(person) if template.is_promotional else None
    _refuse_missing(template.key, text, values)
    return Letter(
        letter_id=letter_id,
        customer_id=customer_id,
        template=template.key,
        promotional=template.is_promotional,
        layout=template.layout,
        language=person.language,
        person=person,
        address=address,
        address_lines=lines,
        remarks=tuple(map(one_line, remarks)),
        dated=dated,
        subject=_filled(text.subject, values),
        greeting=greeting_line(person),
        blocks=tuple(_filled_block(block, values) for block in text.blocks),
        closing=closing_line(person),
        signer=signer,
        notice=_filled(notice, values) if notice else None,
    )


def written_day(day: date, language: Language) -> str:
    """Return ``21. November 2026`` or ``21 November 2026``."""
    return format_date(day, "d. MMMM y" if language == "de" else "d MMMM y", locale=language)


def placeholders(text: LetterText) -> frozenset[str]:
    """Return the names of all placeholders in subject and body."""
    words = [text.subject]
    for block in text.blocks:
        words += [block.text, *block.items]
    return frozenset(name for word in words for name in _PLACEHOLDER.findall(word))


def _notice_for(person: Person) -> str:
    return OBJECTION_NOTICE["en" if person.language == "en" else person.form_of_address]


def _known_values(person: Person, signer: Signer, identity: SenderIdentity) -> dict[str, str]:
    return {
        "carer_name": signer.name,
        "carer_phone": signer.phone,
        "carer_email": signer.email,
        "carer_role": signer.role_en if person.language == "en" else signer.role_de,
        "agency_name": identity.name,
        "agency_phone": identity.phone,
        "agency_email": identity.email,
        "recipient_name": full_name(person),
    }


def _written(data: Mapping[str, Value], language: Language) -> dict[str, str]:
    """Write values as a reader expects: days in words, cents as euros, codes by their names.

    A code that nobody knows counts as missing: no letter must speak of ``line_17``.
    """
    written = {name: _written_value(name, value, language) for name, value in data.items()}
    return {name: words for name, words in written.items() if words is not None}


def _written_value(name: str, value: Value, language: Language) -> str | None:
    if name in _NAMES:
        named = _NAMES[name].get(str(value))
        return None if named is None else named[language]
    if name == "years":
        return _written_years(str(value), language)
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        with suppress(ValueError):  # "2026-02-30" is no day: it is written as it stands
            value = date.fromisoformat(value)
    if isinstance(value, date):
        return written_day(value, language)
    if isinstance(value, int) and name.endswith("_cents"):
        amount = f"{abs(value) // 100:,}.{abs(value) % 100:02d}"
        sign = "−" if value < 0 else ""
        if language == "en":
            return f"{sign}€{amount}"
        return f"{sign}{amount.translate(str.maketrans(',.', '.,'))} €"
    return one_line(str(value))


def _written_years(years: str, language: Language) -> str:
    german = language == "de"
    if years == "1":
        return "1 Jahr" if german else "1 year"
    return f"{years} Jahre" if german else f"{years} years"


def _refuse_missing(template: str, text: LetterText, values: Mapping[str, str]) -> None:
    if missing := placeholders(text) - values.keys():
        raise PlaceholderNotFilled(template, tuple(sorted(missing)))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _filled_block(block: Block, values: Mapping[str, str]) -> Block:
    items = tuple(_filled(item, values) for item in block.items)
    return Block(kind=block.kind, text=_filled(block.text, values), items=items)
