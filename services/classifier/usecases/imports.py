"""Imports: a file is kept as a row at once, and read by a job in slices that survive a kill.

A slice and the position behind it are one transaction; whoever goes on later reads the file
again and skips what is done. Natural keys make even a whole second import harmless.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import structlog

from services.classifier.importers import UnreadableFile, read
from services.classifier.importers.reading import Item
from services.classifier.store import agencies, imports
from services.classifier.store.imports import ClaimedImport
from services.classifier.store.tables import ImportJobTable
from services.classifier.usecases.customer_writes import WriteEffects, mark_and_publish, moment_of
from services.classifier.usecases.import_slices import FileWord, write_slice
from shared.clock import Clock
from shared.contracts.imports import FileKind, ImportRejection
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.failures import is_transient
from shared.turns import UNLIMITED, Turn

log = structlog.get_logger(__name__)

SLICE_ITEMS = 1000
"""Subjects of one transaction: the feed's counter stays locked from the append to the commit."""


class ImportNotFound(Exception):
    """there is no import with that id"""

    def __init__(self, import_id: UUID) -> None:
        super().__init__(f"{import_id}: {type(self).__doc__}")
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
    content: bytes,
    filename: str | None,
    kind: FileKind | None,
    import_id: UUID,
    clears_empty: bool = False,
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
    await asyncio.to_thread(
        read,
        content,
        file_name=filename or "",
        kind=kind,
        zone=moment.zone,
        as_of=moment.today,
    )
    async with database.transaction(agency) as transaction:
        new = await imports.insert_import(
            transaction,
            import_id=import_id,
            filename=filename,
            kind=kind,
            content=content,
            clears_empty=clears_empty,
            now=moment.now,
        )
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


async def run_imports(
    *, database: Database, clock: Clock, agency: AgencyId, turn: Turn = UNLIMITED
) -> None:
    """Read the agency's files, the oldest first, until none waits or the turn is over."""
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            claimed = await imports.claim_import(transaction)
            content = await imports.file_of(transaction, claimed.import_id) if claimed else b""
        if claimed is None:
            return
        await _read_on(database, clock, agency, claimed, content, turn)


async def _read_on(
    database: Database,
    clock: Clock,
    agency: AgencyId,
    claimed: ClaimedImport,
    content: bytes,
    turn: Turn,
) -> None:
    try:
        items = await _items_from(database, agency, claimed, content)
        position, rejections = claimed.position, claimed.rejections
        while piece := await asyncio.to_thread(lambda: list(islice(items, SLICE_ITEMS))):
            found = await _write(database, clock, agency, claimed, piece, position, rejections)
            if found is None:
                return
            position, rejections = position + len(piece), rejections + found
            if not turn.goes_on():
                async with database.transaction(agency) as transaction:
                    await imports.release_import(transaction, claimed)
                return
        problem, detail = None, None
    except Exception as error:
        if is_transient(error):
            raise
        log.error("import failed", agency=agency, job=str(claimed.import_id), exc_info=error)
        problem = error.code if isinstance(error, UnreadableFile) else "import-failed"
        detail = error.reason_de if isinstance(error, UnreadableFile) else type(error).__name__
    async with database.transaction(agency) as transaction:
        await imports.finish_import(
            transaction, claimed, now=clock.now(), problem=problem, detail=detail
        )
        await imports.refresh_statistics(transaction)
        transaction.ring("reclassify")


async def _items_from(
    database: Database, agency: AgencyId, claimed: ClaimedImport, content: bytes
) -> Iterator[Item]:
    """The file's items from where the last slice ended; as of the day the file came, so that
    every reading of it gives the same."""
    async with database.transaction(agency) as transaction:
        zone = (await agencies.agency_day(transaction)).zone

    def begin() -> Iterator[Item]:
        reading = read(
            content,
            file_name=claimed.filename or "",
            kind=claimed.kind,
            zone=zone,
            as_of=claimed.created_at.astimezone(zone).date(),
        )
        return islice(reading.items, claimed.position, None)

    return await asyncio.to_thread(begin)


async def _write(
    database: Database,
    clock: Clock,
    agency: AgencyId,
    claimed: ClaimedImport,
    piece: Sequence[Item],
    position: int,
    rejections: int,
) -> int | None:
    """Write one slice and return how many remarks it left; None if the job is no longer ours."""
    async with database.transaction(agency) as transaction:
        if not await imports.hold_import(transaction, claimed):
            return None
        effects = WriteEffects()
        moment = await moment_of(transaction, clock)
        written = await write_slice(
            transaction,
            piece,
            file=FileWord(at=claimed.created_at, clears_empty=claimed.clears_empty),
            moment=moment,
            effects=effects,
            first_remark=rejections + 1,
        )
        await imports.insert_rejections(transaction, claimed.import_id, written.remarks)
        kinds = Counter(remark.warning for remark in written.remarks)
        await imports.advance_import(
            transaction,
            claimed,
            position=position + len(piece),
            written=written.counts,
            rejected=kinds[False],
            warnings=kinds[True],
        )
        # The next slices touch the same customers again: they are classified once, after the file.
        await mark_and_publish(transaction, effects, ring=False)
    return len(written.remarks)
