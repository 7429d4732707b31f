"""The other services, as far as the scheduler calls them. Never inside a transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp, ServiceRefused
from shared.clients.notifier import NotifierClient
from shared.contracts.dispatches import Withdrawal
from shared.contracts.vocabulary import AgencyId

__all__ = ["ClassifierClient", "Neighbours", "NotifierClient", "cancelled_in_time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The services that the scheduler calls and follows."""

    classifier: ClassifierClient
    notifier: NotifierClient

    @classmethod
    def over(cls, connections: Mapping[str, ServiceHttp]) -> Self:
        """The clients over connections that somebody else closes."""
        return cls(
            classifier=ClassifierClient(connections["classifier"]),
            notifier=NotifierClient(connections["notifier"]),
        )


async def cancelled_in_time(
    notifier: NotifierClient, agency: AgencyId, touchpoint_id: UUID, *, reason: Withdrawal
) -> bool:
    """Cancel a dispatch; false where it has left already or never came there."""
    try:
        await notifier.cancel_dispatch(agency, str(touchpoint_id), reason=reason)
    except ServiceRefused as refusal:
        if refusal.status in (404, 409):
            return False
        raise
    return True
