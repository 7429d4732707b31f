"""One letter to one recipient: every word is final and can be typeset."""

from dataclasses import dataclass
from datetime import date

from services.notifier.domain.addresses import PostalAddress, address_lines
from services.notifier.domain.emails import Carer
from services.notifier.domain.salutations import (
    Language,
    Person,
    closing_line,
    greeting_line,
    one_line,
)
from services.notifier.domain.templates import Block, Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedLetterText:
    """What a letter says, filled for its reader.

    Advertising letters carry ``notice``, the right to object (Art. 21 (2), (4) GDPR). Service
    letters carry no offer and no such notice.
    """

    template: str
    promotional: bool
    layout: Layout
    subject: str
    blocks: tuple[Block, ...]
    notice: str | None


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
    signer: Carer
    notice: str | None


def compose_letter(
    *,
    letter_id: str,
    customer_id: str,
    text: RenderedLetterText,
    person: Person,
    address: PostalAddress,
    signer: Carer,
    dated: date,
    remarks: tuple[str, ...] = (),
) -> Letter:
    """Return one person's letter. Raises ``AddressNotPostable``."""
    return Letter(
        letter_id=letter_id,
        customer_id=customer_id,
        template=text.template,
        promotional=text.promotional,
        layout=text.layout,
        language=person.language,
        person=person,
        address=address,
        address_lines=address_lines(person, address),
        remarks=tuple(map(one_line, remarks)),
        dated=dated,
        subject=text.subject,
        greeting=greeting_line(person),
        blocks=text.blocks,
        closing=closing_line(person),
        signer=signer,
        notice=text.notice,
    )
