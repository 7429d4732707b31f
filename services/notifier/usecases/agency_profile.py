"""Whom messages come from: the agency's settings and people, remembered for a little while."""

import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog

from services.notifier.clients import Neighbours
from services.notifier.domain.colleagues import Colleague
from services.notifier.store import contacts
from shared.clients.http import ServiceAway, ServiceRefused
from shared.contracts.agencies import Agency
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database
from shared.failures import Transient

log = structlog.get_logger(__name__)

KNOWN_SECONDS = 60.0


class SurroundingsUnknown(Transient):
    """the classifier is away and this agency's settings were never read before"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The agency and its people."""

    agency: Agency
    colleagues: dict[StaffId, Colleague]

    @property
    def zone(self) -> ZoneInfo:
        """Where the agency's days begin and end."""
        return ZoneInfo(self.agency.time_zone)


@dataclass(frozen=True, slots=True)
class _Known:
    read_at: float
    surroundings: Surroundings


class SurroundingsReader:
    """Reads settings and people from their owners; falls back on the last copy."""

    def __init__(self, *, database: Database, neighbours: Neighbours) -> None:
        self._database = database
        self._neighbours = neighbours
        self._known: dict[AgencyId, _Known] = {}

    async def of(self, agency: AgencyId) -> Surroundings:
        """The agency as it is, or as it last was. Raises SurroundingsUnknown."""
        known = self._known.get(agency)
        if known is not None and time.monotonic() - known.read_at < KNOWN_SECONDS:
            return known.surroundings
        surroundings = await self._read(agency)
        # Without its legal notice nothing leaves: ask again each time until it is there.
        if surroundings.agency.sender is not None:
            self._known[agency] = _Known(time.monotonic(), surroundings)
        return surroundings

    async def _read(self, agency: AgencyId) -> Surroundings:
        async with self._database.transaction(agency) as transaction:
            copied = await contacts.copied_agency(transaction)
        last_people = copied[1] if copied else []
        try:
            settings = await self._neighbours.classifier.agency(agency)
        except ServiceAway as error:
            if copied is None:
                raise SurroundingsUnknown(SurroundingsUnknown.__doc__) from error
            return _surroundings(*copied)
        people = await self._colleagues(agency, last_people)
        if copied != (settings, people):
            async with self._database.transaction(agency) as transaction:
                await contacts.copy_agency(transaction, settings, people)
        return _surroundings(settings, people)

    async def _colleagues(self, agency: AgencyId, last: list[Colleague]) -> list[Colleague]:
        """Who signs is no reason to let a message wait: the agency signs where nobody is known."""
        try:
            return await self._neighbours.staff.colleagues(agency)
        except (ServiceAway, ServiceRefused) as error:
            log.warning("people not known, using the last copy", agency=agency, error=str(error))
            return last


def _surroundings(settings: Agency, people: list[Colleague]) -> Surroundings:
    return Surroundings(
        agency=settings, colleagues={colleague.staff_id: colleague for colleague in people}
    )
