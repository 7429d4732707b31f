"""What the notifier publishes: messages, letters, print runs, and what recipients answer."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from shared.contracts.answers import AnswerAbout, DayPart, MessageAnswer
from shared.contracts.changes.published import InstantWithOffset, PublishedChange
from shared.contracts.contacts import AddressDigest, BlockReason
from shared.contracts.customers import ConsentChannel, ConsentPurpose
from shared.contracts.dispatches import (
    DispatchChannel,
    DispatchId,
    MessageId,
    MessagePurpose,
    MessageState,
    PrintRunState,
    TemplateKey,
)
from shared.contracts.vocabulary import CustomerId, Day, ExternalId


class _AboutMessage(PublishedChange):
    SUBJECT: ClassVar = "message_id"

    message_id: MessageId
    dispatch_id: DispatchId
    customer_id: CustomerId


class _Accepted(_AboutMessage):
    channel: DispatchChannel
    purpose: MessagePurpose
    template: TemplateKey
    again: bool = False


class _Ended(_AboutMessage):
    channel: DispatchChannel
    state: MessageState
    reason: str | None
    run: str | None


class MessageAccepted(_Accepted):
    """A message was ordered. ``again`` is there, and true, if it is to leave once more."""

    KIND: ClassVar = "message.accepted"


class LetterAccepted(_Accepted):
    """A letter was ordered. ``again`` is there, and true, if it is to leave once more."""

    KIND: ClassVar = "letter.accepted"


MERGE_UNDONE: Final = "merge_undone"
"""The reason of a message that a merge cancelled as a double and whose merge was undone."""


class MessageEnded(_Ended):
    """A message reached a state that it keeps; ``reason`` is a code that explains it."""

    KIND: ClassVar = "message.ended"


class LetterEnded(_Ended):
    """A letter reached a state that it keeps; ``run`` is its print run, if it was in one."""

    KIND: ClassVar = "letter.ended"


class MessageAnswered(_AboutMessage):
    """The recipient answered by the link in a message; who answers anew is published again.

    The latest answer counts. ``about`` is what the message asked; ``proposed_on`` and
    ``proposed_part`` are the time that the recipient proposes with ``other_time``.
    """

    KIND: ClassVar = "message.answered"

    at: InstantWithOffset
    answer: MessageAnswer = "call_me"
    about: AnswerAbout | None = None
    proposed_on: Day | None = None
    proposed_part: DayPart | None = None


class PrintRunChanged(PublishedChange):
    """A print run reached another state."""

    KIND: ClassVar = "print_run.changed"
    SUBJECT: ClassVar = "run_id"

    run_id: str
    state: PrintRunState
    letters: Annotated[int, Field(ge=0)]


class AddressBlocked(PublishedChange):
    """An address of a customer does not exist; ``message_id`` is the message that showed it.

    ``address_digest`` (hexadecimal) names the address without telling it: the block belongs to it,
    and another address of the customer is free.
    """

    KIND: ClassVar = "address.blocked"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId
    channel: ConsentChannel
    reason: BlockReason
    address_digest: AddressDigest | None = None
    message_id: MessageId
    at: InstantWithOffset


class ConsentWithdrawn(PublishedChange):
    """A customer wants no more messages of a purpose by a channel.

    ``message_id`` is the message whose link they followed, if there was one.
    """

    KIND: ClassVar = "consent.withdrawn"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId
    purpose: ConsentPurpose
    channel: ConsentChannel
    message_id: ExternalId | None
    at: InstantWithOffset
