"""Routes for operations and for followers that every service has: feed, parked changes, status.

Statements are SQL text, as all of the kernel (`shared/db/kernel_tables.py`).
"""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from shared.contracts.access import EVERY_AGENCY, LONGEST_JTI, SHORTEST_JTI
from shared.contracts.changes import ChangePage, FeedHead, FeedHeads
from shared.contracts.vocabulary import Instant, Revision, Strict, ToldInstant
from shared.db import feed
from shared.jobs.doorbell import REDRIVE
from shared.web.auth import Caller, requires
from shared.web.problems import INVALID_BODY, ProblemError
from shared.web.resources import Held

router = APIRouter()


Operator = Annotated[Caller, requires("operations")]


class ParkedChange(Strict):
    """A change that failed for good, with its error; it waits for a person."""

    change_id: UUID
    feed: str
    revision: Revision
    kind: str
    subject: str
    payload: dict[str, Any]
    error: str
    parked_at: Instant


class ParkedChanges(Strict):
    """All parked changes of the agency, oldest first."""

    items: list[ParkedChange]
    next_cursor: str | None = None


class FollowedFeed(Strict):
    """How far this service has followed one feed."""

    feed: str
    revision: Revision
    paused_because: str | None
    moved_at: Instant


class WaitingWork(Strict):
    """Work that does not go on, or ended badly, for one reason."""

    reason: str = Field(examples=["sender_refused"])
    count: int = Field(ge=1, description="how many")
    since: Instant = Field(description="the oldest of them")


class Status(Strict):
    """Where this service stands with one agency."""

    service: str
    head: Revision
    feeds: list[FollowedFeed]
    parked: int = Field(description="changes that failed for good and wait for a person")
    waiting: list[WaitingWork] = Field(
        default_factory=list,
        description="what does not leave, by reason, the oldest first; then jobs that fail",
    )
    service_token_expires_at: Instant | None = Field(
        default=None, description="when the token ends that this service calls the others with"
    )
    warnings: list[str] = Field(
        default_factory=list, description="what a person must see to, such as a token that ends"
    )


class Redriven(Strict):
    """The jobs that were rung."""

    jobs: list[str]


class ParkedOutcome(Strict):
    """What became of a parked change."""

    change_id: UUID
    outcome: str = Field(examples=["applied", "dropped", "not_parked"])


class FeedTrim(Strict):
    """From when on changes are kept."""

    before: ToldInstant


class Trimmed(Strict):
    """How far the feed was trimmed; followers that stand before it list the present state."""

    trimmed_to: Revision


class Revocation(Strict):
    """A token to refuse from now on, by its ``jti``."""

    jti: str = Field(min_length=SHORTEST_JTI, max_length=LONGEST_JTI)


