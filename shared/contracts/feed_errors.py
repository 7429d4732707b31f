"""Why a follower must start again: the answers 409 and 410 of every ``GET /v1/changes``."""


class FeedDiverged(Exception):
    """the feed does not hold that change at that revision: it was restored from a backup; list
    the present state again and follow from the head"""


class FeedTrimmed(Exception):
    """the changes after that revision are no longer kept: list the present state again and
    follow from the head"""
