"""Merges: rows that move from one customer to another, remembered one by one for the way back.

SQL text, because each statement moves the rows of one table and notes them at once.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, or_
from sqlmodel import col, select

from services.classifier.store.merge_tables import MergedRowTable, MergeTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted
from shared.db.merged_rows import (
    NOTED,
    end_added,
    forget_merge,
    give_back_rows,
    give_rows,
    keep_aside,
    noted_rows,
    put_back,
)

MOVED: Final[Mapping[str, tuple[str, ...]]] = {
    "contract": ("contract_id",),
    "commission": ("commission_id",),
    "interaction": ("interaction_id",),
    "consent": ("purpose", "channel", "at"),
    "event": ("source", "webhook_id"),
    "flag": ("flag",),
    "address_block": ("channel",),
    "parting_decision": ("decided_at",),
}
"""Tables whose rows go with a customer, and what tells the rows of one customer apart."""
OWNED_BY_ROW: Final = frozenset({"commission", "interaction", "event"})
"""Of these the customer is no part of the key: nothing can be in the way."""


_OUTWEIGHED: Final = """
    AND state = 'granted' AND EXISTS (SELECT FROM consent AS other
         WHERE other.agency_id = :agency AND other.customer_id = :from_id
           AND other.state <> 'granted' AND other.purpose = kept.purpose
           AND other.channel = kept.channel AND other.at = kept.at)
"""


async def move_rows(
    transaction: Transaction, merge_id: UUID, *, from_id: CustomerId, into_id: CustomerId
) -> None:
    """Give the other customer all rows but those that they have already, which are kept aside."""
    values = {"merge_id": merge_id, "from_id": from_id, "into_id": into_id}
    await _note_own(transaction, values)
    # Of two words of one instant the refusal counts.
    await keep_aside(transaction, merge_id, "consent", into_id, which=_OUTWEIGHED, from_id=from_id)
    for table in MOVED:
        which = "" if table in OWNED_BY_ROW else _FREE.format(table=table, same=_same(table))
        await give_rows(
            transaction,
            merge_id,
            table,
            MOVED[table],
            from_id=from_id,
            into_id=into_id,
            which=which,
        )
        if table not in OWNED_BY_ROW:
            await keep_aside(transaction, merge_id, table, from_id)
    await _move_links(transaction, values)
    await _join_objections(transaction, values)


_FREE: Final = """
    AND NOT EXISTS (SELECT FROM {table} AS other
         WHERE other.agency_id = :agency AND other.customer_id = :into_id AND {same})
"""


def _same(table: str) -> str:
    return " AND ".join(f"other.{key} = {table}.{key}" for key in MOVED[table])


async def _move_links(transaction: Transaction, values: Mapping[str, Any]) -> None:
    """Links from and to the customer become the other's; one between both ends."""
    await transaction.execute(
        f"""
        WITH gone AS (
            DELETE FROM connection
             WHERE agency_id = :agency AND (customer_id = :from_id OR other_id = :from_id)
            RETURNING customer_id, other_id, kind, to_jsonb(connection) AS content
        ), come AS (
            INSERT INTO connection (agency_id, customer_id, other_id, kind)
            SELECT DISTINCT CAST(:agency AS varchar),
                   coalesce(nullif(customer_id, :from_id), :into_id),
                   coalesce(nullif(other_id, :from_id), :into_id), kind
              FROM gone
             WHERE :into_id NOT IN (customer_id, other_id)
            ON CONFLICT DO NOTHING RETURNING to_jsonb(connection) AS content
        )
        {NOTED} 'connection', step, content
          FROM (SELECT 'removed', content FROM gone
                UNION ALL SELECT 'added', content FROM come) AS both_steps (step, content)
        """,
        values,
    )