@router.get("/changes", tags=["changes"], summary="Follow what changes")
async def list_changes(
    resources: Held,
    caller: Annotated[Caller, requires("changes:read")],
    after: Annotated[
        int, Query(ge=0, le=2**63 - 1, description="the last revision already seen")
    ] = 0,
    after_change_id: Annotated[
        UUID | None, Query(description="the id of that change: tells when the feed was restored")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> ChangePage:
    """The agency's changes after a revision, oldest first."""
    async with resources.database.direct(caller.agency) as transaction:
        return await feed.page(
            transaction, after=after, after_change_id=after_change_id, limit=limit
        )


@router.get("/changes/heads", tags=["changes"], summary="How far every feed reaches")
async def list_heads(
    resources: Held, caller: Annotated[Caller, requires("changes:read", every_agency=True)]
) -> FeedHeads:
    """The heads of all agencies' feeds; for service tokens."""
    rows = await resources.sweep.rows("SELECT agency_id, head FROM feed_head ORDER BY agency_id")
    return FeedHeads(items=[FeedHead(agency_id=row.agency_id, head=row.head) for row in rows])


@router.get("/operations/status", tags=["operations"], summary="Where the service stands")
async def status(resources: Held, caller: Operator) -> Status:
    """Head of the own feed, cursors in the others' feeds, parked changes, what to see to.

    A job that fails stands under `waiting` as `job_failed:<job>`, or as `job_waits:<job>` if it
    waits for something that is away; `count` is how often it failed in a row.
    """
    failing = await resources.doorbell.failing_jobs(caller.agency)
    async with resources.database.transaction(caller.agency) as transaction:
        head = await transaction.execute("SELECT head FROM feed_head WHERE agency_id = :agency")
        feeds = await transaction.execute(
            """
            SELECT feed, revision, paused_because, moved_at FROM feed_cursor
             WHERE agency_id = :agency ORDER BY feed
            """
        )
        parked = await transaction.execute(
            "SELECT count(*) FROM parked_change WHERE agency_id = :agency"
        )
        return Status(
            service=resources.service,
            head=head.scalar_one_or_none() or 0,
            feeds=[FollowedFeed(**row._mapping) for row in feeds],
            parked=parked.scalar_one(),
            waiting=[
                WaitingWork(reason=each.reason, count=each.count, since=each.since)
                for each in await resources.waiting_work(transaction)
            ]
            + [
                WaitingWork(reason=each.reason, count=each.failures, since=each.since)
                for each in failing
            ],
            service_token_expires_at=resources.token_expiry.expires_at,
            warnings=[f"service token {told}"]
            if (told := resources.token_expiry.warning())
            else [],
        )


@router.get("/operations/parked-changes", tags=["operations"], summary="What failed for good")
async def list_parked_changes(resources: Held, caller: Operator) -> ParkedChanges:
    """Changes of other services that could not be applied, with their errors."""
    async with resources.database.transaction(caller.agency) as transaction:
        rows = await transaction.execute(
            """
            SELECT change_id, feed, revision, kind, subject, payload::text AS payload, error,
                   parked_at
              FROM parked_change WHERE agency_id = :agency ORDER BY parked_at, revision LIMIT 1000
            """
        )
        return ParkedChanges(
            items=[
                ParkedChange(**{**row._mapping, "payload": json.loads(row.payload)}) for row in rows
            ]
        )


@router.post(
    "/operations/parked-changes/{change_id}/retry", tags=["operations"], summary="Apply it again"
)
async def retry_parked_change(
    resources: Held, caller: Operator, change_id: Annotated[UUID, Path()]
) -> ParkedOutcome:
    """Apply a parked change again, after its cause was mended; one that fails again stays
    parked, and 409 tells why."""
    for follower in resources.followers.values():
        if await follower.retry_parked(caller.agency, change_id):
            return ParkedOutcome(change_id=change_id, outcome="applied")
    return ParkedOutcome(change_id=change_id, outcome="not_parked")


@router.post(
    "/operations/parked-changes/{change_id}/drop", tags=["operations"], summary="Give it up"
)
async def drop_parked_change(
    resources: Held, caller: Operator, change_id: Annotated[UUID, Path()]
) -> ParkedOutcome:
    """Give a parked change up: it will never be applied."""
    async with resources.database.transaction(caller.agency) as transaction:
        gone = await transaction.execute(
            "DELETE FROM parked_change WHERE agency_id = :agency AND change_id = :change_id",
            {"change_id": change_id},
        )
        outcome = "dropped" if gone.rowcount else "not_parked"
    return ParkedOutcome(change_id=change_id, outcome=outcome)


@router.post("/operations/redrive", tags=["operations"], summary="Ring every bell now")
async def redrive(resources: Held, caller: Operator) -> Redriven:
    """Wake every job and follower for this agency at once instead of within the minute."""
    jobs = [REDRIVE, *(feed.follow_job(followed) for followed in resources.followers)]
    async with resources.database.transaction(caller.agency) as transaction:
        for job in jobs:
            transaction.ring(job)
    return Redriven(jobs=jobs)


@router.post("/operations/feed-trims", tags=["operations"], summary="Forget old changes")
async def trim_feed(resources: Held, caller: Operator, wanted: FeedTrim) -> Trimmed:
    """Forget the agency's changes made before an instant; the present state stays as it is."""
    if wanted.before > resources.clock.now():
        raise ProblemError(INVALID_BODY, "/before: lies ahead; trim what was made until now")
    async with resources.database.transaction(caller.agency) as transaction:
        return Trimmed(trimmed_to=await feed.trim(transaction, before=wanted.before))


@router.post(
    "/operations/revoked-tokens", tags=["operations"], status_code=204, summary="Revoke a token"
)
async def revoke_token(resources: Held, caller: Operator, revocation: Revocation) -> None:
    """Refuse a token of this agency from now on; post it to each service.

    Asked with a service token, it refuses service tokens, too: those belong to no agency.
    """
    await resources.revocations.revoke(caller.agency, revocation.jti)
    if caller.service:
        await resources.revocations.revoke(EVERY_AGENCY, revocation.jti)
