"""The agency's profile: read from the services that own it, and kept for a minute."""

from collections.abc import Sequence, Set
from typing import ClassVar
from zoneinfo import ZoneInfo

import structlog
from cachetools import TTLCache

from services.notifier.clients import Neighbours
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.colleagues import Colleague
from services.notifier.store import contacts
from shared.clients.http import ServiceAway, ServiceRefused
from shared.contracts.agencies import Agency
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database
from shared.failures import Transient

log = structlog.get_logger(__name__)

KNOWN_SECONDS = 60.0
KNOWN_AGENCIES = 10_000


class ProfileUnavailable(Transient):
    """nothing can leave yet, because the agency's profile is not complete"""

    reason: ClassVar[str]
    """What messages that wait for the profile are marked with."""


class AgencyUnknown(ProfileUnavailable):
    """the classifier is away and this agency's settings were never read before"""

    reason = "classifier_away"


class AgencyRefused(ProfileUnavailable):
    """the classifier refuses to tell the agency's settings"""

    reason = "classifier_refuses"


class SenderIdentityMissing(ProfileUnavailable):
    """the agency has not stored its legal notice yet"""

    reason = "sender_identity_missing"


class AgencyProfileReader:
    """Reads settings and people from their owners, or their last copies if those are away."""

    def __init__(self, *, database: Database, neighbours: Neighbours) -> None:
        self._database = database
        self._neighbours = neighbours
        self._known: TTLCache[AgencyId, AgencyProfile] = TTLCache(KNOWN_AGENCIES, KNOWN_SECONDS)

    async def of(self, agency: AgencyId) -> AgencyProfile:
        """Return the agency's profile. Raises ``ProfileUnavailable``.

        A profile that is not complete is read again at each call, because messages wait for it.
        """
        known = self._known.get(agency)
        if known is None:
            known = _profile(*await self._read(agency))
            self._known[agency] = known
        return known

    async def unknown_staff(self, agency: AgencyId, named: Set[StaffId]) -> Set[StaffId]:
        """Return those of the ids whom the agency surely does not have.

        Who is missing among the people known is asked for, because they may be new. If nobody can
        be asked, nothing is sure.
        """
        known = self._known.get(agency)
        if known is not None and named <= known.colleagues.keys():
            return frozenset()
        try:
            people = await self._neighbours.staff.colleagues(agency)
        except (ServiceAway, ServiceRefused):
            return frozenset()
        found = {colleague.staff_id for colleague in people}
        if known is not None and named & found - known.colleagues.keys():
            self._known.pop(agency, None)
        return named - found

    async def _read(self, agency: AgencyId) -> tuple[Agency, Sequence[Colleague]]:
        async with self._database.transaction(agency) as transaction:
            copied = await contacts.copied_agency(transaction)
        try:
            settings = await self._neighbours.classifier.agency(agency)
        except ServiceAway as error:
            if copied is None:
                raise AgencyUnknown(AgencyUnknown.__doc__) from error
            return copied
        except ServiceRefused as error:
            raise AgencyRefused(AgencyRefused.__doc__) from error
        people = await self._colleagues(agency, copied[1] if copied else [])
        if copied != (settings, people):
            async with self._database.transaction(agency) as transaction:
                await contacts.copy_agency(transaction, settings, people)
        return settings, people

    async def _colleagues(self, agency: AgencyId, last: list[Colleague]) -> list[Colleague]:
        """Return the people of the agency, or nobody if they are unknown, because no message waits
        for its signer: the agency itself signs then."""
        try:
            return await self._neighbours.staff.colleagues(agency)
        except (ServiceAway, ServiceRefused) as error:
            log.warning("people not known, using the last copy", agency=agency, error=str(error))
            return last


def _profile(settings: Agency, people: Sequence[Colleague]) -> AgencyProfile:
    if settings.sender is None:
        raise SenderIdentityMissing(SenderIdentityMissing.__doc__)
    return AgencyProfile(
        sender=settings.sender,
        zone=ZoneInfo(settings.time_zone),
        federal_state=settings.federal_state,
        send_times=settings.send_times,
        letter_form=settings.letter_form,
        colleagues={colleague.staff_id: colleague for colleague in people},
    )
