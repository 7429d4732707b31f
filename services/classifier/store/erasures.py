"""Erasure: what is deleted, what stays for the accounting, and the digest that remembers it."""

from collections.abc import Collection

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from services.classifier.store.classification_tables import OverrideTable
from services.classifier.store.portfolio_tables import PartingDecisionTable
from services.classifier.store.tables import (
    AddressBlockTable,
    ConnectionTable,
    ContractTable,
    CustomerTable,
    EventTable,
    FlagTable,
    InteractionTable,
    ObjectionTable,
)
from services.classifier.store.unassigned_commission_tables import UnassignedCommissionTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

_PERSONAL = (
    ContractTable, InteractionTable, ObjectionTable, AddressBlockTable, EventTable, FlagTable,
    OverrideTable, PartingDecisionTable, CustomerTable,
)  # fmt: skip
"""Tables whose rows of a customer are deleted. Commissions stay as accounting (HGB § 257), consents
as the proof that the law asks for (UWG § 7a): both under the broker's id alone, without a name."""


async def lock_customer(transaction: Transaction, customer_id: CustomerId) -> bool:
    """Wait until nobody writes for this customer any more; false if there is none."""
    found = await transaction.exec(
        select(CustomerTable.customer_id)
        .where(
            CustomerTable.agency_id == transaction.agency,
            CustomerTable.customer_id == customer_id,
        )
        .with_for_update()
    )
    return found.one_or_none() is not None


async def erase_customer(transaction: Transaction, customer_id: CustomerId) -> None:
    """Remove everything personal of one customer and remember a salted digest of the id.

    The digest is SQL text because PostgreSQL computes it with the agency's salt.
    """
    for table in _PERSONAL:
        await transaction.execute(
            delete(table).where(
                col(table.agency_id) == transaction.agency, col(table.customer_id) == customer_id
            )
        )
    await _erase_from_history(transaction, customer_id)
    links = (col(ConnectionTable.customer_id), col(ConnectionTable.other_id))
    await transaction.execute(
        delete(ConnectionTable).where(
            col(ConnectionTable.agency_id) == transaction.agency,
            or_(*(end == customer_id for end in links)),
        )
    )
    await transaction.execute(
        update(UnassignedCommissionTable)
        .where(
            col(UnassignedCommissionTable.agency_id) == transaction.agency,
            col(UnassignedCommissionTable.told_customer_id) == customer_id,
        )
        .values(told_customer_id=None)
    )
    await transaction.execute(
        """
        INSERT INTO erased (agency_id, digest)
        SELECT agency_id, sha256(convert_to(erasure_salt || ':' || :customer_id, 'UTF8'))
          FROM agency WHERE agency_id = :agency
        ON CONFLICT DO NOTHING
        """,
        {"customer_id": customer_id},
    )


async def _erase_from_history(transaction: Transaction, customer_id: CustomerId) -> None:
    """Erase past classes, because they tell of a life; those of a household stay for its others.

    SQL text because one statement changes rows of three kinds.
    """
    await transaction.execute(
        """
        WITH left_behind AS (
            DELETE FROM classified_member
             WHERE agency_id = :agency AND customer_id = :customer_id
            RETURNING unit_id, number
        ), shared AS (
            UPDATE classification AS c
               SET members = array_remove(c.members, CAST(:customer_id AS varchar))
              FROM left_behind
             WHERE c.agency_id = :agency AND c.unit_id = left_behind.unit_id
               AND c.number = left_behind.number AND cardinality(c.members) > 1
        )
        DELETE FROM classification AS c USING left_behind
         WHERE c.agency_id = :agency AND c.unit_id = left_behind.unit_id
           AND c.number = left_behind.number AND cardinality(c.members) <= 1
        """,
        {"customer_id": customer_id},
    )


async def erased_among(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> set[CustomerId]:
    """Which of these ids belonged to customers who were erased; set-based, as a file is read."""
    found = await transaction.execute(
        """
        SELECT id FROM agency, unnest(CAST(:ids AS text[])) AS id
         WHERE agency_id = :agency
           AND EXISTS (SELECT FROM erased WHERE agency_id = :agency)
           AND EXISTS (SELECT FROM erased
                        WHERE erased.agency_id = :agency
                          AND digest = sha256(convert_to(erasure_salt || ':' || id, 'UTF8')))
        """,
        {"ids": list(customer_ids)},
    )
    return set(found.scalars())
