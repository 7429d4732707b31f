"""One customer: create or replace, read, erase."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.classifier.domain.instants import refuse_days_ahead
from services.classifier.domain.records import LINK_KINDS, LINKS
from services.classifier.store import care_units, customers, erasures, lookups
from services.classifier.store.agencies import ensure_agency
from services.classifier.store.book_reviews import erase_from_reviews
from services.classifier.store.customer_search import EVERYBODY, CustomerSearch, found_ids_after
from services.classifier.store.customers import CustomerRecord
from services.classifier.store.merges import merged_into, reopen_merges, standing_merges
from services.classifier.usecases.customer_refusals import ConnectionToItself, absent
from services.classifier.usecases.customer_writes import (
    Moment,
    WriteEffects,
    mark_and_publish,
    moment_of,
    regroup,
    write_customers,
)
from services.classifier.usecases.record_merging import ReportedCustomer, patch_of, replacement_of
from shared.clock import Clock
from shared.contracts.changes.classifier import CustomerErased
from shared.contracts.contacts import Contact, ContactLookupAnswer
from shared.contracts.customers import Customer
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.planning import PlanningFacts, PlanningLookupAnswer, StandingMerge
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCustomer:
    """The customer as stored, and whether they are new."""

    customer: Customer
    created: bool


async def put_customer(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId,
    customer: Customer,
    condition: Condition = UNCONDITIONAL,
) -> PutCustomer:
    """Create or replace a customer.

    Raises ConditionFailed, BirthDateInFuture, DeathDateInFuture, ConnectionToItself and
    CustomerWasErased; then nothing is changed.
    """
    async with database.transaction(agency) as transaction:
        moment = await moment_of(transaction, clock)
        if condition.asked:
            await care_units.lock_links(transaction)
            known = await customers.customer_record(transaction, customer_id, today=moment.today)
            condition.require(etag_of(known.customer) if known else None)
        told = ReportedCustomer(
            customer_id=customer_id,
            word=replacement_of(customer, now=moment.now),
            customer=customer,
        )
        return await _write_one(transaction, told, moment)


async def patch_customer(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId,
    patch: Mapping[str, Any],
    condition: Condition = UNCONDITIONAL,
) -> Customer:
    """Change what a JSON Merge Patch (RFC 7396) names and return the customer.

    Raises CustomerNotFound, RecordContradictory and what :func:`put_customer` raises.
    """
    async with database.transaction(agency) as transaction:
        await care_units.lock_links(transaction)
        moment = await moment_of(transaction, clock)
        known = await customers.customer_record(transaction, customer_id, today=moment.today)
        if known is None:
            raise await absent(transaction, customer_id)
        condition.require(etag_of(known.customer))
        word = patch_of(known.customer, patch, now=moment.now)
        told = ReportedCustomer(customer_id=customer_id, word=word)
        return (await _write_one(transaction, told, moment)).customer


async def _write_one(
    transaction: Transaction, told: ReportedCustomer, moment: Moment
) -> PutCustomer:
    refuse_days_ahead(told.word.fields, today=moment.today)
    if any(told.customer_id in told.word.fields.get(f"{LINKS}.{kind}", ()) for kind in LINK_KINDS):
        raise ConnectionToItself(told.customer_id)
    effects = WriteEffects()
    written = await write_customers(transaction, [told], moment=moment, effects=effects)
    for refusal in written.refused.values():
        raise refusal
    await mark_and_publish(transaction, effects)
    stored = await customers.customer_record(transaction, told.customer_id, today=moment.today)
    assert stored is not None
    return PutCustomer(customer=stored.customer, created=told.customer_id in written.created)


async def get_customer(
    *, database: Database, clock: Clock, agency: AgencyId, customer_id: CustomerId
) -> CustomerRecord:
    """A customer with the marks in force today and who told what; raises CustomerNotFound."""
    async with database.transaction(agency) as transaction:
        moment = await moment_of(transaction, clock)
        stored = await customers.customer_record(transaction, customer_id, today=moment.today)
        if stored is None:
            raise await absent(transaction, customer_id)
    return stored


async def erase_customer(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId,
    condition: Condition = UNCONDITIONAL,
) -> None:
    """Erase a customer's personal data (GDPR art. 17); the accounting remains.

    Safe to repeat. Raises ConditionFailed, and CustomerNotFound where that customer never was.
    """
    async with database.transaction(agency) as transaction:
        await care_units.lock_links(transaction)
        if not await erasures.lock_customer(transaction, customer_id):
            if await erasures.erased_among(transaction, [customer_id]):
                return
            raise await absent(transaction, customer_id)
        if condition.asked:
            today = (await moment_of(transaction, clock)).today
            known = await customers.customer_record(transaction, customer_id, today=today)
            condition.require(etag_of(known.customer) if known else None)
        await ensure_agency(transaction)
        effects = WriteEffects(
            units=await care_units.units_depending_on(transaction, [customer_id])
        )
        mates = await care_units.mates_of(transaction, customer_id)
        merged = sorted(await reopen_merges(transaction, customer_id))
        for each in (customer_id, *merged):
            await erasures.erase_customer(transaction, each)
            await erase_from_reviews(transaction, each)
        await regroup(transaction, set(mates), effects=effects)
        # Before the others' new unit, so that a follower still knows whose household this was.
        for each in (customer_id, *merged):
            transaction.publish(CustomerErased(customer_id=each))
        await mark_and_publish(transaction, effects)


async def look_contacts_up(
    *, database: Database, clock: Clock, agency: AgencyId, customer_ids: list[CustomerId]
) -> ContactLookupAnswer:
    """How these customers are reached and what they allow, at this moment."""
    async with database.transaction(agency) as transaction:
        today = (await moment_of(transaction, clock)).today
        items = await lookups.contacts(transaction, customer_ids, today=today)
        missing = set(customer_ids) - {item.customer_id for item in items}
        if missing:
            items += await _of_merged(transaction, missing, today=today)
    found = {item.customer_id for item in items}
    return ContactLookupAnswer(items=items, missing=sorted(set(customer_ids) - found))


async def _of_merged(
    transaction: Transaction, missing: Collection[CustomerId], *, today: date
) -> list[Contact]:
    """The contacts of those who were merged: the other's, under the id that was asked for. A
    message may be on its way while the notifier has not heard of the merge yet."""
    now = await merged_into(transaction, missing)
    contacts = await lookups.contacts(transaction, sorted(set(now.values())), today=today)
    by_id = {each.customer_id: each for each in contacts}
    return [
        by_id[into].model_copy(update={"customer_id": asked})
        for asked, into in sorted(now.items())
        if into in by_id
    ]


async def look_planning_facts_up(
    *, database: Database, clock: Clock, agency: AgencyId, customer_ids: list[CustomerId]
) -> PlanningLookupAnswer:
    """What planning needs of these customers."""
    async with database.transaction(agency) as transaction:
        today = (await moment_of(transaction, clock)).today
        items = await lookups.planning_facts(transaction, customer_ids, today=today)
        missing = set(customer_ids) - {item.customer_id for item in items}
        stand = await standing_merges(transaction, missing) if missing else []
    merged = missing & {each.customer_id for each in stand}
    return PlanningLookupAnswer(
        items=items,
        missing=sorted(missing - merged),
        merged=sorted(merged),
        merges=[
            StandingMerge(merge_id=each.merge_id, customer_id=each.customer_id, into=each.into_id)
            for each in stand
        ],
    )


async def list_customers(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    after: CustomerId,
    limit: int,
    search: CustomerSearch = EVERYBODY,
) -> list[PlanningFacts]:
    """The next customers by id: everybody, or those of whom the search holds."""
    async with database.transaction(agency) as transaction:
        today = (await moment_of(transaction, clock)).today
        ids = await found_ids_after(transaction, search, after=after, limit=limit)
        return await lookups.planning_facts(transaction, ids, today=today)
