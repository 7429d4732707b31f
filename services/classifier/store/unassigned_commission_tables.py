"""The table of bookings that found no contract."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from services.classifier.store.tables import ClassifierTable, instant, key


class UnassignedCommissionTable(ClassifierTable, table=True):
    """A booking whose contract is not known yet; it counts for nobody until it is assigned."""

    __tablename__ = "unassigned_commission"
    __table_args__ = (Index("ix_unassigned_commission_number", "agency_id", "number_key"),)
    agency_id: str = key()
    commission_id: str = key()
    booked_on: date
    kind: str  # as of commission
    amount_cents: int = Field(sa_type=BigInteger)
    told_customer_id: str | None  # the statement's customer number, which is none of ours
    contract_number: str | None  # normalised
    number_key: str  # without leading zeros
    insurer_number: str | None
    insurer: str | None
    line: str | None
    reason: str  # contract-unknown | several-contracts
    received_at: datetime = instant()
