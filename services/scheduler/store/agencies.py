"""What planning knows of the agency: its time zone, its holidays, and the last day run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.scheduler.domain.office_calendars import working_calendar
from services.scheduler.store.agency_tables import AgencyTable
from shared.calendar import WorkingCalendar
from shared.contracts.agencies import Agency
from shared.contracts.bounds import STORED
from shared.contracts.office_calendars import OfficeCalendar
from shared.contracts.policies import Model
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase

LONG_AGO = datetime.fromtimestamp(0, UTC)

OPENED = """
    (SELECT agency.opened_at IS NOT NULL FROM agency WHERE agency.agency_id = :agency)
"""
"""SQL: whether the agency has opened; null counts as no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgency:
    """The agency as the classifier described it; ``day`` is the last day run here."""

    agency_id: AgencyId
    time_zone: str
    federal_state: str | None
    day: date | None
    asked_at: datetime
    policy_version: int | None
    model: Model | None
    opened_at: datetime | None
    office: OfficeCalendar

    @property
    def moving_in(self) -> bool:
        """Whether nothing may be announced and nothing advertising may leave yet."""
        return self.opened_at is None

    @property
    def calendar(self) -> WorkingCalendar:
        """Working days and hours of the agency."""
        return self.calendar_with(self.office)

    def calendar_with(self, office: OfficeCalendar) -> WorkingCalendar:
        """The same with other office hours."""
        return working_calendar(office, state=self.federal_state, time_zone=self.time_zone)

    def day_at(self, now: datetime) -> date:
        """The day that planning goes by: the last day run, else today."""
        return self.day or now.astimezone(ZoneInfo(self.time_zone)).date()


async def known_agency(transaction: Transaction, *, locked: bool = False) -> KnownAgency | None:
    """The agency; None if the classifier was never asked for it.

    ``locked``: nobody else changes it until the commit.
    """
    asked = select(AgencyTable).where(AgencyTable.agency_id == transaction.agency)
    row = (await transaction.exec(asked.with_for_update() if locked else asked)).one_or_none()
    if row is None:
        return None
    office = OfficeCalendar.model_validate(row.office or {}, context=STORED)
    return KnownAgency(**row.model_dump(exclude={"standing_in_on", "office"}), office=office)


async def put_office(transaction: Transaction, office: OfficeCalendar) -> None:
    """Keep the agency's own hours and closed days."""
    await transaction.execute(
        update(AgencyTable)
        .where(col(AgencyTable.agency_id) == transaction.agency)
        .values(office=office.model_dump(mode="json"))
    )


async def put_agency(
    transaction: Transaction,
    agency: Agency,
    *,
    policy_version: int,
    model: Model,
    asked_at: datetime,
) -> None:
    """Keep what the classifier answered; the last day run is our own and stays."""
    given = {
        "time_zone": agency.time_zone,
        "federal_state": agency.federal_state,
        "asked_at": asked_at,
        "policy_version": policy_version,
        "model": model,
    }
    await transaction.execute(
        insert(AgencyTable)
        .values(agency_id=transaction.agency, **given)
        .on_conflict_do_update(index_elements=["agency_id"], set_=given)
    )


async def outdate_agency(transaction: Transaction) -> None:
    """Have the classifier asked again before the next planning."""
    await transaction.execute(
        update(AgencyTable)
        .where(col(AgencyTable.agency_id) == transaction.agency)
        .values(asked_at=LONG_AGO)
    )


async def open_agency(transaction: Transaction) -> bool:
    """End moving in; returns false if it had ended before.

    The database's clock tells when, because ``carer.begun_at`` is compared with it.
    """
    opened = await transaction.execute(
        update(AgencyTable)
        .where(
            col(AgencyTable.agency_id) == transaction.agency, col(AgencyTable.opened_at).is_(None)
        )
        .values(opened_at=func.now())
    )
    return bool(opened.rowcount)


async def move_day(transaction: Transaction, day: date) -> bool:
    """Make a day the agency's day; returns false if it, or a later one, is so already."""
    before = col(AgencyTable.day)
    moved = await transaction.execute(
        update(AgencyTable)
        .where(
            col(AgencyTable.agency_id) == transaction.agency, or_(before.is_(None), before < day)
        )
        .values(day=day)
    )
    return bool(moved.rowcount)


async def agencies_of(
    sweep: SweepDatabase, statement: str, parameters: Mapping[str, Any] | None = None
) -> Sequence[AgencyId]:
    """The agencies that a sweep's question names; SQL text because it asks of all at once."""
    return [row.agency_id for row in await sweep.rows(statement, parameters)]
