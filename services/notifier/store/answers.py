"""What recipients answered to messages: the latest answer of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, select

from services.notifier.domain.answers import Answer
from services.notifier.store.message_tables import MessageContentTable, MessageTable
from shared.db.database import Transaction


async def asked_message(
    transaction: Transaction, message_id: UUID, *, locked: bool = False
) -> MessageTable | None:
    """The message that somebody answers; locked, so that two clicks take turns."""
    asked = select(MessageTable).where(
        MessageTable.agency_id == transaction.agency, MessageTable.message_id == message_id
    )
    if locked:
        asked = asked.with_for_update()
    found = await transaction.exec(asked)
    return found.one_or_none()


async def subject_of(transaction: Transaction, message_id: UUID) -> str | None:
    """The subject line of a message; None if it was not kept or is erased."""
    found = await transaction.exec(
        select(MessageContentTable).where(
            MessageContentTable.agency_id == transaction.agency,
            MessageContentTable.message_id == message_id,
        )
    )
    content = found.one_or_none()
    return content.subject if content else None


async def keep_answer(
    transaction: Transaction, message_id: UUID, answer: Answer, *, at: datetime
) -> None:
    """Keep an answer in place of the one before."""
    await transaction.execute(
        update(MessageTable)
        .where(
            col(MessageTable.agency_id) == transaction.agency,
            col(MessageTable.message_id) == message_id,
        )
        .values(answered_at=at, **answer.model_dump())
    )
