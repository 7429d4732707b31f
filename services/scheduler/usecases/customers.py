"""Personal facts for planning, asked of the classifier by id because they are in no feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.scheduler.domain.occasions import NEWS_DAYS, occasions_raised
from services.scheduler.domain.services import Cause, raised_by
from services.scheduler.store import (
    customers,
    held_contacts,
    lifted_ends,
    plan_locks,
    planning,
    touchpoints,
    work_marks,
)
from services.scheduler.store.customers import ClassState, NewFacts
from services.scheduler.store.merges import merges_of
from services.scheduler.usecases.agencies import ensure_agency
from services.scheduler.usecases.merges import follow_merge
from services.scheduler.usecases.permissions import rejudge_contacts
from services.scheduler.usecases.requests import discard_requests_of, reopen_requests
from shared.clients.classifier import ClassifierClient
from shared.contracts.changes.classifier import CustomerMerged
from shared.contracts.planning import PlanningFacts
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction
from shared.turns import UNLIMITED, Turn

ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """Customers with whom it is over, or is not after all.

    ``raised`` names what raises ``services``, the cause's id and the day, for whom they are owed.
    ``going_on`` are all with whom it is not over, whether that is news or not.
    """

    cause: Cause
    reason: str
    lifted_as: str
    services: Sequence[str]
    new: Sequence[CustomerId]
    lifted: Sequence[CustomerId]
    going_on: Sequence[CustomerId]
    raised: Mapping[CustomerId, tuple[str, date]]


async def refresh_customers(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    now: datetime,
    turn: Turn = UNLIMITED,
) -> int:
    """Ask for the facts of every marked customer; returns how many were asked."""
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    asked = 0
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            marked = await work_marks.marked_customers(transaction, limit=ASKED_AT_ONCE)
        if not marked.ids:
            break
        answer = await classifier.planning_facts(agency, marked.ids)
        async with database.transaction(agency) as transaction:
            await enter_facts(transaction, answer.items, now=now)
            await forget_missing(transaction, answer.missing)
            await work_marks.unmark_customers(transaction, marked)
        asked += len(marked.ids)
    if asked:
        async with database.transaction(agency) as transaction:
            transaction.ring("plan")
    return asked


async def enter_facts(
    transaction: Transaction, facts: Sequence[PlanningFacts], *, now: datetime
) -> None:
    """Store facts; a death or the end of a mandate cancels everything that is open, and what was
    cancelled comes back if it was told by mistake."""
    await plan_locks.lock_plan(transaction)
    changed = await customers.save_facts(transaction, facts, asked_at=now)
    await held_contacts.end_held_elsewhere(
        transaction, sorted({each.customer_id for each in changed})
    )
    for end in _ends(facts, changed, now.date()):
        await _lift(transaction, end, today=now.date())
        await _enter_end(transaction, end)
    # All that were told: the feed may have brought the status before, so that nothing differs.
    await rejudge_contacts(transaction, [each.customer_id for each in facts], now=now)
    await customers.move_touchpoints(transaction, sorted({each.customer_id for each in changed}))
    await customers.keep_history_of_erased(
        transaction,
        {each.unit_before: each.unit_id for each in changed if each.unit_before != each.unit_id},
    )
    await work_marks.mark_units(
        transaction, {unit for each in changed for unit in (each.unit_id, each.unit_before)}
    )


def _ends(
    facts: Sequence[PlanningFacts], changed: Sequence[NewFacts], today: date
) -> tuple[_Ends, _Ends]:
    """Return the deaths and the ends of mandates that are new, or that were lifted."""
    died = {each.customer_id: each.death_date for each in facts if each.death_date is not None}
    deaths = _Ends(
        cause="customer.died",
        reason="deceased",
        lifted_as="death_lifted",
        services=_raised_services("customer.died"),
        # Only once: what is open of the dead later was ordered after the death, or by the heirs.
        new=sorted(each.customer_id for each in changed if each.dead and not each.known_dead),
        lifted=sorted(each.customer_id for each in changed if each.known_dead and not each.dead),
        going_on=sorted(each.customer_id for each in facts if each.death_date is None),
        raised={
            customer_id: (day.isoformat(), today)
            for customer_id, day in died.items()
            if day >= today - timedelta(days=NEWS_DAYS)
        },
    )
    ended = [each for each in changed if each.mandate == "ended" != each.mandate_before]
    left = [each for each in changed if each.mandate != "ended" == each.mandate_before]
    mandates = _Ends(
        cause="mandate.ended",
        reason="mandate_ended",
        lifted_as="mandate_held",
        services=_raised_services("mandate.ended"),
        new=sorted(each.customer_id for each in ended),
        lifted=sorted(each.customer_id for each in left),
        going_on=sorted(each.customer_id for each in facts if each.mandate != "ended"),
        raised={
            each.customer_id: (each.customer_id, today)
            for each in ended
            if each.mandate_before is not None
        },
    )
    return deaths, mandates


def _raised_services(cause: Cause) -> list[str]:
    return [kind.key for kind in raised_by(cause)]


async def _enter_end(transaction: Transaction, end: _Ends) -> None:
    """Cancel what is open of whom it is over with, and raise what they are owed then."""
    if not end.new:
        return
    await lifted_ends.expect_end(transaction, end.new, reason=end.reason)
    lifted = await lifted_ends.times_lifted(
        transaction, end.new, end.services, reason=end.lifted_as
    )
    raised = [
        replace(each, occurrence=_numbered(each.occurrence, lifted.get(customer_id, 0)))
        for customer_id in end.new
        if customer_id in end.raised
        for cause_id, day in [end.raised[customer_id]]
        for each in occasions_raised(end.cause, customer_id=customer_id, cause_id=cause_id, day=day)
    ]
    await touchpoints.save_occasions(transaction, raised)
    await touchpoints.cancel_open(transaction, end.new, reason=end.reason)
    await planning.outdate_plan(transaction)
    if end.reason == "deceased":
        await discard_requests_of(transaction, end.new, reason="deceased")


def _numbered(occurrence: str, before: int) -> str:
    """Name what comes again after it was cancelled; the id of an occurrence is for ever."""
    return f"{occurrence}:{before}" if before else occurrence


async def _lift(transaction: Transaction, end: _Ends, *, today: date) -> None:
    """Take back what was owed because of an end, and put back what the end stopped.

    The notifier may have heard of an end that was lifted before we asked: then it held messages
    back, and here nothing is news.
    """
    if end.going_on:
        await lifted_ends.order_again(
            transaction, end.going_on, reason=end.reason, lifted_as=end.lifted_as, today=today
        )
    if not end.lifted:
        return
    await lifted_ends.forget_occasions(transaction, end.lifted, end.services)
    await touchpoints.cancel_open(transaction, end.lifted, reason=end.lifted_as, only=end.services)
    await reopen_requests(transaction, end.lifted, reason=end.reason)
    await lifted_ends.keep_under_way(
        transaction, end.lifted, reason=end.reason, lifted_as=end.lifted_as, today=today
    )
    await planning.outdate_plan(transaction)


async def forget_missing(transaction: Transaction, missing: Sequence[CustomerId]) -> None:
    """Erase customers here whom the classifier does not have any more."""
    if not missing:
        return
    await plan_locks.lock_plan(transaction)
    units = await customers.units_of(transaction, missing)
    await touchpoints.cancel_open(transaction, sorted(missing), reason="erased")
    await discard_requests_of(transaction, missing, reason="erased")
    await customers.forget(transaction, list(missing))
    await planning.outdate_plan(transaction)
    await work_marks.mark_units(transaction, units)


async def rebuild_customers(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> None:
    """Copy the classifier's present state after the classifier was restored from a backup."""
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    listed: set[CustomerId] = set()
    cursor: str | None = None
    while True:
        page = await classifier.customers(agency, cursor=cursor)
        async with database.transaction(agency) as transaction:
            await plan_locks.lock_plan(transaction)
            await customers.save_states(transaction, [_state(each) for each in page.items])
            await enter_facts(transaction, page.items, now=now)
        listed |= {each.customer_id for each in page.items}
        cursor = page.next_cursor
        if cursor is None:
            break
    await _undo_unheard(database, agency, listed, today=now.date())
    await _list_classes(database, classifier, agency)
    await _follow_or_forget_unlisted(database, classifier, agency, listed, today=now.date())


