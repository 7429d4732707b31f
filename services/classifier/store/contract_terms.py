"""What the owner of a contract knows it by: its line, its insurer and its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import tuple_
from sqlmodel import col, select

from services.classifier.store.tables import ContractTable
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction

ContractKey = tuple[CustomerId, ContractId]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """The terms by which a message can name a contract; None if it is not known."""

    line: str | None
    insurer: str | None
    contract_number: str | None


async def terms_of(
    transaction: Transaction, keys: Sequence[ContractKey]
) -> dict[ContractKey, ContractTerms]:
    """The terms of these contracts; those that do not exist are missing."""
    found = await transaction.exec(
        select(ContractTable).where(
            ContractTable.agency_id == transaction.agency,
            tuple_(col(ContractTable.customer_id), col(ContractTable.contract_id)).in_(list(keys)),
        )
    )
    return {
        (row.customer_id, row.contract_id): ContractTerms(
            line=row.line, insurer=row.insurer, contract_number=row.contract_number
        )
        for row in found
    }
