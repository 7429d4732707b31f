"""What planning knows of the agency: its time zone, its holidays, and the last day run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.calendar import WorkingCalendar
from shared.contracts.agencies import Agency
from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgency:
    """The agency as the classifier described it; ``day`` is the last day run here."""

    agency_id: AgencyId
    time_zone: str
    federal_state: str | None
    day: date | None
    asked_at: datetime

    @property
    def calendar(self) -> WorkingCalendar:
        """Working days and hours of the agency."""
        return WorkingCalendar(state=self.federal_state, time_zone=self.time_zone)

    def day_at(self, now: datetime) -> date:
        """The day that planning goes by: the last day run, else today."""
        return self.day or now.astimezone(ZoneInfo(self.time_zone)).date()


async def known_agency(transaction: Transaction) -> KnownAgency | None:
    """The agency, if the classifier was asked before."""
    row = (
        await transaction.execute(
            """
            SELECT agency_id, time_zone, federal_state, day, asked_at FROM agency
             WHERE agency_id = :agency
            """
        )
    ).one_or_none()
    return None if row is None else KnownAgency(**row._mapping)


async def put_agency(transaction: Transaction, agency: Agency, *, asked_at: datetime) -> None:
    """Keep what the classifier told; the last day run is our own."""
    await transaction.execute(
        """
        INSERT INTO agency (agency_id, time_zone, federal_state, day, asked_at)
        VALUES (:agency, :zone, :state, NULL, :asked_at)
        ON CONFLICT (agency_id) DO UPDATE
           SET time_zone = :zone, federal_state = :state, asked_at = :asked_at
        """,
        {"zone": agency.time_zone, "state": agency.federal_state, "asked_at": asked_at},
    )


async def move_day(transaction: Transaction, day: date) -> None:
    """Make a day the last day run; it never moves back."""
    await transaction.execute(
        """
        UPDATE agency SET day = :day WHERE agency_id = :agency AND (day IS NULL OR day < :day)
        """,
        {"day": day},
    )


async def agencies_of(sweep: SweepDatabase, statement: str) -> Sequence[AgencyId]:
    """The agencies that a sweep's question names."""
    return [row.agency_id for row in await sweep.rows(statement)]
