"""Who may do what here, and the parameters that several routes share."""

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


HeldHere = Annotated[ClassifierResources, Depends(_held)]
