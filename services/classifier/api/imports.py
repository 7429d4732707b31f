"""Imports: a file becomes a job, which lists what could not be taken."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from mmap import ACCESS_READ, mmap
from os import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, Final, Literal, cast
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.datastructures import UploadFile

from services.classifier.api.access import AfterCursor, HeldHere, Reader, Writer
from services.classifier.settings import IMPORT_BYTES
from services.classifier.store.import_tables import ImportJobTable
from services.classifier.usecases import imports
from services.classifier.usecases.imports import ImportReport
from shared.contracts.imports import (
    FileKind,
    ImportJob,
    ImportPage,
    ImportProgress,
    ImportStarted,
    ImportState,
    WrittenCounts,
)
from shared.csv.text import Content
from shared.web.cursors import (
    CursorNotValid,
    after_instant,
    cursor_after,
    cursor_of,
    instant_cursor,
)
from shared.web.problems import INVALID_BODY, ProblemError
from shared.web.repetitions import IdempotencyKey, claimed

router = APIRouter(tags=["imports"])

HELD_BYTES: Final = 1 << 20
"""Of a file so many are held in memory; a larger one is written to disk as it comes."""
MOST_DIGITS: Final = 18
"""Of the number of a remark, as the database keeps it."""

_FILE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/octet-stream": {"schema": _FILE},
            "text/csv": {"schema": _FILE},
        },
    }
}


@router.post(
    "/imports",
    status_code=202,
    summary="Import a CSV or GDV file",
    openapi_extra=_BODY,
    max_body_size=IMPORT_BYTES,
)
async def start_import(
    request: Request,
    resources: HeldHere,
    caller: Writer,
    idempotency_key: IdempotencyKey = None,
    filename: Annotated[
        str | None, Query(max_length=200, description="of a raw body; a form names its own")
    ] = None,
    empty_cells: Annotated[
        Literal["keep", "clear"],
        Query(description="what an empty cell says: nothing, or that the value is unknown now"),
    ] = "keep",
    delivery: Annotated[
        Literal["part", "full"],
        Query(
            description="full: the file holds all that its source knows, so its report also tells "
            "which customers and contracts of that source it no longer contains"
        ),
    ] = "part",
    kind: Annotated[
        FileKind | None,
        Query(description="what the file is; without it the header decides, or refuses in doubt"),
    ] = None,
) -> ImportStarted:
    """Import a file, sent as a form with one file or as the body itself. A file of an unknown kind
    is refused at once. The job lists rows that cannot be read, and imports the rest."""
    async with _file(request) as (name, file):
        content = await asyncio.to_thread(_content, file)
        repeatable = await claimed(request, idempotency_key, content, answered_anew=True)
        started = await imports.start_import(
            database=resources.database,
            clock=resources.clock,
            agency=caller.agency,
            content=content,
            filename=name or filename,
            kind=kind,
            import_id=repeatable.request_id,
            clears_empty=empty_cells == "clear",
            full_delivery=delivery == "full",
        )
    return ImportStarted.model_validate(
        {
            "import_id": started.import_id,
            "state": started.state,
            "duplicate": started.duplicate,
        }
    )


@asynccontextmanager
async def _file(request: Request) -> AsyncIterator[tuple[str | None, UploadFile]]:
    """The name and the file that was sent. A large one lies on disk without a name of its own, so
    it is gone with this request, however that ends."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        with SpooledTemporaryFile(max_size=HELD_BYTES) as kept:
            file = UploadFile(cast(BinaryIO, kept))
            async for chunk in request.stream():
                await file.write(chunk)
            yield None, file
        return
    async with request.form(max_files=1, max_fields=10) as form:
        for part in form.values():
            if isinstance(part, UploadFile):
                yield unquote(part.filename or "")[:200] or None, part
                return
    raise ProblemError(INVALID_BODY, "the form holds no file; send it as the part named file")


def _content(sent: UploadFile) -> Content:
    """The bytes of a file; those of a large one are mapped and never held."""
    file = sent.file
    if file.seek(0, SEEK_END) > HELD_BYTES:
        file.flush()
        return mmap(file.fileno(), 0, access=ACCESS_READ)
    file.seek(0)
    return file.read()


@router.get("/imports", summary="List imports and how far they are")
async def list_imports(
    resources: HeldHere,
    caller: Reader,
    state: Annotated[ImportState | None, Query(description="only those in this state")] = None,
    cursor: AfterCursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ImportPage:
    """The newest first; what each left out, the import itself tells."""
    found = await imports.list_imports(
        database=resources.database,
        agency=caller.agency,
        after=_after(cursor),
        state=state,
        limit=limit + 1,
    )
    last = found[limit - 1] if len(found) > limit else None
    return ImportPage(
        items=[ImportProgress.model_validate(_progress(job)) for job in found[:limit]],
        next_cursor=instant_cursor(last.created_at, str(last.import_id)) if last else None,
    )


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    after = after_instant(cursor)
    try:
        return after and (after[0], str(UUID(after[1])))
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None


@router.get("/imports/{import_id}", summary="How far an import is, and what it left out")
async def get_import(
    resources: HeldHere,
    caller: Reader,
    import_id: Annotated[UUID, Path()],
    cursor: AfterCursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> ImportJob:
    """The job's counts, and each rejected row with line, column, value and reason, page by page."""
    after = cursor_after(cursor) or "0"
    if not (after.isdecimal() and after.isascii() and len(after) <= MOST_DIGITS):
        raise CursorNotValid(CursorNotValid.__doc__)
    report = await imports.import_report(
        database=resources.database,
        agency=caller.agency,
        import_id=import_id,
        after=int(after),
        limit=limit,
    )
    return _shown(report, limit)


@router.post("/imports/{import_id}/cancellation", summary="End an import that waits or runs")
async def cancel_import(
    resources: HeldHere, caller: Writer, import_id: Annotated[UUID, Path()]
) -> ImportProgress:
    """End an import. What was taken so far stays and is reported; the rest of the file is not
    read. Repeating is harmless."""
    job = await imports.cancel_import(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        import_id=import_id,
    )
    return ImportProgress.model_validate(_progress(job))


def _shown(report: ImportReport, limit: int) -> ImportJob:
    rejections = list(report.rejections)
    more = cursor_of(str(rejections[-1].number)) if len(rejections) == limit else None
    return ImportJob.model_validate(
        {**_progress(report.job), "rejections": rejections, "next_cursor": more}
    )


def _progress(job: ImportJobTable) -> dict[str, Any]:
    return {
        "import_id": job.import_id,
        "filename": job.filename,
        "kind": job.kind,
        "read_as": job.list_kind,
        "state": job.state,
        "size_bytes": job.size_bytes,
        "position": job.rows_done,
        "rows_done": job.rows_done,
        "rows_total": job.rows_total,
        "written": WrittenCounts(**job.written),
        "rejected": job.rejected,
        "warnings": job.warnings,
        "delivery": "full" if job.full_delivery else "part",
        "missing": job.missing,
        "problem": job.problem,
        "problem_detail": job.problem_detail,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
