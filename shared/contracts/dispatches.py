"""``/v1/dispatches``, ``/v1/messages`` and ``/v1/print-runs`` of the notifier.

A dispatch orders one message to one customer. Its key is the touchpoint's id, so an order that is
repeated sends no second message. It carries no name, address or free text, because the notifier
asks the classifier for those just before the message leaves.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.answers import DayPart, MessageAnswer
from shared.contracts.vocabulary import (
    CustomerId,
    Day,
    ExternalId,
    Instant,
    Strict,
    ToldInstant,
    WorkDay,
)

DispatchId = ExternalId
"""The touchpoint's id (UUIDv5 of agency, customer, service, occurrence)."""

MessageId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f-]{36}$", examples=["5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11"]),
]
"""UUIDv4 as text."""

DispatchChannel = Literal["email", "letter", "webhook"]
MessagePurpose = Literal["service", "advertising", "newsletter", "events", "staff"]
Priority = Literal["normal", "waiting_customer"]
MessageState = Literal[
    "accepted",
    "claimed",
    "transmitting",
    "sent",
    "bounced",
    "complained",
    "suppressed",
    "cancelled",
    "failed",
    "unknown",
]
FINAL_STATES: frozenset[MessageState] = frozenset(
    {"sent", "bounced", "complained", "suppressed", "cancelled", "failed", "unknown"}
)
"""States that only a report from outside (bounce, complaint) or an operator can change."""

Withdrawal = Literal[
    "cancelled",
    "deceased",
    "mandate_ended",
    "customer_erased",
    "customer_merged",
    "death_lifted",
    "mandate_held",
    "no_longer_owed",
]
"""Why an order was withdrawn; ``cancelled``: its caller gave no reason."""

PrintRunState = Literal["open", "rendered", "approved", "released", "cancelled", "failed"]
TemplateKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["newsletter"])]

DISPATCH_LIMIT = 1000
"""Items per batch: about a second of work, and a body below the limit of the app."""

NAMES_AT_MOST = 50
"""Values of one order, and of a row in them: templates read ten at most, and callers tell more."""
ROWS_AT_MOST = 100
"""Of one list in an order."""

Scalar = Annotated[str, Field(max_length=2000)] | int | float | bool | None
DataRow = Annotated[dict[str, Scalar], Field(max_length=NAMES_AT_MOST)]
DispatchData = Annotated[
    dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")],
        Scalar
        | Annotated[list[Scalar], Field(max_length=ROWS_AT_MOST)]
        | Annotated[list[DataRow], Field(max_length=ROWS_AT_MOST)],
    ],
    Field(max_length=NAMES_AT_MOST),
]
"""The values a template needs besides the person: days, services, staff ids, lines of gaps."""


class DispatchItem(Strict):
    """One message to order."""

    dispatch_id: DispatchId = Field(description="The touchpoint's id; repeating it is harmless.")
    customer_id: CustomerId
    channel: DispatchChannel = Field(examples=["email"])
    purpose: MessagePurpose = Field(
        description="Must be the purpose of the template, because a service template has no offer.",
        examples=["newsletter"],
    )
    template: TemplateKey
    data: DispatchData = Field(default_factory=dict, examples=[{"staff_id": "S-1"}])
    not_before: ToldInstant | None = Field(
        default=None, description="Leaves at this instant or after."
    )
    last_sensible_day: WorkDay | None = Field(
        default=None,
        description="After this day of the agency the message is suppressed as `too_late`.",
    )
    priority: Priority = Field(
        default="normal",
        description="`waiting_customer` leaves at once, `normal` at the agency's send times.",
        examples=["normal"],
    )


class DispatchBatch(Strict):
    """Body of ``POST /v1/dispatches``; one bad item does not refuse the others."""

    items: list[DispatchItem] = Field(min_length=1, max_length=DISPATCH_LIMIT)


class DispatchError(Strict):
    """Why one item was refused."""

    pointer: str = Field(description="JSON pointer inside the item.", examples=["/template"])
    detail: str = Field(description="What is wrong and how to mend it.")


class DispatchAnswer(Strict):
    """The result of one item. A refused item has errors and no state; only if another order came
    before under its id it names that one's message."""

    dispatch_id: str | None = Field(description="As sent; null if it could not be read.")
    message_id: MessageId | None = None
    state: MessageState | None = Field(default=None, examples=["accepted"])
    duplicate: bool = Field(default=False, description="The key was known; nothing was added.")
    errors: list[DispatchError] = Field(default_factory=list)


class DispatchAnswers(Strict):
    """Answer of ``POST /v1/dispatches``, in the order of the request."""

    items: list[DispatchAnswer]


class MessageView(Strict):
    """One message in ``GET /v1/messages``: its state and the reason."""

    message_id: MessageId
    dispatch_id: DispatchId
    customer_id: CustomerId
    channel: DispatchChannel
    purpose: MessagePurpose
    template: TemplateKey
    priority: Priority
    ordered_by: str | None = Field(
        default=None,
        description="Who ordered it: the subject of their token. Null: the scheduler planned it.",
        examples=["broker-system"],
    )
    state: MessageState
    reason: str | None = Field(
        default=None,
        description="Code that explains the state, such as `no_consent`.",
        examples=["no_consent"],
    )
    detail: str | None = Field(default=None, description="The reason as a German sentence.")
    attempts: int = Field(ge=0, description="How often transmission was tried.")
    not_before: Instant | None = None
    accepted_at: Instant
    ended_at: Instant | None = None
    run: str | None = Field(default=None, description="Print run of a letter.")
    answer: MessageAnswer | None = Field(
        default=None, description="What the recipient answered last by the message's button."
    )
    answered_at: Instant | None = None
    proposed_on: Day | None = Field(
        default=None, description="The day that the recipient proposes with `other_time`."
    )
    proposed_part: DayPart | None = None


class MessagePage(Strict):
    """Answer of ``GET /v1/messages``."""

    items: list[MessageView]
    next_cursor: str | None = None


class PrintRunView(Strict):
    """One print run: letters produced, checked and handed over together."""

    run_id: str
    state: PrintRunState
    purpose: MessagePurpose
    template: TemplateKey
    day: Day
    letters: int = Field(ge=0)
    letters_done: int = Field(ge=0, description="Letters set so far while it is rendered.")
    pages: int = Field(ge=0)
    rendering: int = Field(
        default=0,
        ge=0,
        description="How often its files were made: other letters, another number. Read it before"
        " the files that you look at, and send it with the approval.",
        examples=[1],
    )
    grown: bool = Field(
        default=False,
        description="Letters joined after its files were first made: the approval must tell"
        " `rendering`.",
        examples=[False],
    )
    postage_net_cents: int | None = Field(
        default=None, description="Expected postage without tax; null if a price is not known."
    )
    postage_vat_cents: int | None = Field(
        default=None, description="Value added tax on it: Dialogpost is taxed, letters are not."
    )
    postage_gross_cents: int | None = Field(default=None, description="What is paid: the sum.")
    created_at: Instant
    approved_by: str | None = None
    released_at: Instant | None = None
    reason: str | None = None


class PrintRunPage(Strict):
    """Answer of ``GET /v1/print-runs``."""

    items: list[PrintRunView]
    next_cursor: str | None = None
