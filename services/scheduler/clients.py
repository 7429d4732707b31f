"""The other services, as far as the scheduler calls them. Never inside a transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from shared.clients.classifier import ClassifierClient
from shared.clients.feed import FeedClient
from shared.contracts.dispatches import (
    DispatchAnswers,
    DispatchBatch,
    DispatchItem,
    MessagePage,
    MessageView,
)
from shared.contracts.vocabulary import AgencyId
from shared.http import ServiceHttp, ServiceRefused


class NotifierCalls(FeedClient):
    """What is handed over to the notifier."""

    async def dispatch(self, agency: AgencyId, items: Sequence[DispatchItem]) -> DispatchAnswers:
        """Order messages; ordering the same again is harmless. At most 500 at a time."""
        batch = DispatchBatch(items=list(items))
        return await self.http.post("/v1/dispatches", DispatchAnswers, agency=agency, json=batch)

    async def cancel(self, agency: AgencyId, dispatch_id: UUID) -> bool:
        """Cancel a dispatch; false where it has left already or never came there."""
        try:
            await self.http.call("DELETE", f"/v1/dispatches/{dispatch_id}", agency=agency)
        except ServiceRefused as refusal:
            if refusal.status in (404, 409):
                return False
            raise
        return True

    async def messages(self, agency: AgencyId) -> AsyncIterator[list[MessageView]]:
        """Every message, page by page."""
        cursor: str | None = None
        while True:
            page = await self.http.get(
                "/v1/messages", MessagePage, agency=agency, params={"limit": 500, "cursor": cursor}
            )
            yield list(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The services that the scheduler calls and follows."""

    classifier: ClassifierClient
    notifier: NotifierCalls

    @classmethod
    def over(cls, connections: Mapping[str, ServiceHttp]) -> Self:
        """The clients over connections that somebody else closes."""
        return cls(
            classifier=ClassifierClient(connections["classifier"]),
            notifier=NotifierCalls(connections["notifier"]),
        )
