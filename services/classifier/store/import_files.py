"""The files of import jobs, in pieces, and the numbers that their rows bore so far."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import col, select

from services.classifier.store.import_tables import (
    ImportDeliveredTable,
    ImportFileTable,
    ImportSeenTable,
)
from shared.db.database import Transaction

PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FilePiece:
    """The bytes of a file from ``start`` on; ``sound`` is false if they are not those kept."""

    start: int
    content: bytes
    sound: bool


async def keep_piece(
    transaction: Transaction, import_id: UUID, *, start: int, content: bytes
) -> None:
    """Keep the next bytes, or entries, of a job's file."""
    await transaction.execute(
        insert(ImportFileTable).values(
            agency_id=transaction.agency,
            import_id=import_id,
            start=start,
            content=content,
            digest=sha256(content).digest(),
        )
    )


async def piece_at(transaction: Transaction, import_id: UUID, position: int) -> FilePiece | None:
    """The piece that holds this position, or the last one before it; None if there is none."""
    table = ImportFileTable
    found = await transaction.exec(
        select(table)
        .where(
            table.agency_id == transaction.agency,
            table.import_id == import_id,
            table.start <= position,
        )
        .order_by(col(table.start).desc())
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    sound = sha256(row.content).digest() == row.digest
    transaction.session.expunge(row)
    return FilePiece(start=row.start, content=row.content, sound=sound)


async def keep_seen(
    transaction: Transaction, import_id: UUID, *, start: int, entries: bytes
) -> None:
    """Keep the digests of one slice."""
    if entries:
        await transaction.add(
            ImportSeenTable(
                agency_id=transaction.agency, import_id=import_id, start=start, entries=entries
            )
        )


async def seen_entries(transaction: Transaction, import_id: UUID) -> bytes:
    """The digests of all slices so far."""
    table = ImportSeenTable
    found = await transaction.exec(
        select(table.entries)
        .where(table.agency_id == transaction.agency, table.import_id == import_id)
        .order_by(col(table.start))
    )
    return b"".join(found.all())


async def forget_file(transaction: Transaction, import_id: UUID) -> None:
    """Delete what only a job that goes on needs."""
    for table in (ImportFileTable, ImportSeenTable, ImportDeliveredTable):
        await transaction.execute(
            delete(table).where(
                col(table.agency_id) == transaction.agency, col(table.import_id) == import_id
            )
        )
