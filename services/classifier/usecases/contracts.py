"""Contracts one by one; commissions and interactions in batches, answered item by item."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from services.classifier.domain.instants import DayLongAgo, long_ago, refuse_days_ahead
from services.classifier.domain.latest_days import DUE_AHEAD, latest_day
from services.classifier.store import contracts
from services.classifier.store.bulk import Upserted
from services.classifier.store.care_units import lock_links
from services.classifier.store.contracts import ContractRecord
from services.classifier.store.customers import known_customers
from services.classifier.usecases.customer_refusals import absent, refuse_merged
from services.classifier.usecases.customer_writes import (
    Refusal,
    WriteEffects,
    mark_and_publish,
    moment_of,
    write_commissions,
    write_contracts,
    write_interactions,
)
from services.classifier.usecases.record_merging import ReportedContract, patch_of, replacement_of
from shared.clock import Clock
from shared.contracts.customers import Commission, Contract, Interaction
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.vocabulary import AgencyId, ContractId, CustomerId
from shared.db.database import Database, Transaction
from shared.instants import InstantAhead, is_ahead, latest_instant

ITEMS_OF_A_TRANSACTION = 1000
"""So long the feed's counter and the rows stay locked at most."""

ItemState = Literal["created", "updated", "unchanged", "refused"]
Item = TypeVar("Item", Commission, Interaction)
Write = Callable[..., Awaitable[tuple[Upserted, dict[CustomerId, Refusal]]]]


class ContractNotFound(Exception):
    """the customer has no contract with that id; send the contract first"""

    def __init__(self, customer_id: CustomerId, contract_id: ContractId) -> None:
        super().__init__(f"{customer_id}, {contract_id}: {type(self).__doc__}")
        self.customer_id = customer_id
        self.contract_id = contract_id


class ContractAmbiguous(Exception):
    """several customers have a contract with that id; name the customer"""

    def __init__(self, contract_id: ContractId) -> None:
        super().__init__(f"{contract_id}: {type(self).__doc__}")
        self.contract_id = contract_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """What became of one item of a batch."""

    state: ItemState
    refusal: Refusal | InstantAhead | DayLongAgo | None = None


async def put_contract(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId,
    contract_id: ContractId,
    contract: Contract,
    condition: Condition = UNCONDITIONAL,
) -> bool:
    """Create or replace a contract; true where it is new. Raises ConditionFailed,
    CustomerNotFound, InstantAhead."""
    told = ReportedContract(
        customer_id=customer_id,
        contract_id=contract_id,
        word=replacement_of(contract, now=clock.now()),
        contract=contract,
    )
    async with database.transaction(agency) as transaction:
        await refuse_merged(transaction, customer_id)
        if condition.asked:
            await _require(transaction, condition, customer_id, contract_id)
        return await _write_one(transaction, told, clock)


async def patch_contract(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    customer_id: CustomerId | None = None,
    contract_id: ContractId,
    patch: Mapping[str, Any],
    condition: Condition = UNCONDITIONAL,
) -> Contract:
    """Change what a JSON Merge Patch (RFC 7396) names and return the contract.

    Without a customer the id must belong to one contract alone. Raises ConditionFailed,
    ContractNotFound, ContractAmbiguous and RecordContradictory.
    """
    async with database.transaction(agency) as transaction:
        owner = customer_id or await _owner(transaction, contract_id)
        known = await contracts.locked_contracts(transaction, {(owner, contract_id)})
        if not known:
            await refuse_merged(transaction, owner)
            raise ContractNotFound(owner, contract_id)
        condition.require(etag_of(known[owner, contract_id].contract))
        word = patch_of(known[owner, contract_id].contract, patch, now=clock.now())
        told = ReportedContract(customer_id=owner, contract_id=contract_id, word=word)
        await _write_one(transaction, told, clock)
        return (await contracts.contract_records(transaction, owner, contract_id=contract_id))[
            0
        ].contract


async def _require(
    transaction: Transaction, condition: Condition, customer_id: CustomerId, contract_id: ContractId
) -> None:
    """Check a contract that nobody changes until the transaction ends; two that must both be the
    first wait for each other."""
    await lock_links(transaction)
    known = await contracts.locked_contracts(transaction, {(customer_id, contract_id)})
    condition.require(etag_of(known[customer_id, contract_id].contract) if known else None)


async def _owner(transaction: Transaction, contract_id: ContractId) -> CustomerId:
    owners = await contracts.owners_of_contract(transaction, contract_id)
    if not owners:
        raise ContractNotFound("", contract_id)
    if len(owners) > 1:
        raise ContractAmbiguous(contract_id)
    return owners[0]


