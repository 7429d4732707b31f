"""The other services, as far as the classifier calls them: it reads their feeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from shared.clients.feed import FeedClient
from shared.clients.http import ServiceHttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The feeds of scheduler and notifier."""

    scheduler: FeedClient
    notifier: FeedClient

    @classmethod
    def over(cls, connections: Mapping[str, ServiceHttp]) -> Self:
        """The clients over connections that somebody else closes."""
        return cls(
            scheduler=FeedClient(connections["scheduler"]),
            notifier=FeedClient(connections["notifier"]),
        )
