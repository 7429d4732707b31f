"""Customers: create or replace, read, erase, list, and look up for the other services."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import AfterValidator, StringConstraints

from services.classifier.api.access import (
    AfterCursor,
    ContactsReader,
    HeldHere,
    OfCustomer,
    Reader,
    Writer,
)
from services.classifier.api.patches import merge_patch_body, read_merge_patch
from services.classifier.domain.provenance import Provenance
from services.classifier.store.customer_search import CustomerSearch
from services.classifier.usecases import customers
from shared.contracts.bounds import STORED
from shared.contracts.classifications import Segment
from shared.contracts.contacts import ContactLookup, ContactLookupAnswer
from shared.contracts.customers import Customer, CustomerWithSources, FieldSource
from shared.contracts.planning import CustomerPage, PlanningLookup, PlanningLookupAnswer
from shared.contracts.vocabulary import ToldInstant
from shared.contracts.written import WrittenCustomer
from shared.web.conditions import Conditions, read, written
from shared.web.cursors import cursor_after, cursor_of

router = APIRouter(tags=["customers"])

Known = Annotated[str | None, StringConstraints(pattern=r"^[^\x00]*\S[^\x00]*$", max_length=254)]
"""What a caller knows of a customer: some text."""

PhoneNumber = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00]*[1-9][^\x00]*$", max_length=254),
    # A + that is not percent-encoded arrives as a blank (application/x-www-form-urlencoded).
    AfterValidator(lambda number: re.sub("^ (?=[1-9])", "+", number)),
]

WithSources = Annotated[
    bool, Query(description="also who told each group of fields last, and when")
]


@router.put(
    "/customers/{customer_id}",
    summary="Create or replace a customer",
    response_model=WrittenCustomer,
    responses={
        status.HTTP_201_CREATED: {"model": WrittenCustomer, "description": "The customer is new"}
    },
)
async def put_customer(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    customer: WrittenCustomer,
    condition: Conditions,
) -> Response:
    """Create or replace a customer. What the body leaves out is unknown from now on. Safe to
    repeat.

    Two fields stay unless the body names them, null included: `death_date` and
    `mandate.ended_on`. An export without these columns must bring nobody back to life.
    """
    put = await customers.put_customer(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
        customer=customer.record(),
        condition=condition,
    )
    return written(put.customer, status_code=201 if put.created else 200)


@router.patch(
    "/customers/{customer_id}",
    summary="Change fields of a customer",
    response_model=WrittenCustomer,
    openapi_extra=merge_patch_body(Customer),
)
async def patch_customer(
    request: Request,
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    condition: Conditions,
) -> Response:
    """Change the fields that the body names; null makes a field unknown (JSON Merge Patch, RFC
    7396). A null for `death_date` or `mandate.ended_on` takes back a death or an end that was
    reported by mistake."""
    customer = await customers.patch_customer(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
        patch=await read_merge_patch(request),
        condition=condition,
    )
    return written(customer)


@router.get(
    "/customers/{customer_id}",
    summary="Read a customer",
    response_model=CustomerWithSources | Customer,
)
async def get_customer(
    resources: HeldHere,
    caller: Reader,
    customer_id: OfCustomer,
    condition: Conditions,
    provenance: WithSources = False,
) -> Response:
    """The customer with the marks in force today. The body can be put again if `provenance` is left
    out."""
    record = await customers.get_customer(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
    )
    more = None
    if provenance:
        told = told_by(record.provenance)
        whole = {**dict(record.customer), "provenance": told}
        more = CustomerWithSources.model_validate(whole, context=STORED)
    return read(record.customer, condition, with_more=more)


def told_by(provenance: Provenance) -> dict[str, FieldSource]:
    """Who told each group of fields, for an answer."""
    return {
        group: FieldSource(source=told.source, at=told.at)
        for group, told in sorted(provenance.groups.items())
    }


@router.delete(
    "/customers/{customer_id}", status_code=204, summary="Erase a customer (GDPR art. 17)"
)
async def erase_customer(
    resources: HeldHere, caller: Writer, customer_id: OfCustomer, condition: Conditions
) -> None:
    """Erase everything personal. Bookings and proofs of consent stay under the id alone. The id
    cannot come back, not even by importing an old file. Safe to repeat."""
    await customers.erase_customer(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
        condition=condition,
    )


@router.get("/customers", summary="List the customers with what planning needs")
async def list_customers(
    resources: HeldHere,
    caller: Reader,
    identity: Annotated[
        Known,
        Query(
            description="number in another system, as it stands in identities, with or without "
            "the system's name in front",
            examples=["9999:4711", "gdv:9999:4711"],
        ),
    ] = None,
    contract_number: Annotated[
        Known, Query(description="of one of their contracts; blanks and zeros in front aside")
    ] = None,
    email: Annotated[Known, Query(description="capitals aside")] = None,
    postcode: Annotated[Known, Query(description="of their address")] = None,
    name: Annotated[
        Known, Query(description="words of their names, all of which must be found")
    ] = None,
    phone: Annotated[
        PhoneNumber | None,
        Query(description="as dialled: signs, +49 and the zero in front aside"),
    ] = None,
    changed_since: Annotated[
        ToldInstant | None, Query(description="whose record was changed at this instant or later")
    ] = None,
    segment: Annotated[Segment | None, Query(description="of this class at present")] = None,
    cursor: AfterCursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> CustomerPage:
    """All customers in the order of their ids, for a service that builds its copy of the book
    anew, or those of whom all that is given holds."""
    items = await customers.list_customers(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        after=cursor_after(cursor),
        limit=limit,
        search=CustomerSearch(
            identity=identity,
            contract_number=contract_number,
            email=email,
            postcode=postcode,
            name=name,
            phone=phone,
            changed_since=changed_since,
            segment=segment,
        ),
    )
    last = items[-1].customer_id if len(items) == limit else None
    return CustomerPage(items=items, next_cursor=cursor_of(last) if last else None)


@router.post("/customers/lookup", summary="What planning needs of these customers")
async def look_planning_facts_up(
    resources: HeldHere, caller: Reader, lookup: PlanningLookup
) -> PlanningLookupAnswer:
    """What planning needs of up to 1,000 customers; ids that do not exist are listed as missing."""
    return await customers.look_planning_facts_up(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_ids=lookup.customer_ids,
    )


@router.post("/contacts/lookup", summary="Names, addresses and wills of these customers")
async def look_contacts_up(
    resources: HeldHere, caller: ContactsReader, lookup: ContactLookup
) -> ContactLookupAnswer:
    """Names, addresses and consents of up to 500 customers, for the notifier right before a batch
    leaves."""
    return await customers.look_contacts_up(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_ids=lookup.customer_ids,
    )
