"""People of the agency, their absences, and the staff list as a file."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, status

from services.scheduler.api.access import HeldHere, OfStaff, Reader, Writer
from services.scheduler.usecases import capacity, fill, staff
from services.scheduler.usecases.fill import Spare
from shared.contracts.alternatives import Fill
from shared.contracts.scheduling import StaffImport, StaffImportRow, StaffPage
from shared.contracts.staff import Absence, Staff, StaffDetails
from shared.contracts.vocabulary import Day, WorkDay
from shared.csv.files import DoubtfulCell, RejectedCell
from shared.web.conditions import Conditions, read, shown
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["staff"])

FILE_BYTES = 5_000_000
_CSV = {"schema": {"type": "string", "format": "binary"}}
_FILE = {"requestBody": {"required": True, "content": {"text/csv": _CSV}}}


@router.get("/staff", summary="Everybody of the agency")
async def list_staff(resources: HeldHere, caller: Reader) -> StaffPage:
    """All people of the agency by id, with their absences, and what is wrong with who does what."""
    return StaffPage(
        items=await staff.list_staff(database=resources.database, agency=caller.agency),
        faults=await capacity.staff_faults(database=resources.database, agency=caller.agency),
    )


@router.get("/staff/{staff_id}", summary="One person", response_model=Staff)
async def get_staff(
    resources: HeldHere, caller: Reader, staff_id: OfStaff, condition: Conditions
) -> Response:
    """With absences; but for `staff_id`, the body can be put again."""
    known = await staff.read_person(
        database=resources.database, agency=caller.agency, staff_id=staff_id
    )
    return read(known, condition)


@router.put(
    "/staff/{staff_id}",
    summary="Create or replace a person",
    response_model=Staff,
    responses={status.HTTP_201_CREATED: {"model": Staff, "description": "The person is new"}},
)
async def put_staff(
    resources: HeldHere,
    caller: Writer,
    staff_id: OfStaff,
    details: StaffDetails,
    condition: Conditions,
) -> Response:
    """Create or replace a person, absences and blocks included: what the body leaves out gets the
    default of a new person, so a body without `absences` or `blocks` ends them all. To change one
    field, send what `GET` answered without `staff_id`, with its `ETag` as `If-Match`. The book is
    planned again. Safe to repeat."""
    put = await staff.put_staff(
        database=resources.database,
        agency=caller.agency,
        staff_id=staff_id,
        details=details,
        now=resources.clock.now(),
        condition=condition,
    )
    return shown(put.person, status_code=201 if put.created else 200)


@router.post("/staff/{staff_id}/absences", summary="Somebody is away")
async def add_absence(
    resources: HeldHere,
    caller: Writer,
    staff_id: OfStaff,
    absence: Absence,
    _repeatable: Repeatable,
) -> Staff:
    """Enter an absence, or replace the one that begins on the same day, if it takes longer or
    somebody comes back early. What was planned for those days is moved. From the first day on the
    deputy has the person's open tasks and requests (or the deputy's deputy, or the owner, if those
    are away); afterwards they return. Safe to repeat."""
    return await staff.add_absence(
        database=resources.database,
        agency=caller.agency,
        staff_id=staff_id,
        absence=absence,
        now=resources.clock.now(),
    )


@router.delete(
    "/staff/{staff_id}/absences/{first_day}", status_code=204, summary="Somebody is not away"
)
async def remove_absence(
    resources: HeldHere,
    caller: Writer,
    staff_id: OfStaff,
    first_day: Annotated[Day, Path(description="the day on which the absence begins")],
) -> None:
    """Delete the absence that begins on this day."""
    await staff.remove_absence(
        database=resources.database,
        agency=caller.agency,
        staff_id=staff_id,
        first_day=first_day,
        now=resources.clock.now(),
    )


@router.get("/staff/{staff_id}/fill", summary="What fits into spare minutes")
async def get_fill(
    resources: HeldHere,
    caller: Reader,
    staff_id: OfStaff,
    minutes: Annotated[int, Query(ge=1, le=480, description="how many are free")] = 30,
    day: Annotated[
        WorkDay | None, Query(description="by default now; another day begins with office hours")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Fill:
    """The person's open tasks, and planned contacts whose window has begun, in the order of
    promises: legal duty, request, guaranteed, service, development, appreciation; within it the
    class and the deadline. Never what is not allowed now. What was planned and is done is told by
    `POST /v1/touchpoints/{touchpoint_id}/held`."""
    return await fill.fill(
        database=resources.database,
        agency=caller.agency,
        spare=Spare(staff_id=staff_id, minutes=minutes, day=day, limit=limit),
        now=resources.clock.now(),
    )


@router.post(
    "/staff/imports",
    summary="Take a staff list in (CSV)",
    openapi_extra=_FILE,
    max_body_size=FILE_BYTES,
)
async def import_staff(
    resources: HeldHere, caller: Writer, request: Request, _repeatable: Repeatable
) -> StaffImport:
    """Import the staff list; the body is the file itself. Good rows are taken. Each bad cell is
    reported with its line, column, value and reason. Safe to repeat."""
    result = await staff.import_staff(
        database=resources.database,
        agency=caller.agency,
        data=await request.body(),
        now=resources.clock.now(),
    )
    return StaffImport(
        imported=list(result.imported),
        rejected=[_row(each) for each in result.rejected],
        doubtful=[_row(each) for each in result.doubtful],
        faults=await capacity.staff_faults(database=resources.database, agency=caller.agency),
    )


def _row(cell: RejectedCell | DoubtfulCell) -> StaffImportRow:
    known = {name: getattr(cell, name) for name in StaffImportRow.model_fields}
    return StaffImportRow.model_validate(known)
