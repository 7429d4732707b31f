"""The message templates of the product: the purpose, media and fields of each.

The purpose is fixed here, not in the order: a service template has no offer, so it may leave
without consent (UWG § 7; in doubt a template is advertising).
"""

from dataclasses import dataclass
from typing import Final, Literal

from shared.contracts.answers import AnswerAbout
from shared.contracts.customers import ConsentPurpose
from shared.contracts.dispatches import DispatchChannel, MessagePurpose

FieldType = Literal[
    "text", "day", "instant", "line", "life_change", "years", "articles", "minutes", "count"
]


CalendarMethod = Literal["PUBLISH", "CANCEL"]
"""What a calendar does with the entry of an e-mail (RFC 5546): keep it, or take it out.

Not ``REQUEST``: mail programs would then offer to accept or decline, by a reply that nobody reads.
"""


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One value of an order's ``data`` that the template uses."""

    name: str
    type: FieldType
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDefinition:
    """One template. The flags are those on which the permission to send it depends.

    ``answers`` says what the page behind its button asks; without it the e-mail has no button.
    If ``calendar`` is given, the e-mail carries an entry for the reader's calendar.
    """

    key: str
    purpose: MessagePurpose
    media: tuple[DispatchChannel, ...] = ("email", "letter")
    fields: tuple[TemplateField, ...] = ()
    consent: ConsentPurpose | None = None
    winding_up: bool = False
    before_mandate: bool = False
    from_profile: bool = False
    answers: AnswerAbout | None = None
    calendar: CalendarMethod | None = None


_HOUR = (
    TemplateField("at", "instant"),
    TemplateField("way", "text"),
    TemplateField("minutes", "minutes"),
    TemplateField("place", "text", required=False),
)
"""An agreed hour."""
_ENTRY = (*_HOUR, TemplateField("appointment", "text"), TemplateField("sequence", "count"))
"""The same as an entry of the reader's calendar, which the last two name."""

_CONTRACT = (
    TemplateField("line", "line", required=False),
    TemplateField("insurer", "text", required=False),
    TemplateField("contract_number", "text", required=False),
)
"""What a reader knows a contract by. The id of the broker's system is none of it."""

_ALL = (
    TemplateDefinition(
        key="newsletter",
        purpose="newsletter",
        fields=(TemplateField("articles", "articles", required=False),),
    ),
    TemplateDefinition(
        key="birthday",
        purpose="advertising",
        fields=(TemplateField("due", "day", required=False),),
    ),
    TemplateDefinition(
        key="anniversary", purpose="advertising", fields=(TemplateField("years", "years"),)
    ),
    TemplateDefinition(key="how_are_you", purpose="advertising", answers="talk"),
    TemplateDefinition(
        key="development",
        purpose="advertising",
        fields=(TemplateField("line", "line"),),
        from_profile=True,
        answers="talk",
    ),
    TemplateDefinition(key="thank_you", purpose="advertising"),
    TemplateDefinition(
        key="event_invitation",
        purpose="events",
        media=("email",),
        fields=(
            TemplateField("title", "text"),
            TemplateField("starts_at", "instant"),
            TemplateField("place", "text"),
        ),
        answers="event",
    ),
    TemplateDefinition(key="customer_event", purpose="events", answers="event"),
    TemplateDefinition(key="saving", purpose="advertising", answers="talk"),
    TemplateDefinition(key="yearly_review", purpose="service", answers="appointment"),
    TemplateDefinition(key="change_questionnaire", purpose="service", answers="changes"),
    TemplateDefinition(key="welcome", purpose="service", before_mandate=True),
    TemplateDefinition(
        key="carer_introduction",
        purpose="service",
        fields=(TemplateField("previous_carer", "text", required=False),),
    ),
    TemplateDefinition(
        key="life_event",
        purpose="service",
        fields=(TemplateField("change", "life_change"),),
        answers="talk",
    ),
    TemplateDefinition(
        key="contract_expiry",
        purpose="service",
        fields=(*_CONTRACT, TemplateField("effective_on", "day", required=False)),
        answers="talk",
    ),
    TemplateDefinition(key="winding_up", purpose="service", winding_up=True),
    TemplateDefinition(
        key="cancellation_confirmation",
        purpose="service",
        fields=(
            *_CONTRACT,
            TemplateField("cancelled_on", "day", required=False),
            TemplateField("effective_on", "day", required=False),
        ),
        winding_up=True,
    ),
    TemplateDefinition(
        key="appointment_confirmation", purpose="service", fields=_ENTRY, calendar="PUBLISH"
    ),
    TemplateDefinition(
        key="appointment_reminder", purpose="service", media=("email",), fields=_HOUR
    ),
    TemplateDefinition(
        key="appointment_cancelled", purpose="service", fields=_ENTRY, calendar="CANCEL"
    ),
)

CALENDAR_FIELDS: Final = frozenset(field.name for field in _ENTRY)
"""What a calendar entry is made of, whether or not the words tell it, too."""

LAST_SENSIBLE_AFTER: Final[dict[str, int]] = {"birthday": 3, "anniversary": 14}
"""How many days after its occasion a message still makes sense. A birthday on a Sunday is
congratulated on Monday, in words that do not say *today*."""

SENT_WITH_ALL: Final[dict[str, FieldType]] = {
    "service": "text",
    "because": "text",
    "run_day": "day",
    "due": "day",
    "staff_id": "text",
    "stand_in_id": "text",
    "answers_to_id": "text",
    "previous_staff_id": "text",
    "contract_id": "text",
    "years": "years",
    "request_id": "text",
    "answer": "text",
    "proposed_on": "day",
    "proposed_part": "text",
}
"""What an order's data may hold with every template, beside the template's own fields."""

TEMPLATES: Final[dict[str, TemplateDefinition]] = {template.key: template for template in _ALL}
