"""The change feed: its pages, and one model for each kind of change.

``feed`` holds what ``GET /v1/changes`` answers, ``published`` what all kinds have in common and how
a follower reads them. The kinds stand in ``classifier``, ``scheduler`` and ``notifier``, after the
service that publishes them; ``examples`` has one of each.
"""

from shared.contracts.changes.feed import Change, ChangePage, FeedHead, FeedHeads
from shared.contracts.changes.published import PublishedChange, read

__all__ = ["Change", "ChangePage", "FeedHead", "FeedHeads", "PublishedChange", "read"]
