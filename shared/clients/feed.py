"""The part of every service's client that reads its change feed."""

from uuid import UUID

from shared.clients.http import ServiceHttp, ServiceRefused
from shared.contracts.changes import ChangePage, FeedHeads
from shared.contracts.feed_errors import FeedDiverged, FeedTrimmed
from shared.contracts.vocabulary import AgencyId, Revision


class FeedClient:
    """Reads one service's feed; what the other clients build on."""

    def __init__(self, http: ServiceHttp) -> None:
        self.http = http

    async def close(self) -> None:
        """Close all connections."""
        await self.http.close()

    async def changes(
        self,
        agency: AgencyId,
        *,
        after: Revision = 0,
        after_change_id: UUID | None = None,
        limit: int = 500,
    ) -> ChangePage:
        """Changes after a revision; raises FeedDiverged or FeedTrimmed as the service says."""
        params = {
            "after": after,
            "after_change_id": str(after_change_id) if after_change_id else None,
            "limit": limit,
        }
        try:
            return await self.http.get("/v1/changes", ChangePage, agency=agency, params=params)
        except ServiceRefused as refusal:
            if refusal.slug == "feed-diverged":
                raise FeedDiverged(refusal.detail) from refusal
            if refusal.slug == "feed-trimmed":
                raise FeedTrimmed(refusal.detail) from refusal
            raise

    async def heads(self) -> dict[AgencyId, Revision]:
        """The head of every agency's feed; needs a service token."""
        heads = await self.http.get("/v1/changes/heads", FeedHeads)
        return {entry.agency_id: entry.head for entry in heads.items}
