"""Message templates: one model for e-mail and letter.

What a template is for, what it must be given and what the law asks of it stand in
``shared.contracts.templates``, because the scheduler needs them, too. Here are its words: a subject
and blocks for each medium and language, in which Jinja2 expressions stand for what differs between
readers. The words themselves are data (``templates/messages/<key>.toml``).
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from services.notifier.domain.permissions import CONSENT_ASKED, Question
from shared.contracts.dispatches import DispatchChannel, MessagePurpose
from shared.contracts.templates import TEMPLATES, TemplateDefinition
from shared.contracts.vocabulary import Strict

BlockKind = Literal[
    "paragraph", "list", "heading", "question", "headline", "frame", "articles", "button"
]
Layout = Literal["letter", "card"]

EMAIL_BLOCKS: frozenset[BlockKind] = frozenset(
    {"headline", "paragraph", "list", "frame", "articles", "button"}
)
LETTER_BLOCKS: frozenset[BlockKind] = frozenset(
    {"paragraph", "heading", "list", "question", "articles"}
)


class TemplateUnknown(Exception):
    """There is no template of this name for this medium."""

    def __init__(self, template: str, channel: DispatchChannel) -> None:
        known = ", ".join(sorted(key for key, one in TEMPLATES.items() if channel in one.media))
        medium = "e-mail" if channel == "email" else channel
        super().__init__(f"there is no {medium} template of this name; known: {known}")
        self.template, self.channel = template, channel


class PurposeMismatch(Exception):
    """A template was ordered for a purpose that is not its own."""

    def __init__(self, template: str, ordered: MessagePurpose, own: MessagePurpose) -> None:
        super().__init__(template, ordered, own)
        self.template, self.ordered, self.own = template, ordered, own


class TemplateNotFilled(Exception):
    """A template could not be filled, because ``field`` is missing or unreadable."""

    def __init__(self, template: str, field: str, reason: str = "is missing") -> None:
        super().__init__(f"template {template}: {field} {reason}")
        self.template, self.field = template, field


class Block(Strict):
    """One piece of a message's body.

    ``headline`` stands above the greeting, ``frame`` has its text and items as lines in a box,
    ``articles`` are the newsletter's, ``button`` leads to the answer page. A ``question`` has
    items to tick; without items it leaves a line to write on.
    """

    kind: BlockKind = "paragraph"
    text: str = ""
    items: tuple[str, ...] = ()


class EmailWords(Strict):
    """An e-mail's words in one language; ``preview`` is what an inbox shows beside the subject."""

    subject: str = Field(min_length=1)
    preview: str = Field(min_length=1)
    blocks: tuple[Block, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_mailed(self) -> Self:
        _refuse_other_kinds(self.blocks, EMAIL_BLOCKS)
        return self


class LetterWords(Strict):
    """A letter's words in one language."""

    subject: str = Field(min_length=1)
    blocks: tuple[Block, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_printed(self) -> Self:
        _refuse_other_kinds(self.blocks, LETTER_BLOCKS)
        return self


class EmailText(Strict):
    """What a template says by e-mail."""

    de: EmailWords
    en: EmailWords


class LetterText(Strict):
    """What a template says by letter, and how the page is laid out."""

    layout: Layout = "letter"
    de: LetterWords
    en: LetterWords


class TemplateText(Strict):
    """Everything that one template says. A German text serves both forms of address by ``s``."""

    email: EmailText | None = None
    letter: LetterText | None = None


def find_template(
    key: str, *, channel: DispatchChannel, purpose: MessagePurpose | None = None
) -> TemplateDefinition:
    """Return the template of this name, ordered for ``purpose`` if one is given.

    Raises ``TemplateUnknown``, or ``PurposeMismatch`` if the order names another purpose. The
    purpose belongs to the template and never to who orders it: a service template carries no
    offer, so that it may leave without consent (UWG § 7; in doubt a template is advertising).
    """
    template = TEMPLATES.get(key)
    if template is None or channel not in template.media:
        raise TemplateUnknown(key, channel)
    if purpose is not None and purpose != template.purpose:
        raise PurposeMismatch(key, purpose, template.purpose)
    return template


def is_advertising(template: TemplateDefinition) -> bool:
    """Tell whether the law sees advertising in messages made from this template."""
    return template.purpose in CONSENT_ASKED


def question_of(template: TemplateDefinition, channel: DispatchChannel) -> Question:
    """Return what the law is asked about a message made from this template."""
    return Question(
        channel=channel,
        purpose=template.purpose,
        consent=template.consent,
        winding_up=template.winding_up,
        before_mandate=template.before_mandate,
        from_profile=template.from_profile,
    )


def _refuse_other_kinds(blocks: tuple[Block, ...], allowed: frozenset[BlockKind]) -> None:
    others = {block.kind for block in blocks} - allowed
    if others:
        raise ValueError(f"this medium has no {', '.join(sorted(others))}")
