"""Who and which contract a file means: the ones that are known already, whatever it calls them.

An insurer's file names people by its own numbers, or by a broker's number that is wrong or old. A
marriage or a move changes name and address, but not the contract. A list calls a contract by
another id when a bundle gains or loses a line. So neither people nor contracts become two.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from services.classifier.domain.contract_matching import (
    ContractName,
    ContractPart,
    KnownContract,
    counterparts,
    exactly_numbered,
    met_contract,
    number_key,
    same_insurer,
)
from services.classifier.importers.reading import (
    LONGEST_ID,
    Item,
    KnownBy,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
    id_of_its_line,
    number_told_of,
)
from services.classifier.store.customers import known_customers
from services.classifier.store.identities import customers_identified
from services.classifier.store.merges import merged_into
from services.classifier.store.unassigned_commissions import contracts_numbered
from services.classifier.usecases.meeting_remarks import (
    ambiguous_contract,
    ambiguous_holder,
    merged_away,
    other_holder,
    unknown_contract,
    unknown_number,
)
from shared.contracts.lines import UNKNOWN_LINE
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known here of the people and contracts that a slice speaks of."""

    contracts: dict[str, list[KnownContract]]
    numbered: Collection[CustomerId]
    identified: dict[str, set[CustomerId]]


async def met_holders(transaction: Transaction, items: Sequence[Item]) -> list[Item]:
    """The items with the ids of the customers and contracts that are known already, and remarks
    on what was found otherwise than it was told."""
    items = await _of_those_merged(transaction, items)
    told = [each for each in items if isinstance(each, ReadCustomer | ReadContract)]
    agreed = [each for each in told if isinstance(each, ReadContract)]
    people = [each.known_by for each in told if each.known_by is not None]
    if not agreed and not people:
        return list(items)
    numbers = [number_told_of(each.contract) for each in agreed]
    numbers += [name.number for known_by in people for name in known_by.contracts]
    known = Known(
        contracts=await contracts_numbered(transaction, [number_key(each) for each in numbers]),
        numbered=await _numbered(transaction, told),
        identified=await customers_identified(
            transaction, {each for known_by in people for each in known_by.identities}
        ),
    )
    met = _met_contracts(agreed, known)
    return [each for item in items for each in _told(item, known, met)]


async def _of_those_merged(transaction: Transaction, items: Sequence[Item]) -> Sequence[Item]:
    """The items of customers who were merged, as the others'.

    A row of the broker's own list under the old number changes nothing in the record that stayed,
    or the two rows of one person would overwrite each other; consents and refusals count.
    """
    now = await merged_into(transaction, {each for item in items for each in _named(item)})
    if not now:
        return items
    moved: list[Item] = []
    for item in items:
        if isinstance(item, ReadCustomer) and item.customer_id in now:
            into = now[item.customer_id]
            if item.known_by is None:
                moved.append(merged_away(item, into=into))
                carried = replace(item.carried, fields=frozenset(), empty=frozenset())
                moved.append(replace(item, customer_id=into, carried=carried))
            else:
                moved.append(replace(item, customer_id=into))
        elif isinstance(item, ReadContract) and item.customer_id in now:
            moved.append(replace(item, customer_id=now[item.customer_id]))
        elif isinstance(item, ReadCommission) and item.commission.customer_id in now:
            booking = replace(item.commission, customer_id=now[item.commission.customer_id])
            moved.append(replace(item, commission=booking))
        else:
            moved.append(item)
    return moved


def _named(item: Item) -> tuple[CustomerId, ...]:
    """The customer whom an item names; contacts follow a merge where they are entered."""
    if isinstance(item, ReadCustomer | ReadContract):
        return (item.customer_id,)
    if isinstance(item, ReadCommission) and item.commission.customer_id:
        return (item.commission.customer_id,)
    return ()


async def _numbered(
    transaction: Transaction, told: Sequence[ReadCustomer | ReadContract]
) -> Collection[CustomerId]:
    """The customers here among those whom files name by the broker's number."""
    ids = {each.customer_id for each in told if each.known_by is None or each.known_by.numbered}
    return await known_customers(transaction, sorted(ids))


def _told(item: Item, known: Known, met: dict[int, ReadContract | RejectedRow]) -> Iterator[Item]:
    if isinstance(item, ReadCustomer):
        yield from _person(item, known)
    elif isinstance(item, ReadContract):
        found = met[id(item)]
        if isinstance(found, ReadContract):
            if not found.customer_id:
                yield unknown_contract(item)
                return
            if item.customer_id and found.customer_id != _owner(item, known):
                yield other_holder(item, holder=found.customer_id)
        yield found
    else:
        yield item


