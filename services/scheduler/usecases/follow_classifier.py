"""Follows the classifier's feed: customers, classes and events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.domain.occasions import NEWS_DAYS, NewOccasion, occasions_raised
from services.scheduler.domain.services import REQUESTS, kind_of
from services.scheduler.store import (
    agencies,
    customers,
    plan_locks,
    planning,
    touchpoints,
    work_marks,
)
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.customers import ClassState, CustomerState
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.merges import follow_merge
from services.scheduler.usecases.requests import (
    RequestToOpen,
    discard_requests_of,
    open_requests,
)
from shared.contracts.changes import Change, read
from shared.contracts.changes.classifier import (
    ClassificationChanged,
    ConsentChanged,
    CustomerChanged,
    CustomerErased,
    CustomerMerged,
    EventRecorded,
)
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

log = structlog.get_logger(__name__)


ENDS: Final = ("customer.died", "mandate.ended")
"""These events raise their touchpoints only once the customer's facts confirm them."""


_TOLD: Final = {
    "change", "contract_id", "cancelled_on", "effective_on", "line", "insurer", "contract_number",
}  # fmt: skip
"""The facts of an event that a subject may take."""


@dataclass(slots=True)
class _Page:
    """A page of changes, reduced to the last change of each subject."""

    states: dict[CustomerId, CustomerState] = field(default_factory=dict)
    classes: dict[CustomerId, ClassState] = field(default_factory=dict)
    marked: set[CustomerId] = field(default_factory=set)
    deceased: set[CustomerId] = field(default_factory=set)
    erased: set[CustomerId] = field(default_factory=set)
    occasions: list[NewOccasion] = field(default_factory=list)
    requests: list[RequestToOpen] = field(default_factory=list)
    ignored: set[str] = field(default_factory=set)
    policy_version: int | None = None


async def apply_classifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Apply a page of the classifier's changes to the scheduler's own copy."""
    known = await agency_here(transaction)
    zone = ZoneInfo(known.time_zone)
    page = _Page()
    for change in changes:
        merged = read(change, CustomerMerged)
        if merged is None:
            _read(page, change, zone)
            continue
        # What came before is of two customers, what comes after of one, or the other way round.
        await _take(transaction, page, known)
        page = _Page()
        await follow_merge(transaction, merged, today=change.at.astimezone(zone).date())
    await _take(transaction, page, known)


async def _take(transaction: Transaction, page: _Page, known: KnownAgency) -> None:
    if page.ignored:
        log.info("changes not for planning", kinds=sorted(page.ignored))
    if page.policy_version not in (None, known.policy_version):
        # Its model may differ, and the catalogue must follow the model before anything is planned.
        await agencies.outdate_agency(transaction)
    await _enter(transaction, page)


def _read(page: _Page, change: Change, zone: ZoneInfo) -> None:
    match read(
        change,
        CustomerChanged,
        ClassificationChanged,
        ConsentChanged,
        CustomerErased,
        EventRecorded,
    ):
        case CustomerChanged() as changed:
            _customer(page, changed)
        case ClassificationChanged() as classified:
            page.classes[classified.customer_id] = _class_state(classified)
            page.policy_version = classified.policy_version
        case ConsentChanged(customer_id=customer_id):
            page.marked.add(customer_id)
        case CustomerErased(customer_id=customer_id):
            page.erased.add(customer_id)
            page.states.pop(customer_id, None)
            page.classes.pop(customer_id, None)
        case EventRecorded() as event:
            _event(page, event, zone, today=change.at.astimezone(zone).date())
        case _:
            page.ignored.add(change.kind)


def _class_state(change: ClassificationChanged) -> ClassState:
    """Return the class as it is stored."""
    return ClassState(
        customer_id=change.customer_id,
        unit_id=change.unit_id,
        segment=change.segment,
        service_level=change.service_level,
        development=change.development,
        potential_cents=change.potential_cents,
        margin_cents=change.margin_cents,
        gaps=[(gap.line, gap.expected_cents) for gap in change.gaps],
    )


def _customer(page: _Page, change: CustomerChanged) -> None:
    page.states[change.customer_id] = CustomerState(
        customer_id=change.customer_id,
        unit_id=change.unit_id,
        kind=change.kind,
        status=change.status,
    )
    page.marked.add(change.customer_id)
    if change.deceased:
        page.deceased.add(change.customer_id)
    else:
        page.deceased.discard(change.customer_id)


def _event(page: _Page, event: EventRecorded, zone: ZoneInfo, *, today: date) -> None:
    event_id, day = str(event.event_id), event.at.astimezone(zone).date()
    kind = event.request if event.type == "request.made" else REQUESTS.get(event.type)
    if kind is not None:
        page.requests.append(
            RequestToOpen(key=event_id, customer_id=event.customer_id, kind=kind, asked_at=event.at)
        )
    if event.type in ENDS:
        page.marked.add(event.customer_id)
    else:
        raised = occasions_raised(
            event.type,
            customer_id=event.customer_id,
            cause_id=event_id,
            day=day,
            known=event.model_dump(include=_TOLD),
        )
        long_ago = _ended_long_ago(event, today)
        page.occasions.extend(
            each for each in raised if not (long_ago and kind_of(each.service).develops)
        )
    if event.type == "customer.died":
        page.deceased.add(event.customer_id)


def _ended_long_ago(event: EventRecorded, today: date) -> bool:
    """Whether a contract's end came with an old file, so that nothing is left to save.

    Without a known end the day of the notice counts.
    """
    ended = event.effective_on or event.cancelled_on
    return ended is not None and ended < today - timedelta(days=NEWS_DAYS)


async def _enter(transaction: Transaction, page: _Page) -> None:
    changed = {*page.states, *page.classes}
    if changed or page.deceased or page.erased:
        await plan_locks.lock_plan(transaction)
    units_before = await customers.present_units(transaction, changed | page.erased)
    units = set(units_before.values())
    if page.states:
        await customers.save_states(transaction, list(page.states.values()))
    if page.classes:
        await customers.save_classes(transaction, list(page.classes.values()))
        page.marked |= set(await customers.without_facts(transaction, page.classes))
    if changed:
        await customers.move_touchpoints(transaction, sorted(changed))
        units |= await customers.units_of(transaction, changed)
    # Only a new death stops anything: what is open of the dead was ordered after it.
    page.deceased -= await customers.known_dead(transaction, page.deceased)
    await touchpoints.save_occasions(transaction, page.occasions)
    units |= await customers.units_of(
        transaction, {each.customer_id for each in page.occasions} | page.deceased
    )
    await open_requests(transaction, page.requests)
    await _stop(transaction, page)
    units_now = await customers.present_units(transaction, changed)
    moved = {units_before[each]: units_now[each] for each in units_now if each in units_before}
    await customers.keep_history_of_erased(
        transaction, {before: now for before, now in moved.items() if before != now}
    )
    await work_marks.mark_customers(transaction, page.marked - page.erased)
    await work_marks.mark_units(transaction, units)


async def _stop(transaction: Transaction, page: _Page) -> None:
    """Cancel everything automatic after a death or an erasure."""
    for reason, ids in (("deceased", page.deceased), ("erased", page.erased)):
        if ids:
            await touchpoints.cancel_open(transaction, sorted(ids), reason=reason)
            # A running planner has stale data; bump the version so that it restarts.
            await planning.outdate_plan(transaction)
    if page.erased:
        await discard_requests_of(transaction, sorted(page.erased), reason="erased")
        await customers.forget(transaction, sorted(page.erased))
