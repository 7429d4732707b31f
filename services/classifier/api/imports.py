"""Imports: a file becomes a job, which lists what could not be taken."""

from typing import Annotated, Literal
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.datastructures import UploadFile

from services.classifier.api.access import AfterCursor, HeldHere, Reader, Writer
from services.classifier.settings import IMPORT_BYTES
from services.classifier.usecases import imports
from services.classifier.usecases.imports import ImportReport
from shared.contracts.imports import FileKind, ImportJob, ImportStarted, WrittenCounts
from shared.web.cursors import CursorNotValid, cursor_after, cursor_of
from shared.web.problems import INVALID_BODY, ProblemError
from shared.web.repetitions import IdempotencyKey, claimed

router = APIRouter(tags=["imports"])

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
    kind: Annotated[
        FileKind | None,
        Query(description="what the file is; without it the header decides, or refuses in doubt"),
    ] = None,
) -> ImportStarted:
    """Import a file, sent as a form with one file or as the body itself. A file of an unknown kind
    is refused at once. The job lists rows that cannot be read, and imports the rest."""
    name, content = await _file(request)
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
    )
    return ImportStarted.model_validate(
        {
            "import_id": started.import_id,
            "state": started.state,
            "duplicate": started.duplicate,
        }
    )


async def _file(request: Request) -> tuple[str | None, bytes]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return None, await request.body()
    async with request.form(max_files=1, max_fields=10) as form:
        for part in form.values():
            if isinstance(part, UploadFile):
                return unquote(part.filename or "")[:200] or None, await part.read()
    raise ProblemError(INVALID_BODY, "the form holds no file; send it as the part named file")


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
    if not after.isdecimal():
        raise CursorNotValid(CursorNotValid.__doc__)
    report = await imports.import_report(
        database=resources.database,
        agency=caller.agency,
        import_id=import_id,
        after=int(after),
        limit=limit,
    )
    return _shown(report, limit)


def _shown(report: ImportReport, limit: int) -> ImportJob:
    job, rejections = report.job, list(report.rejections)
    more = cursor_of(str(rejections[-1].number)) if len(rejections) == limit else None
    return ImportJob.model_validate(
        {
            "import_id": job.import_id,
            "filename": job.filename,
            "kind": job.kind,
            "state": job.state,
            "size_bytes": job.size_bytes,
            "position": job.position,
            "written": WrittenCounts(**job.written),
            "rejected": job.rejected,
            "warnings": job.warnings,
            "problem": job.problem,
            "problem_detail": job.problem_detail,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
            "rejections": rejections,
            "next_cursor": more,
        }
    )
