"""Bookings whose contract is not known yet, and the contracts that a number may mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ARRAY, String, any_, delete, literal
from sqlmodel import col, select

from services.classifier.domain.contract_matching import (
    ContractName,
    KnownContract,
    number_key,
    plain_contract_number,
)
from services.classifier.store.bulk import BulkTable
from services.classifier.store.unassigned_commission_tables import UnassignedCommissionTable
from shared.contracts.customers import CommissionKind
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted

WhyUnassigned = Literal["contract-unknown", "several-contracts"]

_UNASSIGNED = BulkTable(table=UnassignedCommissionTable, kept=("received_at",))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignedBooking:
    """A booking as its statement told it; ``told_customer_id`` is a number we do not know."""

    commission_id: str
    booked_on: date
    kind: CommissionKind
    amount_cents: int
    told_customer_id: str | None
    contract_number: str | None
    insurer_number: str | None
    insurer: str | None
    line: str | None
    reason: WhyUnassigned
    received_at: datetime

    @property
    def name(self) -> ContractName | None:
        """How the statement names the contract."""
        if not self.contract_number:
            return None
        return ContractName(
            number=self.contract_number,
            insurer_number=self.insurer_number,
            insurer=self.insurer,
            line=self.line,
        )


_FIELDS = tuple(UnassignedBooking.__dataclass_fields__)


async def contracts_numbered(
    transaction: Transaction, keys: Sequence[str]
) -> dict[str, list[KnownContract]]:
    """The contracts with these `number_key`s, by key; one set-based look at their index."""
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    found = await transaction.execute(
        f"""
        SELECT number_key, contract_number, customer_id, contract_id, insurer_number, insurer,
               line, gdv_line, status NOT IN ('cancelled', 'expired') AS running
          FROM contract
         WHERE agency_id = :agency AND number_key = ANY({parted("keys")})
         ORDER BY customer_id, contract_id
        """,
        {"keys": id_list(wanted)},
    )
    rows: Sequence[Any] = found.all()
    by_key: dict[str, list[KnownContract]] = {}
    for key, contract_number, customer_id, contract_id, *terms in rows:
        number = plain_contract_number(contract_number, contract_id)
        contract = KnownContract(customer_id, contract_id, number, *terms)
        by_key.setdefault(key, []).append(contract)
    return by_key


async def keep_unassigned(transaction: Transaction, bookings: Sequence[UnassignedBooking]) -> None:
    """Keep bookings that found no contract; the same statement again keeps them once."""
    await _UNASSIGNED.upsert(
        transaction,
        [
            {
                **{name: getattr(each, name) for name in _FIELDS},
                "number_key": number_key(each.contract_number or ""),
            }
            for each in bookings
        ],
    )


async def unassigned_with(transaction: Transaction, keys: Sequence[str]) -> list[UnassignedBooking]:
    """Bookings that wait for a contract with one of these number keys."""
    table = UnassignedCommissionTable
    found = await transaction.exec(
        select(table)
        .where(
            table.agency_id == transaction.agency,
            col(table.number_key) == any_(literal(list(keys), ARRAY(String))),
        )
        .order_by(col(table.commission_id))
        .with_for_update()
    )
    return [_booking(row) for row in found]


async def unassigned_after(
    transaction: Transaction, *, after: str, limit: int
) -> list[UnassignedBooking]:
    """The next bookings without a contract, in the order of their ids."""
    table = UnassignedCommissionTable
    found = await transaction.exec(
        select(table)
        .where(table.agency_id == transaction.agency, table.commission_id > after)
        .order_by(col(table.commission_id))
        .limit(limit)
    )
    return [_booking(row) for row in found]


async def unassigned_booking(
    transaction: Transaction, commission_id: str
) -> UnassignedBooking | None:
    """A booking that waits, locked until this transaction ends; None if there is none."""
    table = UnassignedCommissionTable
    found = await transaction.exec(
        select(table)
        .where(table.agency_id == transaction.agency, table.commission_id == commission_id)
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else _booking(row)


async def drop_unassigned(transaction: Transaction, commission_ids: Sequence[str]) -> None:
    """Forget that these bookings waited: they are with a customer now."""
    table = UnassignedCommissionTable
    await transaction.execute(
        delete(table).where(
            col(table.agency_id) == transaction.agency,
            col(table.commission_id) == any_(literal(list(commission_ids), ARRAY(String))),
        )
    )


async def booked_commissions(
    transaction: Transaction, commission_ids: Sequence[str]
) -> dict[str, tuple[CustomerId, ContractId | None]]:
    """Which of these bookings stand with a customer, and with which contract.

    SQL text because a slice of a file asks for thousands in one statement.
    """
    found = await transaction.execute(
        """
        SELECT commission_id, customer_id, contract_id FROM commission
         WHERE agency_id = :agency AND commission_id = ANY(CAST(:ids AS text[]))
        """,
        {"ids": list(commission_ids)},
    )
    return {row.commission_id: (row.customer_id, row.contract_id) for row in found}


async def relink_bookings(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> set[CustomerId]:
    """Give bookings whose contract id names none the contract that is the same but for zeros.

    Set-based: a statement that dropped the zeros may come before the contract list.
    """
    found = await transaction.execute(
        f"""
        UPDATE commission SET contract_id = contract.contract_id
          FROM contract
         WHERE commission.agency_id = :agency AND contract.agency_id = :agency
           AND commission.customer_id = ANY({parted("ids")})
           AND contract.customer_id = commission.customer_id
           AND contract.contract_id <> commission.contract_id
           AND regexp_replace(commission.contract_id, '(^|:)0+', '\\1')
               = regexp_replace(contract.contract_id, '(^|:)0+', '\\1')
           AND NOT EXISTS (SELECT FROM contract AS known
                            WHERE known.agency_id = :agency
                              AND known.customer_id = commission.customer_id
                              AND known.contract_id = commission.contract_id)
        RETURNING commission.customer_id
        """,
        {"ids": id_list(set(customer_ids))},
    )
    return set(found.scalars())


def _booking(row: UnassignedCommissionTable) -> UnassignedBooking:
    return UnassignedBooking(**{name: getattr(row, name) for name in _FIELDS})
