"""The customers of one carer."""

from sqlalchemy import and_
from sqlalchemy import select as select_columns
from sqlmodel import col

from services.scheduler.store.customer_tables import CarerTable, CustomerTable
from shared.contracts.tasks import CarersCustomer
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


async def customers_of(
    transaction: Transaction, staff_id: StaffId, *, after: CustomerId, limit: int
) -> list[CarersCustomer]:
    """The active customers whom a person cares for, by id."""
    carer_of_unit = and_(
        col(CarerTable.agency_id) == col(CustomerTable.agency_id),
        col(CarerTable.unit_id) == col(CustomerTable.unit_id),
    )
    rows = await transaction.execute(
        select_columns(
            col(CustomerTable.customer_id),
            col(CustomerTable.unit_id),
            col(CustomerTable.segment),
            col(CarerTable.since),
            col(CarerTable.pinned_staff_id).is_not(None).label("pinned"),
        )
        .join_from(CustomerTable, CarerTable, carer_of_unit)
        .where(
            col(CustomerTable.agency_id) == transaction.agency,
            col(CarerTable.staff_id) == staff_id,
            col(CustomerTable.status) == "active",
            col(CustomerTable.customer_id) > after,
        )
        .order_by(col(CustomerTable.customer_id))
        .limit(limit)
    )
    return [CarersCustomer.model_validate(dict(row._mapping)) for row in rows]
