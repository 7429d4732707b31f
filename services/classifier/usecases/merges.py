"""Two records of one customer become one on a person's word, and two again if that was wrong."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from services.classifier.domain.merging import emptied, encoded, filled_by, joined_identities
from services.classifier.domain.provenance import Provenance
from services.classifier.domain.records import customer_group, fields_of, record_of
from services.classifier.store import care_units, customers, erasures, merges
from services.classifier.store.customers import CustomerRecord
from services.classifier.store.merge_tables import MergeTable
from services.classifier.usecases.customer_refusals import (
    CustomerWasErased,
    CustomerWasMerged,
    absent,
)
from services.classifier.usecases.customer_writes import (
    Moment,
    WriteEffects,
    mark_and_publish,
    moment_of,
    regroup,
)
from shared.clock import Clock
from shared.contracts.changes.classifier import CustomerMerged
from shared.contracts.customers import Customer
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


class MergeIntoItself(Exception):
    """a customer cannot be merged into themselves"""


class MergeContradictory(Exception):
    """the two records cannot be one customer as they stand"""


class MergeNotFound(Exception):
    """there is no such merge"""


class MergeContinued(Exception):
    """the record was merged further since; undo the later merge first"""


async def merge_customers(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId,
    into: CustomerId,
    reason: str,
    by: str,
) -> UUID:
    """Let one customer's record go into another's; the same merge again is the one that stands.

    Raises MergeIntoItself, CustomerNotFound, CustomerWasErased, CustomerWasMerged (into somebody
    else) and MergeContradictory; then nothing is changed.
    """
    if customer_id == into:
        raise MergeIntoItself(f"{into}: {MergeIntoItself.__doc__}")
    async with database.transaction(agency) as transaction:
        await care_units.lock_links(transaction)
        standing = await merges.standing_merge(transaction, customer_id)
        if standing is not None and standing.into_id == into:
            return standing.merge_id
        moment = await moment_of(transaction, clock)
        away, kept = [
            await _locked(transaction, each, moment) for each in sorted((customer_id, into))
        ]
        if away.customer_id != customer_id:
            away, kept = kept, away
        _refuse_contradiction(away.customer, kept.customer)
        merge = MergeTable(
            agency_id=agency,
            merge_id=uuid4(),
            customer_id=customer_id,
            into_id=into,
            reason=reason,
            author=by,
            merged_at=moment.now,
            undone_at=None,
            undone_by=None,
            filled=_filled(away.customer, kept.customer),
        )
        await _merge(transaction, merge, away, kept)
    return merge.merge_id


async def _locked(
    transaction: Transaction, customer_id: CustomerId, moment: Moment
) -> CustomerRecord:
    """A customer who is there, and whom nobody writes for until this transaction ends."""
    if not await erasures.lock_customer(transaction, customer_id):
        if await erasures.erased_among(transaction, [customer_id]):
            raise CustomerWasErased(customer_id)
        raise await absent(transaction, customer_id)
    found = await customers.customer_record(transaction, customer_id, today=moment.today)
    assert found is not None
    return found


def _refuse_contradiction(away: Customer, kept: Customer) -> None:
    if away.kind != kept.kind:
        raise MergeContradictory("one is a person and the other a company: correct the kind first")
    if away.death_date is not None and kept.death_date is None:
        raise MergeContradictory(
            "the customer to be merged has died, the other one not: record the death first"
        )
    if away.mandate.ended_on is not None and kept.mandate.ended_on is None:
        raise MergeContradictory(
            "the mandate of the customer to be merged has ended, the other one's not: record the "
            "end first"
        )


def _filled(away: Customer, kept: Customer) -> dict[str, Any]:
    """What is to be remembered of the fields that the merge fills, as JSON."""
    filled = filled_by(fields_of(kept), fields_of(away))
    told = {name: encoded(value) for name, value in sorted(filled.items())}
    return told | {"identities": joined_identities(kept.identities, away.identities)}


async def _merge(
    transaction: Transaction, merge: MergeTable, away: CustomerRecord, kept: CustomerRecord
) -> None:
    both = [merge.customer_id, merge.into_id]
    effects = WriteEffects(units=await care_units.units_depending_on(transaction, both))
    mates = await care_units.mates_of(transaction, merge.customer_id)
    merge_id = merge.merge_id
    await transaction.add(merge)
    await merges.move_rows(transaction, merge_id, from_id=merge.customer_id, into_id=merge.into_id)
    await merges.take_customer_away(transaction, merge_id, merge.customer_id)
    await customers.upsert_customers(transaction, [_completed(away, kept)])
    await regroup(transaction, {*mates, merge.into_id}, effects=effects)
    effects.records.add(merge.into_id)
    await mark_and_publish(transaction, effects)
    transaction.publish(
        CustomerMerged(customer_id=merge.customer_id, into=merge.into_id, merge_id=merge_id)
    )


def _completed(away: CustomerRecord, kept: CustomerRecord) -> CustomerRecord:
    """The record that stays, with what only the other one knew and who had told it there."""
    fields = fields_of(kept.customer)
    filled = filled_by(fields, fields_of(away.customer))
    added = joined_identities(kept.customer.identities, away.customer.identities)
    told = {customer_group(name) for name in filled}
    groups = {
        group: source
        for group, source in away.provenance.groups.items()
        if group in told and group not in kept.provenance.groups
    }
    provenance = Provenance(
        groups={**kept.provenance.groups, **groups},
        heard={**away.provenance.heard, **kept.provenance.heard},
    )
    identities = {**kept.customer.identities, **added}
    customer = record_of(Customer, {**fields, **filled, "identities": identities})
    return replace(kept, customer=customer, provenance=provenance)


async def undo_merge(
    *, database: Database, clock: Clock, agency: AgencyId, merge_id: UUID, by: str
) -> None:
    """Give the customer back their record and all that was theirs; what was entered since stays
    with the other one. Safe to repeat.

    Raises MergeNotFound, and MergeContinued while a later merge builds on this one.
    """
    async with database.transaction(agency) as transaction:
        await care_units.lock_links(transaction)
        merge = await merges.merge_of(transaction, merge_id)
        if merge is None:
            raise MergeNotFound(f"{merge_id}: {MergeNotFound.__doc__}")
        if merge.undone_at is not None:
            return
        moment = await moment_of(transaction, clock)
        try:
            kept = await _locked(transaction, merge.into_id, moment)
        except CustomerWasMerged as further:
            raise MergeContinued(f"{merge_id}: {MergeContinued.__doc__}") from further
        await _undo(transaction, merge, kept, by=by, now=moment.now)


async def _undo(
    transaction: Transaction, merge: MergeTable, kept: CustomerRecord, *, by: str, now: datetime
) -> None:
    from_id, into_id, merge_id = merge.customer_id, merge.into_id, merge.merge_id
    effects = WriteEffects(units=await care_units.units_depending_on(transaction, [into_id]))
    mates = await care_units.mates_of(transaction, into_id)
    filled = dict(merge.filled)
    merge.undone_at, merge.undone_by = now, by
    await transaction.add(merge)
    await merges.move_back(transaction, merge_id, from_id=from_id, into_id=into_id)
    await customers.upsert_customers(transaction, [_reduced(kept, filled)])
    await regroup(transaction, {*mates, from_id, into_id}, effects=effects)
    effects.records |= {from_id, into_id}
    await mark_and_publish(transaction, effects)
    transaction.publish(CustomerMerged(customer_id=from_id, into=None, merge_id=merge_id))


def _reduced(kept: CustomerRecord, filled: dict[str, Any]) -> CustomerRecord:
    """The record that stayed, without what the merge filled and nobody changed since."""
    fields = fields_of(kept.customer)
    added = filled.pop("identities", {})
    identities = {
        system: number
        for system, number in kept.customer.identities.items()
        if added.get(system) != number
    }
    customer = record_of(Customer, {**fields, **emptied(fields, filled), "identities": identities})
    return replace(kept, customer=customer)