async def _join_objections(transaction: Transaction, values: Mapping[str, Any]) -> None:
    """Whoever objected under one of the two records has objected; the earlier instants count."""
    await transaction.execute(
        f"""
        WITH both_objections AS (
            SELECT customer_id, advertising, profiling, to_jsonb(objection) AS content
              FROM objection
             WHERE agency_id = :agency AND customer_id IN (:from_id, :into_id)
        ), joined AS (
            INSERT INTO objection AS old (agency_id, customer_id, advertising, profiling)
            SELECT CAST(:agency AS varchar), CAST(:into_id AS varchar), min(advertising),
                   min(profiling)
              FROM both_objections HAVING bool_or(customer_id = :from_id)
            ON CONFLICT (agency_id, customer_id) DO UPDATE
               SET advertising = excluded.advertising, profiling = excluded.profiling
            RETURNING to_jsonb(old) AS content
        ), gone AS (
            DELETE FROM objection WHERE agency_id = :agency AND customer_id = :from_id
        )
        {NOTED} 'objection', step, content
          FROM (SELECT 'removed', content FROM both_objections WHERE EXISTS (SELECT FROM joined)
                UNION ALL SELECT 'added', content FROM joined) AS both_steps (step, content)
        """,
        values,
    )


ADDED: Final[Mapping[str, tuple[str, ...]]] = {
    "connection": ("customer_id", "other_id", "kind"),
    "objection": ("customer_id", "advertising", "profiling"),
}
"""Tables in which a merge makes rows. They end with it, unless somebody changed them since."""


async def move_back(
    transaction: Transaction, merge_id: UUID, *, from_id: CustomerId, into_id: CustomerId
) -> None:
    """Give the customer back what the merge took; what came since stays with the
    other, unless it is of a contract that goes back."""
    for table, columns in ADDED.items():
        await end_added(transaction, merge_id, table, columns)
    for table, keys in MOVED.items():
        await give_back_rows(
            transaction,
            merge_id,
            table,
            keys,
            from_id=from_id,
            which="AND kept.customer_id = :into_id",
            into_id=into_id,
        )
    for table in (*MOVED, *ADDED, "customer"):
        await put_back(transaction, merge_id, table)
    await _follow_contracts(transaction, merge_id, from_id=from_id, into_id=into_id)
    await forget_merge(transaction, merge_id)


OF_CONTRACTS: Final[Mapping[str, str]] = {
    "commission": "contract_id",
    "event": "data ->> 'contract_id'",
}
"""Tables whose rows may be about a contract, and which one (SQL)."""


async def _note_own(transaction: Transaction, values: Mapping[str, Any]) -> None:
    """Note what the other customer has of contracts that come to them, so that an undone merge
    leaves it with them."""
    for table, contract in OF_CONTRACTS.items():
        names = ", ".join(f"'{key}', {key}" for key in MOVED[table])
        await transaction.execute(
            f"""
            {NOTED} '{table}', 'kept', jsonb_build_object({names}) FROM {table}
             WHERE agency_id = :agency AND customer_id = :into_id
               AND {contract} IN (SELECT contract_id FROM contract
                                   WHERE agency_id = :agency AND customer_id = :from_id)
            """,
            values,
        )


async def _follow_contracts(
    transaction: Transaction, merge_id: UUID, *, from_id: CustomerId, into_id: CustomerId
) -> None:
    """Give the customer what was told since of contracts that only they have again: a claim or a
    booking belongs to its contract, whoever was named with it."""
    for table, contract in OF_CONTRACTS.items():
        same = " AND ".join(f"was.{key} = told.{key}" for key in MOVED[table])
        told_of = "CAST(:from_id AS text)"
        told = f", data = jsonb_set(data, '{{customer_id}}', to_jsonb({told_of}))"
        await transaction.execute(
            f"""
            UPDATE {table} AS told SET customer_id = :from_id {told if table == "event" else ""}
             WHERE told.agency_id = :agency AND told.customer_id = :into_id
               AND {contract} IN (SELECT contract_id FROM contract
                                   WHERE agency_id = :agency AND customer_id = :from_id)
               AND {contract} NOT IN (SELECT contract_id FROM contract
                                       WHERE agency_id = :agency AND customer_id = :into_id)
               AND NOT EXISTS (SELECT FROM {noted_rows(table, "kept")} WHERE {same})
            """,
            {"merge_id": merge_id, "from_id": from_id, "into_id": into_id},
        )


