"""Who may do what here, and the parameters that several routes share."""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from services.scheduler.resources import SchedulerResources
from shared.contracts.vocabulary import StaffId, WorkDay
from shared.web.auth import Caller, requires

Reader = Annotated[Caller, requires("plan:read")]
Writer = Annotated[Caller, requires("plan:write")]
Operator = Annotated[Caller, requires("operations")]

OfStaff = Annotated[StaffId, Path(description="the agency's id of the person")]
OfDay = Annotated[WorkDay, Path(description="a day in the agency's time zone")]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the last page")]


async def _of_request(request: Request) -> SchedulerResources:
    # Not a plain function: FastAPI would hand each call to a thread.
    return cast(SchedulerResources, request.app.state.resources)


async def _heavy_turn(request: Request) -> AsyncIterator[None]:
    caller: Caller = request.state.caller
    resources = await _of_request(request)
    async with resources.heavy_reads.turn(caller.agency):
        yield


HeavyRead = Annotated[None, Depends(_heavy_turn, scope="function")]
"""For routes that look at the whole plan or book; stands after the caller."""

HeldHere = Annotated[SchedulerResources, Depends(_of_request)]
"""What this process holds open, with what only the scheduler has."""
