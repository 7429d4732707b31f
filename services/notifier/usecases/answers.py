"""What recipients answer by the link of a message: kept, published, and changed if they wish."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from services.notifier.domain.answers import Answer, GivenAnswer, is_answerable, repeats
from services.notifier.domain.pages import Reader
from services.notifier.domain.public_links import InvalidLink, PublicLink
from services.notifier.store import answers as store
from services.notifier.store import contacts
from services.notifier.store.message_tables import MessageTable
from services.notifier.usecases.recipients import person_of
from shared.contracts.answers import AnswerAbout, DayPart, MessageAnswer
from shared.contracts.changes.notifier import MessageAnswered
from shared.contracts.templates import TEMPLATES
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Database, Transaction

ZONE = ZoneInfo("Europe/Berlin")
"""The zone of a new agency; it counts while an agency's own is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderKnown:
    """The reader of a link, if the customer is known here, and the day of the agency."""

    reader: Reader | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a message asks its reader; ``given`` is the latest answer."""

    message_id: str
    about: AnswerAbout
    subject: str | None
    sent_on: date
    today: date
    given: GivenAnswer | None
    given_on: date | None


class NoLongerAnswerable(Exception):
    """This message cannot be answered any more; ``reader`` may be told whom to ask instead."""

    def __init__(self, reader: Reader | None) -> None:
        super().__init__("it is too old, its occasion is over, or its recipient is erased")
        self.reader = reader


async def reader_of(transaction: Transaction, customer_id: CustomerId) -> ReaderKnown:
    """Return who follows a link, in the language and form that the e-mail had."""
    copied = await contacts.copied_agency(transaction)
    zone = ZoneInfo(copied[0].time_zone) if copied else ZONE
    known = await contacts.copied_contacts(transaction, [customer_id])
    if not known:
        return ReaderKnown(reader=None, zone=zone)
    reader = Reader(
        language=known[0].language,
        familiar=person_of(known[0]).is_familiar,
        sender=copied[0].sender if copied else None,
    )
    return ReaderKnown(reader=reader, zone=zone)


async def read_asked(
    *, database: Database, link: PublicLink, now: datetime
) -> tuple[Reader, Asked]:
    """Return what a message asks. Raises ``NoLongerAnswerable`` and ``InvalidLink``."""
    async with database.transaction(link.agency_id) as transaction:
        reader, asked, _ = await _asked(transaction, link, now=now, locked=False)
    return reader, asked


async def answer(
    *, database: Database, link: PublicLink, answer: Answer, now: datetime
) -> tuple[Reader, Asked]:
    """Keep and publish an answer in place of the one before; a second click changes nothing.

    Raises ``NoLongerAnswerable`` and ``InvalidLink``.
    """
    async with database.transaction(link.agency_id) as transaction:
        reader, asked, message = await _asked(transaction, link, now=now, locked=True)
        if not repeats(answer, asked.given, now=now):
            await store.keep_answer(transaction, message.message_id, answer, at=now)
            transaction.publish(_answered(message, asked.about, answer, now))
    return reader, replace(asked, given=GivenAnswer(answer=answer, at=now), given_on=asked.today)


async def _asked(
    transaction: Transaction, link: PublicLink, *, now: datetime, locked: bool
) -> tuple[Reader, Asked, MessageTable]:
    if link.message_id is None:
        raise InvalidLink
    message = await store.asked_message(transaction, UUID(link.message_id), locked=locked)
    known = await reader_of(transaction, link.customer_id)
    if message is None or known.reader is None:
        raise NoLongerAnswerable(known.reader)
    sent_at = message.transmitting_at or message.accepted_at
    template = TEMPLATES.get(message.template)
    about = template.answers if template else None
    if about is None or not is_answerable(about=about, sent_at=sent_at, data=message.data, now=now):
        raise NoLongerAnswerable(known.reader)
    given = _given(message)
    asked = Asked(
        message_id=link.message_id,
        about=about,
        subject=await store.subject_of(transaction, message.message_id),
        sent_on=sent_at.astimezone(known.zone).date(),
        today=now.astimezone(known.zone).date(),
        given=given,
        given_on=given.at.astimezone(known.zone).date() if given else None,
    )
    return known.reader, asked, message


def _given(message: MessageTable) -> GivenAnswer | None:
    if message.answered_at is None:
        return None
    answer = message.answer and Answer(
        answer=cast(MessageAnswer, message.answer),
        proposed_on=message.proposed_on,
        proposed_part=cast(DayPart | None, message.proposed_part),
    )
    return GivenAnswer(answer=answer or None, at=message.answered_at)


def _answered(
    message: MessageTable, about: AnswerAbout, answer: Answer, now: datetime
) -> MessageAnswered:
    return MessageAnswered(
        message_id=str(message.message_id),
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        at=now,
        about=about,
        **answer.model_dump(exclude_none=True),
    )
