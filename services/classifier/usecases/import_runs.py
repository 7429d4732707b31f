"""The job that reads imports, in slices that survive a kill.

A slice and the position behind it are one transaction, so whoever goes on later begins behind the
last slice. Natural keys make even a whole second import harmless.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Final

import structlog

from services.classifier.importers.any_file import UnreadableFile
from services.classifier.importers.stored_lists import FileMissing
from services.classifier.store import agencies, import_files, imports
from services.classifier.store.full_deliveries import keep_delivered
from services.classifier.store.imports import IMPORTS, ClaimedImport
from services.classifier.usecases.customer_writes import WriteEffects, mark_and_publish, moment_of
from services.classifier.usecases.full_deliveries import contained, tell_missing
from services.classifier.usecases.import_files import GDV, keep_file, understood
from services.classifier.usecases.import_slices import write_slice
from services.classifier.usecases.import_sources import (
    ListSource,
    Open,
    Slice,
    Source,
    StagedSource,
    file_word_of,
    stage,
)
from services.classifier.usecases.import_words import keep_unknown_words
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.failures import is_transient
from shared.turns import UNLIMITED, Turn

log = structlog.get_logger(__name__)

SLICES_UNLOOKED_AT: Final = 8
"""After so many slices the garbage collector looks at what is young: what a slice leaves behind in
circles is little, and looking costs a twentieth of its time."""
MOST_ATTEMPTS: Final = 10
"""Claims of one job without a step forward: a file that kills its readers must not do so for ever,
nor hold up the files behind it."""


class _LeaseLost(Exception):
    """The job was cancelled, or is another worker's now."""


class ReadersEnded(UnreadableFile):
    """Several readers in a row ended without a step forward."""

    code = "readers-ended"

    def __init__(self) -> None:
        super().__init__(
            "Das Einlesen brach mehrmals an derselben Stelle ab; der Rest wurde nicht gelesen.",
            "Reading broke off at the same place several times; the rest was not read.",
        )


async def run_imports(
    *, database: Database, clock: Clock, agency: AgencyId, turn: Turn = UNLIMITED
) -> None:
    """Read the agency's files, the oldest first, until none waits or the turn is over."""
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            claimed = await imports.claim_import(transaction)
        if claimed is None:
            return
        await _read_on(database, clock, agency, claimed, turn)


async def _read_on(
    database: Database, clock: Clock, agency: AgencyId, claimed: ClaimedImport, turn: Turn
) -> None:
    problem, detail = None, None
    try:
        if claimed.attempts > MOST_ATTEMPTS:
            raise ReadersEnded
        ended = await _write_all(database, clock, agency, claimed, turn)
        if not ended:
            async with database.transaction(agency) as transaction:
                await imports.release_import(transaction, claimed)
            return
    except _LeaseLost:
        return
    except Exception as error:
        if is_transient(error):
            raise
        log.error("import failed", agency=agency, job=str(claimed.import_id), exc_info=error)
        problem = error.code if isinstance(error, UnreadableFile) else "import-failed"
        detail = error.reason_de if isinstance(error, UnreadableFile) else type(error).__name__
    async with database.transaction(agency) as transaction:
        if problem is None and claimed.full_delivery:
            if not await imports.hold_import(transaction, claimed):
                return
            moment = await moment_of(transaction, clock)
            await tell_missing(transaction, claimed, today=moment.today)
        await imports.finish_import(
            transaction, claimed, now=clock.now(), problem=problem, detail=detail
        )
        await imports.refresh_statistics(transaction, claimed)
        transaction.ring("reclassify")


async def _write_all(
    database: Database, clock: Clock, agency: AgencyId, claimed: ClaimedImport, turn: Turn
) -> bool:
    """Write slice by slice, reading one ahead; false if the turn was over before the end."""
    source = await _source(database, agency, claimed)
    rejections = claimed.rejections
    if claimed.list_kind is None:
        async with database.transaction(agency) as transaction:
            job = await imports.import_job(transaction, claimed.import_id)
            rejections = job.warnings if job else 0
    async with _read_ahead(source) as slices:
        async for piece in slices:
            rejections += await _write(database, clock, agency, claimed, piece, rejections)
            if not turn.goes_on():
                return False
    return True


