"""What planning knows of the agency: its time zone, its holidays, and the last day run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.calendar import WorkingCalendar
from shared.contracts.agencies import Agency
from shared.contracts.policies import Model
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
    policy_version: int | None
    model: Model | None

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
            SELECT agency_id, time_zone, federal_state, day, asked_at, policy_version, model
              FROM agency WHERE agency_id = :agency
            """
        )
    ).one_or_none()
    return None if row is None else KnownAgency(**row._mapping)


async def put_agency(
    transaction: Transaction,
    agency: Agency,
    *,
    policy_version: int,
    model: Model,
    asked_at: datetime,
) -> None:
    """Keep what the classifier told; the last day run is our own."""
    await transaction.execute(
        """
        INSERT INTO agency (agency_id, time_zone, federal_state, day, asked_at, policy_version,
                            model)
        VALUES (:agency, :zone, :state, NULL, :asked_at, :version, :model)
        ON CONFLICT (agency_id) DO UPDATE
           SET time_zone = :zone, federal_state = :state, asked_at = :asked_at,
               policy_version = :version, model = :model
        """,
        {
            "zone": agency.time_zone,
            "state": agency.federal_state,
            "asked_at": asked_at,
            "version": policy_version,
            "model": model,
        },
    )


async def outdate_agency(transaction: Transaction) -> None:
    """Have the classifier asked anew before the next planning."""
    await transaction.execute(
        "UPDATE agency SET asked_at = to_timestamp(0) WHERE agency_id = :agency"
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
