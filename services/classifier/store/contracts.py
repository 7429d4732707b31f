"""Contracts, commissions and interactions: what revenue and effort are made of."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, text
from sqlmodel import col, select

from services.classifier.domain.contract_matching import contract_number_key
from services.classifier.domain.provenance import NO_PROVENANCE, Provenance
from services.classifier.domain.records import own_fields
from services.classifier.store.bulk import BulkTable, Upserted
from services.classifier.store.provenance import provenance_from, provenances_json
from services.classifier.store.tables import CommissionTable, ContractTable, InteractionTable
from shared.contracts.bounds import STORED
from shared.contracts.customers import Commission, CommissionKind, Contract, Interaction
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted

_SAME_NAME = (
    "insurer", "insurer_number", "contract_number", "line", "gdv_line", "product", "status",
    "main_due_date", "notice_months", "premium_cents", "instalments_per_year", "commission_rate",
    "cancelled_on", "cancel_reason",
)  # fmt: skip
_RENAMED = {"starts_on": "start", "ends_on": "end", "held_elsewhere": "foreign"}
"""Columns whose names at the borders are words of SQL."""

_CONTRACTS = BulkTable(table=ContractTable, stamp="updated_at")
_COMMISSIONS = BulkTable(table=CommissionTable)
_INTERACTIONS = BulkTable(table=InteractionTable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecord:
    """A contract's whole record under the ids of customer and contract, with who told what."""

    customer_id: CustomerId
    contract_id: ContractId
    contract: Contract
    provenance: Provenance = NO_PROVENANCE


ContractValues = tuple[Any, ...]
"""The ids of customer and contract, the values of `own_fields`, and the key of the number."""


async def upsert_contracts(transaction: Transaction, records: Sequence[ContractRecord]) -> Upserted:
    """Create or replace contracts; keys are (customer, contract)."""
    values_of = _OWN[1]
    provenances = provenances_json([record.provenance for record in records])
    rows = [
        (
            record.customer_id,
            record.contract_id,
            *values_of(record.contract),
            contract_number_key(record.contract.contract_number, record.contract_id),
            provenance,
        )
        for record, provenance in zip(records, provenances, strict=True)
    ]
    return await _CONTRACTS.upsert_values(transaction, _COLUMNS, rows)


async def enter_contracts(
    transaction: Transaction, values: Sequence[ContractValues], provenances: Sequence[Provenance]
) -> None:
    """Create contracts of which none is known, in the order of their keys."""
    texts = provenances_json(provenances)
    rows = [(*each, text) for each, text in zip(values, texts, strict=True)]
    await _CONTRACTS.enter_values(transaction, _COLUMNS, rows)


async def any_known(
    transaction: Transaction,
    keys: Sequence[tuple[CustomerId, ContractId]],
    number_keys: Sequence[str],
) -> bool:
    """Whether one of these contracts exists, or any that bears one of these numbers.

    SQL text because a slice of a file asks for thousands in one statement.
    """
    found = await transaction.execute(
        f"""
        SELECT EXISTS (SELECT FROM contract
                        WHERE agency_id = :agency AND number_key = ANY({parted("numbers")}))
            OR EXISTS (SELECT FROM contract
                         JOIN unnest({parted("customers")}, {parted("contracts")})
                              AS told (customer_id, contract_id) USING (customer_id, contract_id)
                        WHERE agency_id = :agency)
        """,
        {
            "numbers": id_list(number_keys),
            "customers": id_list([key[0] for key in keys]),
            "contracts": id_list([key[1] for key in keys]),
        },
    )
    return bool(found.scalar_one())


_OWN: Final = own_fields(Contract)
_COLUMNS: Final = (
    "customer_id",
    "contract_id",
    *({field: column for column, field in _RENAMED.items()}.get(name, name) for name in _OWN[0]),
    "number_key",
    "provenance",
)


class BookingRow(NamedTuple):
    """A booking as its row."""

    commission_id: str
    customer_id: CustomerId
    contract_id: ContractId
    booked_on: date
    kind: CommissionKind
    amount_cents: int


async def upsert_commissions(
    transaction: Transaction, commissions: Sequence[Commission]
) -> Upserted:
    """Create or correct bookings."""
    return await _COMMISSIONS.upsert_values(
        transaction, _COMMISSIONS.columns, [_booked(each) for each in commissions]
    )


_booked: Final[Callable[[Commission], tuple[Any, ...]]] = attrgetter(*_COMMISSIONS.columns)


async def enter_commissions(transaction: Transaction, bookings: Sequence[BookingRow]) -> None:
    """Enter bookings of which none is known, in the order of their ids."""
    await _COMMISSIONS.enter_values(transaction, BookingRow._fields, bookings)


async def any_booking_known(transaction: Transaction, commission_ids: Sequence[str]) -> bool:
    """Whether one of these bookings stands with a customer or waits for its contract.

    SQL text because a slice of a file asks for thousands in one statement.
    """
    found = await transaction.execute(
        f"""
        SELECT EXISTS (SELECT FROM commission
                        WHERE agency_id = :agency AND commission_id = ANY({parted("ids")}))
            OR EXISTS (SELECT FROM unassigned_commission
                        WHERE agency_id = :agency AND commission_id = ANY({parted("ids")}))
        """,
        {"ids": id_list(commission_ids)},
    )
    return bool(found.scalar_one())


