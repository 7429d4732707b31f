"""Words of the agency's files that no list has, and what the agency says that they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, tuple_

from services.classifier.store.import_tables import ImportWordTable
from shared.db.database import Transaction

MOST_OPEN: Final = 1000
"""Unmapped words that are kept of an agency: nobody maps more, and a wrong column may hold any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenWord:
    """A word with its key: unknown as a file told it, or with what it means."""

    kind: str
    key: str
    word: str
    column: str | None = None
    value: str | None = None


async def keep_open_words(
    transaction: Transaction, words: Sequence[TakenWord], *, import_id: UUID, now: datetime
) -> None:
    """Keep words that nobody has mapped, as many as there is room for; known ones stay."""
    if not words:
        return
    counted = await transaction.exec(
        select(func.count())
        .select_from(ImportWordTable)
        .where(
            ImportWordTable.agency_id == transaction.agency, col(ImportWordTable.value).is_(None)
        )
    )
    room = max(0, MOST_OPEN - counted.one())
    if room:
        rows = [_row(transaction, word, now) | {"import_id": import_id} for word in words[:room]]
        await transaction.execute(insert(ImportWordTable).values(rows).on_conflict_do_nothing())


async def map_words(
    transaction: Transaction, words: Sequence[TakenWord], *, by: str, now: datetime
) -> None:
    """State what words mean; each of them once."""
    rows = [_row(transaction, word, now) | {"mapped_at": now, "mapped_by": by} for word in words]
    statement = insert(ImportWordTable).values(rows)
    await transaction.execute(
        statement.on_conflict_do_update(
            index_elements=["agency_id", "kind", "key"],
            set_={
                name: statement.excluded[name]
                for name in ("word", "value", "mapped_at", "mapped_by")
            },
        )
    )


def _row(transaction: Transaction, word: TakenWord, now: datetime) -> dict[str, object]:
    return {
        "agency_id": transaction.agency,
        "kind": word.kind,
        "key": word.key,
        "word": word.word,
        "value": word.value,
        "column_name": word.column,
        "told_at": now,
    }


async def mapped_words(transaction: Transaction) -> Sequence[ImportWordTable]:
    """Every word that means something."""
    found = await transaction.exec(
        select(ImportWordTable).where(
            ImportWordTable.agency_id == transaction.agency,
            col(ImportWordTable.value).is_not(None),
        )
    )
    return found.all()


async def words_after(
    transaction: Transaction,
    *,
    after: tuple[str, str] | None,
    kind: str | None,
    is_open: bool | None,
    limit: int,
) -> Sequence[ImportWordTable]:
    """The next words, by kind and key."""
    table = ImportWordTable
    asked = select(table).where(table.agency_id == transaction.agency)
    if kind is not None:
        asked = asked.where(table.kind == kind)
    if is_open is not None:
        value = col(table.value)
        asked = asked.where(value.is_(None) if is_open else value.is_not(None))
    if after is not None:
        asked = asked.where(tuple_(col(table.kind), col(table.key)) > after)
    return (await transaction.exec(asked.order_by(table.kind, table.key).limit(limit))).all()


async def words_of(
    transaction: Transaction, keys: Sequence[tuple[str, str]]
) -> Sequence[ImportWordTable]:
    """The words of these kinds and keys."""
    table = ImportWordTable
    found = await transaction.exec(
        select(table)
        .where(
            table.agency_id == transaction.agency,
            tuple_(col(table.kind), col(table.key)).in_(keys),
        )
        .order_by(table.kind, table.key)
    )
    return found.all()


async def forget_word(transaction: Transaction, kind: str, key: str) -> bool:
    """Forget a word and what it means; false if it is not there."""
    gone = await transaction.execute(
        delete(ImportWordTable).where(
            col(ImportWordTable.agency_id) == transaction.agency,
            col(ImportWordTable.kind) == kind,
            col(ImportWordTable.key) == key,
        )
    )
    return gone.rowcount > 0


async def forget_open_words(transaction: Transaction) -> int:
    """Forget the words that nobody has mapped; returns how many."""
    gone = await transaction.execute(
        delete(ImportWordTable).where(
            col(ImportWordTable.agency_id) == transaction.agency,
            col(ImportWordTable.value).is_(None),
        )
    )
    return gone.rowcount
