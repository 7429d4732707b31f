"""What customers allow and object to."""

from fastapi import APIRouter, Response

from services.classifier.api.access import HeldHere, OfCustomer, Reader, Writer
from services.classifier.usecases import consents
from shared.contracts.batches import ConsentList, ListedConsent
from shared.contracts.customers import Consent, ConsentChannel, ConsentPurpose, Objections
from shared.contracts.objections import StatedObjections
from shared.web.conditions import Conditions, read, shown

router = APIRouter(tags=["consents"])


@router.put(
    "/customers/{customer_id}/consents/{purpose}/{channel}",
    summary="Enter the customer's word on a purpose and channel",
)
async def put_consent(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    purpose: ConsentPurpose,
    channel: ConsentChannel,
    consent: Consent,
) -> Consent:
    """Record a consent, refusal or withdrawal. Each one is kept as proof, and the latest ``at``
    counts; but no consent outranks a refusal or withdrawal that was recorded after it. Safe to
    repeat."""
    await consents.put_consent(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        purpose=purpose,
        channel=channel,
        consent=consent,
        now=resources.clock.now(),
    )
    return consent


@router.get("/customers/{customer_id}/consents", summary="Every word the customer gave")
async def list_consents(
    resources: HeldHere, caller: Reader, customer_id: OfCustomer
) -> ConsentList:
    """All consents with when, how and the text agreed to; of each purpose and channel the one that
    counts comes first."""
    records = await consents.list_consents(
        database=resources.database, agency=caller.agency, customer_id=customer_id
    )
    return ConsentList(
        items=[
            ListedConsent(purpose=record.purpose, channel=record.channel, **dict(record.consent))
            for record in records
        ]
    )


@router.put(
    "/customers/{customer_id}/objections",
    summary="Enter objections (GDPR art. 21)",
    response_model=Objections,
)
async def put_objections(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    objections: StatedObjections,
    condition: Conditions,
) -> Response:
    """Replace the objections; the answer says since when each holds, or null. Safe to repeat.

    A customer who objects to profiling is no longer scored, and gets class C by the rule
    `objection`, without facts.
    """
    return shown(
        await consents.put_objections(
            database=resources.database,
            agency=caller.agency,
            customer_id=customer_id,
            stated=objections,
            now=resources.clock.now(),
            condition=condition,
        )
    )


@router.get(
    "/customers/{customer_id}/objections", summary="Read objections", response_model=Objections
)
async def get_objections(
    resources: HeldHere, caller: Reader, customer_id: OfCustomer, condition: Conditions
) -> Response:
    """The objections, each with the instant since when it holds, or null."""
    known = await consents.get_objections(
        database=resources.database, agency=caller.agency, customer_id=customer_id
    )
    return read(known, condition)
