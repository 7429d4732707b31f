"""The work of a customer whose record was merged follows, and comes back when that is undone."""

from collections.abc import Sequence
from datetime import date

from services.scheduler.store import customers, lifted_ends, merges, planning, work_marks
from shared.contracts.changes.classifier import CustomerMerged
from shared.contracts.changes.notifier import MERGE_UNDONE
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def order_doubles_again(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, today: date
) -> None:
    """Order what merges that are undone had cancelled as doubles; safe to repeat."""
    await lifted_ends.order_again(
        transaction, customer_ids, reason="customer_merged", lifted_as=MERGE_UNDONE, today=today
    )


async def follow_merge(transaction: Transaction, told: CustomerMerged, *, today: date) -> None:
    """Move requests, tasks and what has left the plan; the plan itself is made anew.

    What the notifier did not send, because the one who stayed got the same, is ordered again when
    the merge is undone.
    """
    # First of all: a planner takes the plan before anything else. It starts over, with other data.
    await planning.outdate_plan(transaction)
    both = {told.customer_id} if told.into is None else {told.customer_id, told.into}
    units = await customers.units_of(transaction, both)
    if told.into is None:
        await merges.undo(transaction, told.merge_id, from_id=told.customer_id)
        await order_doubles_again(transaction, [told.customer_id], today=today)
    else:
        # What is being raised for the customer is kept first, so that it comes along.
        await customers.locked_customer(transaction, told.customer_id)
        await merges.merge(transaction, told.merge_id, from_id=told.customer_id, into_id=told.into)
    units |= await customers.units_of(transaction, both)
    await work_marks.mark_customers(transaction, both if told.into is None else {told.into})
    await work_marks.mark_units(transaction, units)
