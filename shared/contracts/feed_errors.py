"""Why a follower must start again: the answers 409 and 410 of every ``GET /v1/changes``."""

from shared.contracts.vocabulary import Revision


class _StartAgain(Exception):
    """A follower keeps the head that it is told here, lists the present state, then follows on.

    ``head`` is None where a client does not need it.
    """

    def __init__(self, fact: str, *, head: Revision | None = None) -> None:
        super().__init__(fact)
        self.head = head


class FeedDiverged(_StartAgain):
    """the feed does not hold that change at that revision: it was restored from a backup; list
    the present state again and follow from the head"""


class FeedTrimmed(_StartAgain):
    """the changes after that revision are no longer kept: list the present state again and
    follow from the head"""
