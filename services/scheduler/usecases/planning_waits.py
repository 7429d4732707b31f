"""How long planning waits for the end of an import."""

from dataclasses import dataclass

from services.scheduler.store import work_marks
from services.scheduler.usecases.planning import WHOLE_AT_LEAST
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long planning waits for the end of an import: until no change came for
    ``quiet_seconds``, and at most ``at_most_seconds`` from the first one on."""

    quiet_seconds: float
    at_most_seconds: float


async def seconds_to_wait(*, database: Database, agency: AgencyId, patience: Patience) -> float:
    """Return for how long planning waits until it looks again; 0 if it begins now.

    A plan made halfway gives days that later customers would have needed. A few changes are no
    burst, because somebody may be waiting for them.
    """
    async with database.transaction(agency) as transaction:
        burst = await work_marks.burst_of_units(transaction)
    if burst.units <= WHOLE_AT_LEAST:
        return 0.0
    still = min(
        patience.quiet_seconds - burst.quiet_seconds,
        patience.at_most_seconds - burst.waiting_seconds,
    )
    return max(0.0, still)
