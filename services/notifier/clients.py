"""Clients of the other services: contacts, the agency's settings, its people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict

from services.notifier.domain.colleagues import Colleague
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp
from shared.contracts.vocabulary import AgencyId


class _StaffPage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    items: list[Colleague]
    next_cursor: str | None = None


class StaffDirectory:
    """The scheduler's list of people."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def colleagues(self, agency: AgencyId) -> list[Colleague]:
        """Return everybody of the agency. Raises ``ServiceAway`` or ``ServiceRefused``."""
        found: list[Colleague] = []
        cursor: str | None = None
        while True:
            page = await self._http.get(
                "/v1/staff", _StaffPage, agency=agency, params={"cursor": cursor}
            )
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The clients of classifier and scheduler."""

    classifier: ClassifierClient
    staff: StaffDirectory

    @classmethod
    def over(cls, connections: Mapping[str, ServiceHttp]) -> Self:
        """Return the clients over these connections; the caller closes them."""
        return cls(
            classifier=ClassifierClient(connections["classifier"]),
            staff=StaffDirectory(connections["scheduler"]),
        )