async def take_customer_away(
    transaction: Transaction, merge_id: UUID, customer_id: CustomerId
) -> None:
    """Remove a customer's own row and keep it aside."""
    await keep_aside(transaction, merge_id, "customer", customer_id)


async def merge_of(transaction: Transaction, merge_id: UUID) -> MergeTable | None:
    """A merge, locked until this transaction ends; None if there is none."""
    found = await transaction.exec(
        select(MergeTable)
        .where(MergeTable.agency_id == transaction.agency, MergeTable.merge_id == merge_id)
        .with_for_update()
    )
    return found.one_or_none()


async def standing_merge(transaction: Transaction, customer_id: CustomerId) -> MergeTable | None:
    """The merge by which this customer went; None if they did not."""
    found = await transaction.exec(
        select(MergeTable).where(
            MergeTable.agency_id == transaction.agency,
            MergeTable.customer_id == customer_id,
            col(MergeTable.undone_at).is_(None),
        )
    )
    return found.one_or_none()


async def merged_into(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> dict[CustomerId, CustomerId]:
    """Whose record those of these customers are who were merged, over all merges that followed."""
    found = await transaction.execute(
        f"""
        WITH RECURSIVE gone AS (
            SELECT customer_id, into_id FROM merge
             WHERE agency_id = :agency AND undone_at IS NULL
               AND customer_id = ANY({parted("ids")})
            UNION ALL
            SELECT gone.customer_id, further.into_id
              FROM gone JOIN merge AS further ON further.agency_id = :agency
               AND further.undone_at IS NULL AND further.customer_id = gone.into_id
        )
        SELECT customer_id, into_id FROM gone
         WHERE NOT EXISTS (SELECT FROM merge AS further WHERE further.agency_id = :agency
                             AND further.undone_at IS NULL AND further.customer_id = gone.into_id)
        """,
        {"ids": id_list(customer_ids)},
    )
    return {row.customer_id: row.into_id for row in found}


async def standing_merges(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> list[MergeTable]:
    """The standing merges of these customers, and those of whom they went to, the oldest first."""
    found: dict[UUID, MergeTable] = {}
    reached = set(customer_ids)
    while reached:
        merges = await transaction.exec(
            select(MergeTable).where(
                MergeTable.agency_id == transaction.agency,
                col(MergeTable.customer_id).in_(reached),
                col(MergeTable.undone_at).is_(None),
            )
        )
        new = [each for each in merges if each.merge_id not in found]
        found |= {each.merge_id: each for each in new}
        reached = {each.into_id for each in new}
    return sorted(found.values(), key=lambda each: (each.merged_at, each.merge_id))


async def reopen_merges(transaction: Transaction, customer_id: CustomerId) -> set[CustomerId]:
    """Put back what the merges of a customer who is being erased kept aside, so that it is erased
    as well, and forget the merges; returns who had been merged into them."""
    gone: set[CustomerId] = set()
    reached = {customer_id}
    while reached:
        found = await transaction.exec(
            select(MergeTable).where(
                MergeTable.agency_id == transaction.agency,
                or_(col(MergeTable.into_id).in_(reached), col(MergeTable.customer_id).in_(reached)),
            )
        )
        merges = list(found)
        reached = {each.customer_id for each in merges if each.undone_at is None} - gone
        reached -= {customer_id}
        gone |= reached
        for each in merges:
            for table in (*MOVED, *ADDED, "customer"):
                await put_back(transaction, each.merge_id, table)
        ids = [each.merge_id for each in merges]
        for row in (MergedRowTable, MergeTable):
            await transaction.execute(
                delete(row).where(
                    col(row.agency_id) == transaction.agency, col(row.merge_id).in_(ids)
                )
            )
    return gone
