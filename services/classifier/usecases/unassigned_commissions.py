"""Bookings without a contract: listed, and assigned by hand."""

from collections.abc import Sequence

from services.classifier.store import contracts, unassigned_commissions
from services.classifier.store.customers import known_customers
from services.classifier.store.unassigned_commissions import UnassignedBooking
from services.classifier.usecases.commission_assignment import assigned
from services.classifier.usecases.contracts import ContractNotFound
from services.classifier.usecases.customer_writes import (
    CustomerNotFound,
    WriteEffects,
    enter_commissions,
    mark_and_publish,
)
from services.classifier.usecases.repeated_bookings import repetitions_of
from shared.contracts.customers import Commission
from shared.contracts.vocabulary import AgencyId, ContractId, CustomerId
from shared.db.database import Database, Transaction


class CommissionNotFound(Exception):
    """there is no booking with that id"""

    def __init__(self, commission_id: str) -> None:
        super().__init__(f"{commission_id}: {type(self).__doc__}")
        self.commission_id = commission_id


async def list_unassigned(
    *, database: Database, agency: AgencyId, after: str, limit: int
) -> Sequence[UnassignedBooking]:
    """The next bookings that found no contract, in the order of their ids."""
    async with database.transaction(agency) as transaction:
        return await unassigned_commissions.unassigned_after(transaction, after=after, limit=limit)


async def assign_commission(
    *,
    database: Database,
    agency: AgencyId,
    commission_id: str,
    customer_id: CustomerId,
    contract_id: ContractId | None,
) -> Commission:
    """Give a booking to a customer, and take it from whom it was given to before.

    So a wrong assignment is mended by the right one. Returns the known booking if the waiting one
    only repeats it. Raises CommissionNotFound, CustomerNotFound, ContractNotFound.
    """
    async with database.transaction(agency) as transaction:
        waiting = await unassigned_commissions.unassigned_booking(transaction, commission_id)
        booking = (
            assigned(waiting, customer_id, contract_id)
            if waiting
            else await _moved(transaction, commission_id, customer_id, contract_id)
        )
        if not await known_customers(transaction, [customer_id]):
            raise CustomerNotFound(customer_id)
        wanted = [(customer_id, contract_id)] if contract_id else []
        if wanted and not await contracts.known_contracts(transaction, wanted):
            raise ContractNotFound(customer_id, contract_id or "")
        again = await repetitions_of(transaction, [booking] if waiting else [])
        if again.repeated:
            booking = await _known(transaction, again.repeated[commission_id])
        effects = WriteEffects()
        await enter_commissions(transaction, [booking], effects=effects)
        await unassigned_commissions.drop_unassigned(transaction, [commission_id])
        await mark_and_publish(transaction, effects)
    return booking


async def _moved(
    transaction: Transaction,
    commission_id: str,
    customer_id: CustomerId,
    contract_id: ContractId | None,
) -> Commission:
    booked = await _known(transaction, commission_id)
    return booked.model_copy(update={"customer_id": customer_id, "contract_id": contract_id})


async def _known(transaction: Transaction, commission_id: str) -> Commission:
    booked = await contracts.commission(transaction, commission_id)
    if booked is None:
        raise CommissionNotFound(commission_id)
    return booked
