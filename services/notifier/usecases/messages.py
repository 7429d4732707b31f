"""Messages as the agency reads them; a person may send one again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.notifier.store import messages
from services.notifier.store.messages import MessageFilter
from services.notifier.usecases.message_changes import publish_accepted_again
from shared.contracts.dispatches import MessageState, MessageView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.kept_keys import RepeatableRequest, keep_made


class MessageNotFound(Exception):
    """there is no such message"""

    def __init__(self, message_id: UUID) -> None:
        super().__init__(f"there is no message {message_id}")


class MessageNotResendable(Exception):
    """only what ended as unknown or failed can be sent again"""

    def __init__(self, message_id: UUID, state: MessageState) -> None:
        super().__init__(f"the message {message_id} is {state}: {type(self).__doc__}")
        self.state = state


async def read_message(*, database: Database, agency: AgencyId, message_id: UUID) -> MessageView:
    """Return one message. Raises ``MessageNotFound``."""
    async with database.transaction(agency) as transaction:
        found = await messages.message(transaction, message_id)
    if found is None:
        raise MessageNotFound(message_id)
    return found


async def list_messages(
    *,
    database: Database,
    agency: AgencyId,
    matching: MessageFilter,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[MessageView]:
    """Return messages in the order of their acceptance."""
    async with database.transaction(agency) as transaction:
        return await messages.list_messages(transaction, matching, after=after, limit=limit)


async def resend(
    *,
    database: Database,
    agency: AgencyId,
    message_id: UUID,
    now: datetime,
    request: RepeatableRequest,
) -> MessageView:
    """Send a message again that ended as unknown or failed; a repeated request sends it no second
    time.

    It keeps its Message-ID, so that a reader's mail program may recognise a second copy. Raises
    ``MessageNotFound`` or ``MessageNotResendable``.
    """
    async with database.transaction(agency) as transaction:
        found = await messages.message(transaction, message_id, locked=True)
        if found is None:
            raise MessageNotFound(message_id)
        if request.made is not None:
            return found
        if not await messages.accept_again(transaction, message_id, now=now):
            raise MessageNotResendable(message_id, found.state)
        publish_accepted_again(transaction, found)
        transaction.ring("render_print_runs" if found.channel == "letter" else "send_emails")
        await keep_made(transaction, request, str(message_id))
        again = await messages.message(transaction, message_id)
    assert again is not None
    return again