async def _write_one(transaction: Transaction, told: ReportedContract, clock: Clock) -> bool:
    moment = await moment_of(transaction, clock)
    refuse_days_ahead(told.word.fields, today=moment.today)
    effects = WriteEffects()
    written = await write_contracts(transaction, [told], effects=effects)
    refusal = written.refusal_of(told)
    if refusal is not None:
        raise refusal
    await mark_and_publish(transaction, effects)
    return told.key in written.created


async def get_contract(
    *, database: Database, agency: AgencyId, customer_id: CustomerId, contract_id: ContractId
) -> ContractRecord:
    """A contract with who told what; raises ContractNotFound."""
    async with database.transaction(agency) as transaction:
        found = await contracts.contract_records(transaction, customer_id, contract_id=contract_id)
        if not found:
            await refuse_merged(transaction, customer_id)
            raise ContractNotFound(customer_id, contract_id)
    return found[0]


async def list_contracts(
    *, database: Database, agency: AgencyId, customer_id: CustomerId
) -> list[ContractRecord]:
    """All contracts of a customer; raises CustomerNotFound."""
    async with database.transaction(agency) as transaction:
        if not await known_customers(transaction, [customer_id]):
            raise await absent(transaction, customer_id)
        return await contracts.contract_records(transaction, customer_id)


async def delete_contract(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    contract_id: ContractId,
    condition: Condition = UNCONDITIONAL,
) -> None:
    """Remove a contract that was sent by mistake; its bookings stay. Raises ConditionFailed,
    ContractNotFound."""
    async with database.transaction(agency) as transaction:
        if condition.asked:
            await _require(transaction, condition, customer_id, contract_id)
        if not await contracts.delete_contract(transaction, customer_id, contract_id):
            await refuse_merged(transaction, customer_id)
            raise ContractNotFound(customer_id, contract_id)
        await mark_and_publish(transaction, WriteEffects(customers={customer_id}))


async def record_commissions(
    *, database: Database, agency: AgencyId, items: Sequence[Commission], now: datetime
) -> list[ItemOutcome]:
    """Enter bookings; the answers stand in the order of the items. One on a day that lies more
    than a month ahead is refused, as in a statement."""
    latest = latest_day(now, slack=DUE_AHEAD)
    refusals = [
        InstantAhead({"/booked_on": latest}) if item.booked_on > latest else long_ago(item)
        for item in items
    ]
    happened = [item for item, refusal in zip(items, refusals, strict=True) if refusal is None]
    recorded = await _record(database, agency, happened, write_commissions, "commission_id")
    return _in_order(refusals, recorded)


async def record_interactions(
    *, database: Database, agency: AgencyId, items: Sequence[Interaction], now: datetime
) -> list[ItemOutcome]:
    """Enter contacts; the answers stand in the order of the items. One that is still to come is
    refused."""
    refusals = [
        InstantAhead({"/at": latest_instant(now)}) if is_ahead(item.at, now) else long_ago(item)
        for item in items
    ]
    happened = [item for item, refusal in zip(items, refusals, strict=True) if refusal is None]
    recorded = await _record(database, agency, happened, write_interactions, "interaction_id")
    return _in_order(refusals, recorded)


def _in_order(
    refusals: Sequence[InstantAhead | DayLongAgo | None], recorded: Sequence[ItemOutcome]
) -> list[ItemOutcome]:
    answers = iter(recorded)
    return [
        next(answers) if refusal is None else ItemOutcome(state="refused", refusal=refusal)
        for refusal in refusals
    ]


async def _record(
    database: Database, agency: AgencyId, items: Sequence[Item], write: Write, key: str
) -> list[ItemOutcome]:
    outcomes: list[ItemOutcome] = []
    for start in range(0, len(items), ITEMS_OF_A_TRANSACTION):
        part = items[start : start + ITEMS_OF_A_TRANSACTION]
        async with database.transaction(agency) as transaction:
            effects = WriteEffects()
            upserted, refused = await write(transaction, part, effects=effects)
            await mark_and_publish(transaction, effects)
        outcomes += [_outcome(item, getattr(item, key), upserted, refused) for item in part]
    return outcomes


def _outcome(
    item: Commission | Interaction,
    item_id: str,
    upserted: Upserted,
    refused: Mapping[CustomerId, Refusal],
) -> ItemOutcome:
    if item.customer_id in refused:
        return ItemOutcome(state="refused", refusal=refused[item.customer_id])
    if (item_id,) in upserted.created:
        return ItemOutcome(state="created")
    return ItemOutcome(state="updated" if (item_id,) in upserted.changed else "unchanged")