async def upsert_interactions(
    transaction: Transaction, interactions: Sequence[Interaction]
) -> Upserted:
    """Create or correct contacts."""
    return await _INTERACTIONS.upsert(transaction, [dict(each) for each in interactions])


async def owners_before(
    transaction: Transaction, items: Sequence[Commission] | Sequence[Interaction]
) -> set[CustomerId]:
    """Customers who lose these bookings or contacts, because these are sent anew under another
    one. SQL text because it compares a batch of pairs in one statement."""
    if not items:
        return set()
    table, key = ("commission", "commission_id")
    if isinstance(items[0], Interaction):
        table, key = ("interaction", "interaction_id")
    found = await transaction.execute(
        f"""
        SELECT DISTINCT old.customer_id
          FROM unnest(CAST(:ids AS text[]), CAST(:customers AS text[])) AS new (id, customer_id)
          JOIN {table} AS old ON old.agency_id = :agency AND old.{key} = new.id
         WHERE old.customer_id <> new.customer_id
        """,
        {
            "ids": [getattr(item, key) for item in items],
            "customers": [item.customer_id for item in items],
        },
    )
    return set(found.scalars())


async def commission(transaction: Transaction, commission_id: str) -> Commission | None:
    """A booking that stands with a customer; None if there is none."""
    found = await transaction.exec(
        select(CommissionTable).where(
            CommissionTable.agency_id == transaction.agency,
            CommissionTable.commission_id == commission_id,
        )
    )
    row = found.one_or_none()
    return (
        None
        if row is None
        else Commission.model_validate(row.model_dump(exclude={"agency_id"}), context=STORED)
    )


async def known_contracts(
    transaction: Transaction, keys: Sequence[tuple[CustomerId, ContractId]]
) -> set[tuple[CustomerId, ContractId]]:
    """Which of these contracts exist.

    SQL text because a slice of a file asks for thousands of pairs in one statement.
    """
    found = await transaction.execute(
        """
        SELECT customer_id, contract_id FROM contract
          JOIN unnest(CAST(:customers AS text[]), CAST(:contracts AS text[]))
               AS wanted (customer_id, contract_id) USING (customer_id, contract_id)
         WHERE agency_id = :agency
        """,
        {"customers": [key[0] for key in keys], "contracts": [key[1] for key in keys]},
    )
    return {(row.customer_id, row.contract_id) for row in found}


_AMONG_THE_KEYS = """
    (contract.customer_id, contract.contract_id) IN (
        SELECT * FROM unnest(CAST(:customers AS text[]), CAST(:contracts AS text[])))
"""


async def locked_contracts(
    transaction: Transaction, keys: Collection[tuple[CustomerId, ContractId]]
) -> dict[tuple[CustomerId, ContractId], ContractRecord]:
    """Those of these contracts that exist, locked in the order of their keys: what is merged with
    a word must not change before it is written.

    The keys go as two arrays, because a list of a thousand pairs is planned as as many conditions.
    """
    asked = (
        select(ContractTable)
        .where(ContractTable.agency_id == transaction.agency, text(_AMONG_THE_KEYS))
        .params(
            customers=[customer_id for customer_id, _ in keys],
            contracts=[contract_id for _, contract_id in keys],
        )
        .order_by(col(ContractTable.customer_id), col(ContractTable.contract_id))
        .with_for_update()
    )
    records = [_record(row) for row in await transaction.exec(asked)]
    return {(record.customer_id, record.contract_id): record for record in records}


async def owners_of_contract(
    transaction: Transaction, contract_id: ContractId
) -> Sequence[CustomerId]:
    """Whose contract bears this id: contracts of different customers may bear the same."""
    found = await transaction.exec(
        select(ContractTable.customer_id).where(
            ContractTable.agency_id == transaction.agency,
            ContractTable.contract_id == contract_id,
        )
    )
    return found.all()


async def contract_records(
    transaction: Transaction, customer_id: CustomerId, *, contract_id: ContractId | None = None
) -> list[ContractRecord]:
    """A customer's contracts in the order of their ids, or the one asked for."""
    asked = select(ContractTable).where(
        ContractTable.agency_id == transaction.agency, ContractTable.customer_id == customer_id
    )
    if contract_id is not None:
        asked = asked.where(ContractTable.contract_id == contract_id)
    found = await transaction.exec(asked.order_by(col(ContractTable.contract_id)))
    return [_record(row) for row in found]


def _record(row: ContractTable) -> ContractRecord:
    stored = {name: getattr(row, name) for name in _SAME_NAME}
    stored |= {name: getattr(row, column) for column, name in _RENAMED.items()}
    contract = Contract.model_validate(stored, context=STORED)
    return ContractRecord(
        customer_id=row.customer_id,
        contract_id=row.contract_id,
        contract=contract,
        provenance=provenance_from(row.provenance),
    )


async def delete_contract(
    transaction: Transaction, customer_id: CustomerId, contract_id: ContractId
) -> bool:
    """Remove a contract; its bookings stay. False if there is none."""
    gone = await transaction.execute(
        delete(ContractTable).where(
            col(ContractTable.agency_id) == transaction.agency,
            col(ContractTable.customer_id) == customer_id,
            col(ContractTable.contract_id) == contract_id,
        )
    )
    return gone.rowcount > 0
