"""What customers allow and object to."""

from datetime import datetime

from services.classifier.domain.instants import refuse_ahead
from services.classifier.store import consents, customers
from services.classifier.store.consents import ConsentRecord, ObjectionRecord
from services.classifier.store.erasures import lock_customer
from services.classifier.usecases.customer_refusals import absent, refuse_merged
from services.classifier.usecases.customer_writes import (
    WriteEffects,
    mark_and_publish,
    write_consents,
    write_objections,
)
from shared.contracts.customers import Consent, ConsentChannel, ConsentPurpose, Objections
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.objections import StatedObjections
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database


async def put_consent(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    purpose: ConsentPurpose,
    channel: ConsentChannel,
    consent: Consent,
    now: datetime,
) -> None:
    """Enter the customer's word on one purpose and channel.

    Raises CustomerNotFound, and InstantAhead if an instant of it is still to come.

    An earlier word that arrives late is kept as proof and does not undo a later one.
    """
    refuse_ahead(consent, now=now)
    record = ConsentRecord(
        customer_id=customer_id, purpose=purpose, channel=channel, consent=consent
    )
    async with database.transaction(agency) as transaction:
        await refuse_merged(transaction, customer_id)
        for refusal in (await write_consents(transaction, [record])).values():
            raise refusal


async def list_consents(
    *, database: Database, agency: AgencyId, customer_id: CustomerId
) -> list[ConsentRecord]:
    """Every word a customer gave, the latest of each purpose first; raises CustomerNotFound."""
    async with database.transaction(agency) as transaction:
        if not await customers.known_customers(transaction, [customer_id]):
            raise await absent(transaction, customer_id)
        return await consents.consents_of(transaction, customer_id)


async def put_objections(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    stated: StatedObjections,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Objections:
    """Enter a customer's objections as they stand now and return them with their instants.

    Raises ConditionFailed, CustomerNotFound and InstantAhead.
    """
    refuse_ahead(stated, now=now)
    async with database.transaction(agency) as transaction:
        await refuse_merged(transaction, customer_id)
        if condition.asked:
            await lock_customer(transaction, customer_id)
        known = await consents.objections_of(transaction, [customer_id])
        if condition.asked:
            condition.require(etag_of(known.get(customer_id, Objections())))
        objections = stated.resolved(standing=known.get(customer_id, Objections()), now=now)
        record = ObjectionRecord(customer_id=customer_id, objections=objections)
        effects = WriteEffects()
        refused = await write_objections(transaction, [record], effects=effects)
        for refusal in refused.values():
            raise refusal
        await mark_and_publish(transaction, effects)
    return objections


async def get_objections(
    *, database: Database, agency: AgencyId, customer_id: CustomerId
) -> Objections:
    """A customer's objections; raises CustomerNotFound."""
    async with database.transaction(agency) as transaction:
        if not await customers.known_customers(transaction, [customer_id]):
            raise await absent(transaction, customer_id)
        stated = await consents.objections_of(transaction, [customer_id])
    return stated.get(customer_id, Objections())
