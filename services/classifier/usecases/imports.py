"""Imports as their senders see them: a file in, how far it is, what was left out, an end to it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.classifier.store import imports
from services.classifier.store.import_tables import ImportJobTable
from services.classifier.usecases.customer_writes import moment_of
from services.classifier.usecases.full_deliveries import require_stock
from services.classifier.usecases.import_files import keep_file, understood
from shared.clock import Clock
from shared.contracts.imports import FileKind, ImportRejection, ImportState
from shared.contracts.vocabulary import AgencyId
from shared.csv.text import Content
from shared.db.database import Database


class ImportNotFound(Exception):
    """there is no import with that id"""

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"{import_id}: {type(self).__doc__}")
        self.import_id = import_id


class ImportEnded(Exception):
    """the import has ended already, so there is nothing left to cancel"""

    def __init__(self, import_id: UUID, state: str) -> None:
        super().__init__(f"{import_id} is {state}: {type(self).__doc__}")
        self.import_id = import_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedImport:
    """A job; ``duplicate``: it had been started before."""

    import_id: UUID
    state: str
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """A job as it stands, with a page of what could not be taken."""

    job: ImportJobTable
    rejections: Sequence[ImportRejection]


async def start_import(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    content: Content,
    filename: str | None,
    kind: FileKind | None,
    import_id: UUID,
    clears_empty: bool = False,
    full_delivery: bool = False,
) -> StartedImport:
    """Keep a file and have it read; the same id again finds the first job.

    Raises UnreadableFile where the file as a whole is none we know; then nothing is kept.
    """
    async with database.transaction(agency) as transaction:
        moment = await moment_of(transaction, clock)
        before = await imports.import_job(transaction, import_id)
        if before is not None:
            return StartedImport(import_id=import_id, state=before.state, duplicate=True)
    # Outside of any transaction, and off the event loop: a large file takes its time.
    file = await asyncio.to_thread(
        understood,
        content,
        filename=filename or "",
        kind=kind,
        zone=moment.zone,
        as_of=moment.today,
    )
    if full_delivery:
        require_stock(file.list_kind)
    async with database.transaction(agency) as transaction:
        new = await imports.insert_import(
            transaction,
            import_id=import_id,
            filename=filename,
            kind=kind,
            size=len(content),
            clears_empty=clears_empty,
            full_delivery=full_delivery,
            now=moment.now,
        )
        if new:
            await keep_file(transaction, import_id, content, file)
        transaction.ring("import")
    return StartedImport(import_id=import_id, state="waiting", duplicate=not new)


async def import_report(
    *, database: Database, agency: AgencyId, import_id: UUID, after: int, limit: int
) -> ImportReport:
    """How far an import is and what was rejected, page by page; raises ImportNotFound."""
    async with database.transaction(agency) as transaction:
        job = await imports.import_job(transaction, import_id)
        if job is None:
            raise ImportNotFound(import_id)
        rejections = await imports.rejections_after(
            transaction, import_id, after=after, limit=limit
        )
    return ImportReport(job=job, rejections=rejections)


async def list_imports(
    *,
    database: Database,
    agency: AgencyId,
    after: tuple[datetime, str] | None,
    state: ImportState | None,
    limit: int,
) -> Sequence[ImportJobTable]:
    """The agency's imports, the newest first."""
    async with database.transaction(agency) as transaction:
        return await imports.import_jobs_after(transaction, after=after, state=state, limit=limit)


async def cancel_import(
    *, database: Database, clock: Clock, agency: AgencyId, import_id: UUID
) -> ImportJobTable:
    """End an import that waits or is being read; what was taken of it stays.

    Waits for the slice that is being written, so that the job tells all that was taken. Again is
    harmless. Raises ImportNotFound and ImportEnded.
    """
    async with database.transaction(agency) as transaction:
        ended = await imports.cancel_import(transaction, import_id, now=clock.now())
        job = await imports.import_job(transaction, import_id)
        if job is None:
            raise ImportNotFound(import_id)
        if not ended and job.state != "cancelled":
            raise ImportEnded(import_id, job.state)
        if ended:
            transaction.ring("reclassify")
            transaction.ring("import")
    return job
