"""Answers of ``GET /v1/changes``: what a service tells the others, and broker systems alike."""

from typing import Any
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import AgencyId, Instant, Revision, Strict


class Change(Strict):
    """The new state of one subject at one revision; a later change supersedes it.

    The payload carries ids, codes and amounts, never names, addresses or free text.
    """

    revision: Revision
    change_id: UUID = Field(strict=False)
    kind: str = Field(examples=["classification.changed"])
    subject: str = Field(examples=["K-0001"])
    at: Instant
    payload: dict[str, Any]


class ChangePage(Strict):
    """Changes after a revision, oldest first; ``head`` is the newest revision of the feed."""

    items: list[Change]
    head: Revision


class FeedHead(Strict):
    """The newest revision in the feed of one agency."""

    agency_id: AgencyId
    head: Revision


class FeedHeads(Strict):
    """The heads of all agencies, for service tokens."""

    items: list[FeedHead]
