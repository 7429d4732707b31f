"""Who may do what here, and the parameters that several routes share."""

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from services.classifier.resources import ClassifierResources
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.web.auth import Caller, requires

Reader = Annotated[Caller, requires("customers:read")]
Writer = Annotated[Caller, requires("customers:write")]
PolicyWriter = Annotated[Caller, requires("policies:write")]
AgencyWriter = Annotated[Caller, requires("agency:write")]
ContactsReader = Annotated[Caller, requires("contacts:read")]

OfCustomer = Annotated[CustomerId, Path(description="the broker system's id of the customer")]
OfContract = Annotated[ContractId, Path(description="the broker system's id of the contract")]

OfPolicy = Annotated[int, Path(ge=1, le=2**31 - 1, description="version of the policy")]
AfterCursor = Annotated[str | None, Query(max_length=200)]
PageSize = Annotated[int, Query(ge=1, le=500)]


def held(request: Request) -> ClassifierResources:
    """What this process holds open, with what only the classifier has."""
    return cast(ClassifierResources, request.app.state.resources)


async def _held(request: Request) -> ClassifierResources:
    # Not a plain function: FastAPI would hand each call to a thread.
    return held(request)


async def _heavy_turn(request: Request) -> AsyncIterator[None]:
    caller: Caller = request.state.caller
    async with held(request).heavy_reads.turn(caller.agency):
        yield


HeavyRead = Annotated[None, Depends(_heavy_turn, scope="function")]
"""For routes that look at the whole book; stands after the caller."""

HeldHere = Annotated[ClassifierResources, Depends(_held)]
