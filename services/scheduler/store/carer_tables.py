"""The scheduler's tables for changes of carers: proposed, applied, and told to customers."""

from datetime import datetime
from uuid import UUID

from services.scheduler.store.columns import NOW, SchedulerTable, instant, key


class CarerProposalTable(SchedulerTable, table=True):
    """A change of carer that planning would make; it waits until somebody applies it."""

    __tablename__ = "carer_proposal"
    agency_id: str = key()
    unit_id: str = key()
    from_staff_id: str
    to_staff_id: str
    because: str
    since: datetime = instant(sa_column_kwargs=NOW)


class CarerMoveTable(SchedulerTable, table=True):
    """One unit of an application of proposals, kept so that it can be taken back."""

    __tablename__ = "carer_move"
    agency_id: str = key()
    application_id: UUID = key()
    unit_id: str = key()
    from_staff_id: str | None
    to_staff_id: str
    applied_by: str
    applied_at: datetime = instant(sa_column_kwargs=NOW)
    undone_at: datetime | None = instant()


class HeldIntroductionTable(SchedulerTable, table=True):
    """An introduction that waits for a person, because too many would leave on one day.

    ``previous_staff_id`` is the carer whom the customer still knows.
    """

    __tablename__ = "held_introduction"
    agency_id: str = key()
    customer_id: str = key()
    staff_id: str
    previous_staff_id: str
    since: datetime = instant(sa_column_kwargs=NOW)
