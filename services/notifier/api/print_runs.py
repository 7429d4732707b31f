"""Print runs: a person looks at them, approves them, and hands them over to the print shop."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from starlette.convertors import StringConvertor, register_url_convertor

from services.notifier.api.access import (
    AfterCursor,
    HeldHere,
    OfRun,
    PageSize,
    Reader,
    Writer,
)
from services.notifier.usecases import print_runs
from shared.contracts.dispatches import PrintRunPage, PrintRunView
from shared.web.cursors import after_instant, instant_cursor
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["print runs"])

FileName = Literal["letters.pdf", "recipients.csv", "manifest.json"]
MEDIA_TYPES: dict[FileName, str] = {
    "letters.pdf": "application/pdf",
    "recipients.csv": "text/csv; charset=utf-8",
    "manifest.json": "application/json",
}


RenderingSeen = Annotated[
    int | None,
    Query(
        ge=0,
        le=1_000_000,
        description="The run's `rendering` whose files you looked at. If they were made anew since,"
        " it is not approved. May be left out only while the run is not `grown`.",
        examples=[1],
    ),
]


class FileConvertor(StringConvertor):
    """Fits the files of a run alone: a GET of `…/approval` is no file but a method not allowed."""

    regex = "|".join(re.escape(name) for name in MEDIA_TYPES)


register_url_convertor("run_file", FileConvertor())


@router.get("/print-runs", summary="Print runs and where they stand")
async def list_print_runs(
    resources: HeldHere, caller: Reader, cursor: AfterCursor = None, limit: PageSize = 500
) -> PrintRunPage:
    """Runs in the order of their making."""
    found = await print_runs.list_print_runs(
        database=resources.database,
        agency=caller.agency,
        after=after_instant(cursor),
        limit=limit,
    )
    more = instant_cursor(found[-1].created_at, found[-1].run_id) if len(found) == limit else None
    return PrintRunPage(items=list(found), next_cursor=more)


@router.get("/print-runs/{run_id}", summary="One print run")
async def get_print_run(resources: HeldHere, caller: Reader, run_id: OfRun) -> PrintRunView:
    """The state of one run."""
    return await print_runs.read_print_run(
        database=resources.database, agency=caller.agency, run_id=run_id
    )


@router.post("/print-runs/{run_id}/approval", summary="Approve a print run")
async def approve_print_run(
    resources: HeldHere,
    caller: Writer,
    run_id: OfRun,
    _repeatable: Repeatable,
    rendering: RenderingSeen = None,
) -> PrintRunView:
    """Approve a rendered run, so that it can be handed over. Its letters can no longer be cancelled
    one by one, and none joins it any more.

    Letters may join a run until it is approved, and its files are made anew with them. Send the
    `rendering` that you looked at; a run that has `grown` is not approved without it.
    """
    return await print_runs.approve(
        database=resources.database,
        rechecker=resources.rechecker,
        agency=caller.agency,
        run_id=run_id,
        approved_by=caller.subject,
        now=resources.clock.now(),
        seen=rendering,
    )


@router.post("/print-runs/{run_id}/release", summary="Hand a print run over")
async def release_print_run(
    resources: HeldHere, caller: Writer, run_id: OfRun, _repeatable: Repeatable
) -> PrintRunView:
    """Put an approved run where the print shop fetches it. Its letters count as sent.

    The law and the calendar are asked again for each letter. Letters to customers who objected,
    died or were erased since the approval are taken out, as are those that would come too late. Who
    moved gets a letter in another run.
    """
    return await print_runs.release(
        database=resources.database,
        rechecker=resources.rechecker,
        folders=resources.print_folders,
        agency=caller.agency,
        run_id=run_id,
        now=resources.clock.now(),
    )


@router.post("/print-runs/{run_id}/cancellation", summary="Cancel a print run")
async def cancel_print_run(
    resources: HeldHere, caller: Writer, run_id: OfRun, _repeatable: Repeatable
) -> PrintRunView:
    """Cancel a run that was not handed over, with all its letters."""
    return await print_runs.cancel(
        database=resources.database,
        folders=resources.print_folders,
        agency=caller.agency,
        run_id=run_id,
        now=resources.clock.now(),
    )


@router.get(
    "/print-runs/{run_id}/{name:run_file}",
    summary="A file of a print run",
    response_class=FileResponse,
)
async def get_print_run_file(
    resources: HeldHere, caller: Reader, run_id: OfRun, name: FileName
) -> FileResponse:
    """The letters in posting order, their recipients, or the manifest with the sums of both."""
    path = await print_runs.file_of_run(
        database=resources.database,
        folders=resources.print_folders,
        agency=caller.agency,
        run_id=run_id,
        name=name,
    )
    return FileResponse(path, media_type=MEDIA_TYPES[name], filename=f"{run_id}-{name}")