def _state(facts: PlanningFacts) -> customers.CustomerState:
    return customers.CustomerState(
        customer_id=facts.customer_id,
        unit_id=facts.unit_id,
        kind=facts.kind,
        status=facts.status,
    )


async def _list_classes(database: Database, classifier: ClassifierClient, agency: AgencyId) -> None:
    cursor: str | None = None
    while True:
        page = await classifier.classifications(agency, cursor=cursor)
        async with database.transaction(agency) as transaction:
            found = [
                ClassState(
                    customer_id=each.customer_id,
                    unit_id=min(each.care_unit),
                    segment=each.segment,
                    service_level=each.service_level,
                    development=each.development,
                    potential_cents=each.facts.potential_cents if each.facts else 0,
                    margin_cents=each.facts.margin_cents if each.facts else 0,
                    gaps=[(gap.line, gap.expected_cents) for gap in each.gaps],
                )
                for each in page.items
            ]
            await customers.save_classes_of_known(transaction, found)
            units = await customers.units_of(transaction, [each.customer_id for each in found])
            await work_marks.mark_units(transaction, units)
        cursor = page.next_cursor
        if cursor is None:
            return


async def _undo_unheard(
    database: Database, agency: AgencyId, listed: set[CustomerId], *, today: date
) -> None:
    """Give back their work to those who are customers of their own again."""
    async with database.transaction(agency) as transaction:
        for each in await merges_of(transaction, listed):
            undone = CustomerMerged(customer_id=each.customer_id, merge_id=each.merge_id, into=None)
            await follow_merge(transaction, undone, today=today)


async def _follow_or_forget_unlisted(
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    listed: set[CustomerId],
    *,
    today: date,
) -> None:
    """The work of who was merged meanwhile follows; who is gone is forgotten."""
    after = ""
    while True:
        async with database.transaction(agency) as transaction:
            known = await customers.customer_ids_after(transaction, after=after, limit=1000)
        unlisted = [each for each in known if each not in listed]
        if unlisted:
            answer = await classifier.planning_facts(agency, unlisted)
            async with database.transaction(agency) as transaction:
                for each in answer.merges:
                    await follow_merge(transaction, CustomerMerged(**dict(each)), today=today)
                await forget_missing(transaction, answer.missing)
        if len(known) < 1000:
            return
        after = known[-1]
