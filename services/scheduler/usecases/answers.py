"""What customers answer to messages becomes requests; the latest answer to a message counts."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.domain.answers import request_of_answer
from services.scheduler.domain.requests import rest_until
from services.scheduler.domain.subjects import AnswerSubject, GapSubject, subject_of
from services.scheduler.store import requests, tasks, touchpoints
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.requests import (
    RequestToOpen,
    discard_requests,
    move_to_wish,
    open_requests,
)
from shared.contracts.changes.notifier import MessageAnswered
from shared.db.database import Transaction

log = structlog.get_logger(__name__)


async def apply_answers(transaction: Transaction, answers: Sequence[MessageAnswered]) -> None:
    """Open, change or discard the request behind each message that was answered, in order."""
    for each in answers:
        await _apply(transaction, each)


async def _apply(transaction: Transaction, answered: MessageAnswered) -> None:
    kind = request_of_answer(answered.answer, about=answered.about)
    found = await requests.open_requests_of_message(transaction, answered.message_id)
    kept = [each for each in found if each.kind == kind]
    dropped = [each for each in found if each.kind != kind]
    put_off = await tasks.days_put_off(transaction, [each.request_id for each in dropped])
    reason = "declined" if kind is None else "answered_anew"
    await discard_requests(transaction, dropped, reason=reason)
    await _rest_gap(transaction, answered)
    if kind is None:
        log.info("message declined", subject=answered.message_id)
        return
    subject = AnswerSubject(
        answer=answered.answer,
        proposed_on=answered.proposed_on,
        proposed_part=answered.proposed_part,
    )
    wanted = RequestToOpen(
        key=f"message:{answered.message_id}:{answered.answer}:{answered.at.isoformat()}",
        customer_id=answered.customer_id,
        kind=kind,
        asked_at=answered.at,
        message_id=answered.message_id,
        subject=subject,
        put_off_to=max(put_off, default=None),
    )
    if not kept:
        await open_requests(transaction, [wanted])
        return
    await tasks.speak_of(transaction, kept[0].request_id, subject)
    if subject.proposed_on is not None:
        await move_to_wish(transaction, kept[0], wanted)


async def _rest_gap(transaction: Transaction, answered: MessageAnswered) -> None:
    """Do not speak of a gap again for long if its message was declined; another answer lifts it."""
    try:
        touchpoint_id = UUID(answered.dispatch_id)
    except ValueError:
        return  # ordered by somebody else
    subject = subject_of(await touchpoints.subject_of_touchpoint(transaction, touchpoint_id))
    if not isinstance(subject, GapSubject):
        return
    zone = ZoneInfo((await agency_here(transaction)).time_zone)
    day: date = answered.at.astimezone(zone).date()
    declined = rest_until("no", day) if answered.answer == "decline" else None
    await tasks.rest_gap(
        transaction, answered.customer_id, subject.line, until=declined or day, won=False
    )