@asynccontextmanager
async def _read_ahead(source: Source) -> AsyncIterator[AsyncIterator[Slice]]:
    """The slices of a source; while one is written, the next is being read.

    The garbage collector looks between slices only, and seldom: their hundred thousands of values
    die by themselves, and looking at them while they live cost a fifth of an import.
    """
    ahead = asyncio.create_task(source.next())

    async def slices() -> AsyncIterator[Slice]:
        nonlocal ahead
        for number in count():
            if (piece := await ahead) is None:
                return
            if number % SLICES_UNLOOKED_AT == 0:
                gc.collect(1)
            ahead = asyncio.create_task(source.next())
            yield piece

    gc.disable()
    try:
        yield slices()
    finally:
        gc.enable()
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)
        await source.close()


async def _source(database: Database, agency: AgencyId, claimed: ClaimedImport) -> Source:
    """The file's slices from where the last one ended; as of the day the file came, so that every
    reading of it gives the same."""
    open_transaction: Open = partial(database.transaction, agency)
    async with open_transaction() as transaction:
        zone = (await agencies.agency_day(transaction)).zone
    as_of = claimed.created_at.astimezone(zone).date()
    async with IMPORTS.kept_alive(database, agency, claimed.token):
        if claimed.list_kind is None:
            claimed = await _understood_late(open_transaction, claimed)
        if claimed.list_kind != GDV:
            return await ListSource.open(open_transaction, claimed, zone=zone, as_of=as_of)
        if not claimed.staged:
            entries = await stage(open_transaction, claimed, as_of=as_of)
            if entries < 0:
                raise _LeaseLost
            claimed = replace(claimed, stored_bytes=entries, staged=True)
    return StagedSource(open_transaction, claimed)


async def _understood_late(open_transaction: Open, claimed: ClaimedImport) -> ClaimedImport:
    """A job from before files were looked at when they came."""
    async with open_transaction() as transaction:
        if not await imports.hold_import(transaction, claimed):
            raise _LeaseLost
        zone = (await agencies.agency_day(transaction)).zone
        piece = await import_files.piece_at(transaction, claimed.import_id, 0)
        if piece is None:
            raise FileMissing
        file = await asyncio.to_thread(
            understood,
            piece.content,
            filename=claimed.filename or "",
            kind=claimed.kind,
            zone=zone,
            as_of=claimed.created_at.astimezone(zone).date(),
        )
        await import_files.forget_file(transaction, claimed.import_id)
        await keep_file(transaction, claimed.import_id, piece.content, file)
        job = await imports.import_job(transaction, claimed.import_id)
    stored = job.stored_bytes if job else 0
    return replace(claimed, list_kind=file.list_kind, stored_bytes=stored)


async def _write(
    database: Database,
    clock: Clock,
    agency: AgencyId,
    claimed: ClaimedImport,
    piece: Slice,
    rejections: int,
) -> int:
    """Write one slice and return how many remarks it left; raises _LeaseLost."""
    async with database.transaction(agency) as transaction:
        if not await imports.hold_import(transaction, claimed):
            raise _LeaseLost
        effects = WriteEffects()
        moment = await moment_of(transaction, clock)
        written = await write_slice(
            transaction,
            piece.told,
            file=file_word_of(claimed),
            moment=moment,
            effects=effects,
            first_remark=rejections + 1,
        )
        await imports.insert_rejections(
            transaction, claimed.import_id, written.remarks, row_names=written.row_names
        )
        await keep_unknown_words(transaction, claimed.import_id, written, now=moment.now)
        if claimed.full_delivery:
            await keep_delivered(transaction, claimed.import_id, contained(written.contained))
        await import_files.keep_seen(
            transaction, claimed.import_id, start=piece.position, entries=piece.seen
        )
        kinds = Counter(remark.warning for remark in written.remarks)
        await imports.advance_import(
            transaction,
            claimed,
            position=piece.position,
            rows_done=piece.rows_done,
            written=written.counts,
            rejected=kinds[False],
            warnings=kinds[True],
        )
        # The next slices touch the same customers again: they are classified once, after the file.
        await mark_and_publish(transaction, effects, ring=False)
    return len(written.remarks)
