"""Who a delivery without the broker's numbers speaks of: whoever holds the contracts already."""

from collections.abc import Sequence
from dataclasses import replace

from services.classifier.domain.contract_matching import (
    ContractName,
    KnownContract,
    met_contract,
    number_key,
    same_insurer,
)
from services.classifier.importers.reading import (
    Item,
    ReadContract,
    ReadCustomer,
    contract_number_of,
)
from services.classifier.store.unassigned_commissions import contracts_numbered
from shared.db.database import Transaction

Known = dict[str, list[KnownContract]]


async def met_holders(transaction: Transaction, items: Sequence[Item]) -> list[Item]:
    """The items, with the ids of the customers and contracts that are known already.

    A marriage or a move changes name and address but not the contract: so neither the person nor
    the contract becomes two. Who holds contracts of several customers stays apart.
    """
    names = {name for item in items for name in _names(item)}
    if not names:
        return list(items)
    known = await contracts_numbered(transaction, [number_key(name.number) for name in names])
    return [_met(item, known) for item in items]


def _names(item: Item) -> tuple[ContractName, ...]:
    if isinstance(item, ReadCustomer):
        return item.holds
    return item.holder if isinstance(item, ReadContract) else ()


def _met(item: Item, known: Known) -> Item:
    names = _names(item)
    if not names or not isinstance(item, ReadCustomer | ReadContract):
        return item
    holder = _holder(names, known)
    if isinstance(item, ReadContract):
        same = _same_contract(item, known)
        if same is not None:
            return replace(item, customer_id=same.customer_id, contract_id=same.contract_id)
    return item if holder is None else replace(item, customer_id=holder)


def _holder(names: tuple[ContractName, ...], known: Known) -> str | None:
    """The one customer who holds what is known of these contracts."""
    found = [met_contract(name, known.get(number_key(name.number), [])) for name in names]
    holders = {each.contract.customer_id for each in found if each is not None and each.sure}
    return holders.pop() if len(holders) == 1 else None


def _same_contract(item: ReadContract, known: Known) -> KnownContract | None:
    """The known contract that this record means: of several of one number, the one of its line."""
    contract = item.contract
    name = ContractName(
        number=contract_number_of(contract.contract_number or ""),
        insurer_number=contract.insurer_number,
        line=contract.line,
    )
    candidates = known.get(number_key(name.number), [])
    of_line = [
        each
        for each in candidates
        if same_insurer(name, each)
        and (each.gdv_line == contract.gdv_line if each.gdv_line else each.line == contract.line)
    ]
    several = "." in item.contract_id or len(candidates) > 1
    met = met_contract(name, of_line if several else candidates)
    return met.contract if met is not None and met.sure else None
