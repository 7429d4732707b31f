"""Contracts one by one; commissions and interactions in batches."""

from functools import partial

from fastapi import APIRouter, Request, Response, status

from services.classifier.api.access import HeldHere, OfContract, OfCustomer, Reader, Writer
from services.classifier.api.batches import answered, batch_body, read_batch
from services.classifier.api.customers import WithSources, told_by
from services.classifier.api.patches import merge_patch_body, read_merge_patch
from services.classifier.settings import BATCH_BYTES
from services.classifier.usecases import contracts
from shared.contracts.batches import BatchAnswer, ContractList, ListedContract
from shared.contracts.bounds import STORED
from shared.contracts.customers import Commission, Contract, ContractWithSources, Interaction
from shared.contracts.written import WrittenContract
from shared.web.conditions import Conditions, read, written
from shared.web.long_answers import drawn
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["contracts"])


@router.put(
    "/customers/{customer_id}/contracts/{contract_id}",
    summary="Create or replace a contract",
    response_model=WrittenContract,
    responses={
        status.HTTP_201_CREATED: {"model": WrittenContract, "description": "The contract is new"}
    },
)
async def put_contract(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    contract_id: OfContract,
    contract: WrittenContract,
    condition: Conditions,
) -> Response:
    """Create or replace a contract. What the body leaves out is unknown from now on. Safe to
    repeat."""
    created = await contracts.put_contract(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
        contract_id=contract_id,
        contract=contract.record(),
        condition=condition,
    )
    return written(contract.record(), status_code=201 if created else 200)


@router.patch(
    "/customers/{customer_id}/contracts/{contract_id}",
    summary="Change fields of a contract",
    response_model=WrittenContract,
    openapi_extra=merge_patch_body(Contract),
)
async def patch_contract(
    request: Request,
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    contract_id: OfContract,
    condition: Conditions,
) -> Response:
    """Change the fields that the body names; null makes a field unknown (JSON Merge Patch, RFC
    7396)."""
    return written(
        await contracts.patch_contract(
            database=resources.database,
            clock=resources.clock,
            agency=caller.agency,
            customer_id=customer_id,
            contract_id=contract_id,
            patch=await read_merge_patch(request),
            condition=condition,
        )
    )


@router.patch(
    "/contracts/{contract_id}",
    summary="Change fields of the one contract with this id",
    response_model=WrittenContract,
    openapi_extra=merge_patch_body(Contract),
)
async def patch_contract_by_id(
    request: Request,
    resources: HeldHere,
    caller: Writer,
    contract_id: OfContract,
    condition: Conditions,
) -> Response:
    """Change a contract whose id only one customer has; 409 if contracts of several customers have
    it."""
    return written(
        await contracts.patch_contract(
            database=resources.database,
            clock=resources.clock,
            agency=caller.agency,
            contract_id=contract_id,
            patch=await read_merge_patch(request),
            condition=condition,
        )
    )


@router.get(
    "/customers/{customer_id}/contracts/{contract_id}",
    summary="Read a contract",
    response_model=ContractWithSources | Contract,
)
async def get_contract(
    resources: HeldHere,
    caller: Reader,
    customer_id: OfCustomer,
    contract_id: OfContract,
    condition: Conditions,
    provenance: WithSources = False,
) -> Response:
    """The contract as it is known now."""
    record = await contracts.get_contract(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        contract_id=contract_id,
    )
    more = None
    if provenance:
        told = told_by(record.provenance)
        whole = {**dict(record.contract), "provenance": told}
        more = ContractWithSources.model_validate(whole, context=STORED)
    return read(record.contract, condition, with_more=more)


@router.get("/customers/{customer_id}/contracts", summary="List a customer's contracts")
async def list_contracts(
    resources: HeldHere, caller: Reader, customer_id: OfCustomer
) -> ContractList:
    """All contracts of the customer, in the order of their ids."""
    records = await contracts.list_contracts(
        database=resources.database, agency=caller.agency, customer_id=customer_id
    )
    return ContractList(
        items=[
            ListedContract(contract_id=record.contract_id, **dict(record.contract))
            for record in records
        ]
    )


@router.delete(
    "/customers/{customer_id}/contracts/{contract_id}",
    status_code=204,
    summary="Remove a contract sent by mistake",
)
async def delete_contract(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    contract_id: OfContract,
    condition: Conditions,
) -> None:
    """Delete a contract. One that ended is put with its status instead. Bookings stay."""
    await contracts.delete_contract(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        contract_id=contract_id,
        condition=condition,
    )


@router.post(
    "/commissions",
    summary="Enter bookings",
    response_model=BatchAnswer,
    openapi_extra=batch_body(Commission),
    max_body_size=BATCH_BYTES,
)
async def record_commissions(
    request: Request, resources: HeldHere, caller: Writer, _repeatable: Repeatable
) -> Response:
    """Record bookings from ``{"items": [...]}`` or NDJSON. The same id again corrects the
    booking."""
    batch = await read_batch(await request.body(), request.headers, Commission, key="commission_id")
    outcomes = await contracts.record_commissions(
        database=resources.database,
        agency=caller.agency,
        items=batch.readable,
        now=resources.clock.now(),
    )
    return await drawn(partial(answered, batch, outcomes, instance=request.url.path))


@router.post(
    "/interactions",
    summary="Enter contacts",
    response_model=BatchAnswer,
    openapi_extra=batch_body(Interaction),
    max_body_size=BATCH_BYTES,
)
async def record_interactions(
    request: Request, resources: HeldHere, caller: Writer, _repeatable: Repeatable
) -> Response:
    """Record contacts from ``{"items": [...]}`` or NDJSON. The same id again corrects the
    contact."""
    batch = await read_batch(
        await request.body(), request.headers, Interaction, key="interaction_id"
    )
    outcomes = await contracts.record_interactions(
        database=resources.database,
        agency=caller.agency,
        items=batch.readable,
        now=resources.clock.now(),
    )
    return await drawn(partial(answered, batch, outcomes, instance=request.url.path))
