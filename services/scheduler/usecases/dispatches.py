"""Hands due messages over to the notifier, and has it cancel those that must not leave any more.

Messages are claimed under a lease, ordered without an open transaction, and their answers are
stored under the lease's token, so a kill at any line loses nothing. Ordering twice sends once,
because the touchpoint's id is the key.
"""

from collections.abc import Mapping

from services.scheduler.clients import NotifierClient, cancelled_in_time
from services.scheduler.domain.dispatches import dispatch_of, withdrawal_of
from services.scheduler.domain.standing_in import doers_on
from services.scheduler.store import catalogues, dispatches, lifted_ends, staff
from services.scheduler.store.dispatches import DueMessage, EndedMessage
from services.scheduler.usecases.follow_notifier import ended_message
from shared.clients.http import ServiceAway, ServiceRefused
from shared.contracts.dispatches import DispatchAnswer, DispatchItem
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction
from shared.turns import UNLIMITED, Turn

HANDED_AT_ONCE = 500
CANCELLED_AT_ONCE = 100


async def hand_over(
    *, database: Database, notifier: NotifierClient, agency: AgencyId, turn: Turn = UNLIMITED
) -> int:
    """Hand over every due message that nobody else is handing over; returns how many.

    If the notifier is away, the claimed messages are released and wait with that reason.
    """
    handed = 0
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            claimed = await dispatches.claim_messages(transaction, limit=HANDED_AT_ONCE)
            templates = await _named_templates(transaction)
            people = await staff.list_staff(transaction)
        if not claimed.messages:
            break
        doing = {day: doers_on(people, day) for day in {each.left_on for each in claimed.messages}}
        items = [
            _item(each, templates.get(each.service), doing[each.left_on])
            for each in claimed.messages
        ]
        try:
            answers = (await notifier.dispatch(agency, items)).items
        except (ServiceAway, ServiceRefused) as error:
            reason = "notifier_away" if isinstance(error, ServiceAway) else "notifier_refused"
            async with database.transaction(agency) as transaction:
                await dispatches.release(transaction, claimed.token, reason=reason)
            raise
        async with database.transaction(agency) as transaction:
            ends = [_answered(item, answer) for item, answer in zip(items, answers, strict=True)]
            await dispatches.answered(transaction, claimed.token, [end for end in ends if end])
            await lifted_ends.order_stopped_again(transaction)
        handed += len(items)
    return handed


async def _named_templates(transaction: Transaction) -> dict[str, str | None]:
    """The templates that rows of the catalogue in force name, by service."""
    ruling = await catalogues.catalogue_in_force(transaction)
    rows = [] if ruling is None else ruling.catalogue.services
    return {row.key: row.template for row in rows}


def _item(
    message: DueMessage, template: str | None, doing: Mapping[StaffId, StaffId]
) -> DispatchItem:
    doer = doing.get(message.staff_id or "")
    return dispatch_of(
        touchpoint_id=str(message.touchpoint_id),
        customer_id=message.customer_id,
        service=message.service,
        template=template,
        channel=message.channel,
        purpose=message.purpose,
        staff_id=message.staff_id,
        stand_in=doer if doer != message.staff_id else None,
        because=message.because,
        subject=message.subject,
        due=message.due,
        run_day=message.left_on,
    )


def _answered(item: DispatchItem, answer: DispatchAnswer) -> EndedMessage | None:
    """Return what an answer means for the touchpoint; a refused item has failed, and its reason
    names the field.

    The notifier refuses an item that came before in another form (the catalogue changed between
    two tries), and names the message that is on its way: the touchpoint was handed over.
    """
    if answer.state is None and answer.message_id is not None:
        return ended_message(item.dispatch_id, "accepted", None)
    if answer.state is None:
        where = answer.errors[0].pointer if answer.errors else "/"
        return ended_message(item.dispatch_id, "failed", f"refused_by_notifier:{where}")
    return ended_message(item.dispatch_id, answer.state, None)


async def cancel_dispatches(
    *, database: Database, notifier: NotifierClient, agency: AgencyId, turn: Turn = UNLIMITED
) -> int:
    """Have the notifier cancel what must not leave any more; returns how many were asked."""
    asked = 0
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            waiting = await dispatches.begin_cancellations(transaction, limit=CANCELLED_AT_ONCE)
        for touchpoint_id, reason in waiting.items():
            cancelled = await cancelled_in_time(
                notifier, agency, touchpoint_id, reason=withdrawal_of(reason)
            )
            async with database.transaction(agency) as transaction:
                await dispatches.cancellation_answered(
                    transaction, touchpoint_id, cancelled=cancelled
                )
                await lifted_ends.order_stopped_again(transaction)
        asked += len(waiting)
        if len(waiting) < CANCELLED_AT_ONCE:
            break
    return asked