def _person(item: ReadCustomer, known: Known) -> Iterator[ReadCustomer | Warning_]:
    owner, known_by = _owner(item, known), item.known_by
    if known_by is not None:
        if known_by.numbered and owner != item.customer_id:
            yield unknown_number(item, customer_id=owner)
        holders = _holders(known_by, known)
        if len(holders) > 1 and owner == item.customer_id and owner not in known.numbered:
            yield ambiguous_holder(item, holders=sorted(holders))
    yield item if owner == item.customer_id else replace(item, customer_id=owner)


def _owner(item: ReadCustomer | ReadContract, known: Known) -> CustomerId:
    """By the broker's number, by the contracts held, by the insurer's number of the person."""
    known_by = item.known_by
    if known_by is None or (known_by.numbered and item.customer_id in known.numbered):
        return item.customer_id
    identified = {
        each for number in known_by.identities for each in known.identified.get(number, ())
    }
    for found in (_holders(known_by, known), identified):
        if len(found) == 1:
            return next(iter(found))
    return item.customer_id


def _holders(known_by: KnownBy, known: Known) -> set[CustomerId]:
    """Who holds what is known of these contracts."""
    met = [
        met_contract(name, known.contracts.get(number_key(name.number), []))
        for name in known_by.contracts
    ]
    return {each.contract.customer_id for each in met if each is not None and each.sure}


def _name(item: ReadContract) -> ContractName:
    contract = item.contract
    return ContractName(
        number=number_told_of(item.contract),
        insurer_number=contract.insurer_number,
        insurer=contract.insurer,
        line=None if contract.line == UNKNOWN_LINE else contract.line,
        gdv_line=contract.gdv_line,
    )


def _met_contracts(
    agreed: Sequence[ReadContract], known: Known
) -> dict[int, ReadContract | RejectedRow]:
    """Each contract as it is known here, by the identity of its item.

    What a source tells under one number is met together, so that no known contract is met twice.
    """
    groups: dict[tuple[CustomerId, str | None, str], list[ReadContract]] = {}
    for item in agreed:
        key = number_key(number_told_of(item.contract))
        owner = _owner(item, known)
        groups.setdefault((owner, item.contract.insurer_number, key), []).append(item)
    met: dict[int, ReadContract | RejectedRow] = {}
    for (owner, _, key), items in groups.items():
        met |= _met_group(owner, items, known.contracts.get(key, []), known)
    return met


def _met_group(
    owner: CustomerId, items: Sequence[ReadContract], same_key: list[KnownContract], known: Known
) -> dict[int, ReadContract | RejectedRow]:
    if not same_key:
        return {id(item): _held_by(item, owner) for item in items}
    name = _name(items[0])
    own, others = [], []
    for each in exactly_numbered(name.number, same_key):
        agrees = same_insurer(name, each)
        if each.customer_id == owner and agrees is not False:
            own.append(each)
        elif agrees is True and (each.running or owner not in known.numbered):
            others.append(each)
    if not own and len({each.customer_id for each in others}) > 1:
        holders = sorted({each.customer_id for each in others})
        return {id(item): ambiguous_contract(item, holders) for item in items}
    candidates = own or others
    parts = [ContractPart(contract_id=each.contract_id, name=_name(each)) for each in items]
    found = counterparts(parts, candidates)
    met = {id(item): _met(item, owner, found.get(item.contract_id), candidates) for item in items}
    taken = {each.contract_id for each in candidates}
    for item in items:
        new = met[id(item)]
        if item.contract_id not in found and isinstance(new, ReadContract):
            met[id(item)] = replace(new, contract_id=_free_id(new, taken))
    return met


def _free_id(item: ReadContract, taken: Collection[str]) -> str:
    """The id of a new contract; its own may be another line's, which stood alone before."""
    of_line = id_of_its_line(item)
    ids = chain((item.contract_id, of_line), (f"{of_line[: LONGEST_ID - 4]}.{n}" for n in count(2)))
    return next(each for each in ids if each not in taken)


def _met(
    item: ReadContract,
    owner: CustomerId,
    same: KnownContract | None,
    candidates: Sequence[KnownContract],
) -> ReadContract | RejectedRow:
    if same is not None:
        return replace(item, customer_id=same.customer_id, contract_id=same.contract_id)
    if len(candidates) > 1 and item.contract.line == UNKNOWN_LINE:
        return ambiguous_contract(item, sorted(each.contract_id for each in candidates))
    # A further line of a bundle is with whoever holds the others.
    holder = candidates[0].customer_id if candidates else owner
    return _held_by(item, holder)


def _held_by(item: ReadContract, holder: CustomerId) -> ReadContract:
    return item if item.customer_id == holder else replace(item, customer_id=holder)
