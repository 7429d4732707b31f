"""The change feed: gapless revisions per agency, written with the change itself.

A sequence cannot order the feed, because transactions commit out of order and a follower would skip
rows. Each agency therefore has one counter row. It is locked from the append until the commit, so
the append is the last statement of a transaction.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from shared.contracts.changes import Change, ChangePage
from shared.contracts.feed_errors import FeedDiverged, FeedTrimmed
from shared.contracts.vocabulary import AgencyId, Revision
from shared.telemetry import CHANGES_APPENDED

if TYPE_CHECKING:
    from shared.db.database import DirectTransaction, Transaction

FOLLOWERS: dict[str, tuple[str, ...]] = {
    "classifier": ("scheduler", "notifier"),
    "scheduler": ("classifier",),
    "notifier": ("scheduler", "classifier"),
}
"""The followers of each service's feed. The notifier follows it to forget erased customers."""


def follow_job(service: str) -> str:
    """Return the name of the job that follows a service's feed."""
    return f"follow_{service}"


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change that has no revision yet; ``payload`` is encoded JSON."""

    kind: str
    subject: str
    payload: str


# One round trip, because the head row stays locked until the commit and blocks the agency's other
# writers.
_APPEND = """
    WITH moved AS (
        INSERT INTO feed_head (agency_id, head) VALUES ($1, $2)
        ON CONFLICT (agency_id) DO UPDATE SET head = feed_head.head + $2
        RETURNING head
    )
    , written AS (
        INSERT INTO change (agency_id, revision, change_id, kind, subject, payload)
        SELECT $1, moved.head - $2 + number, gen_random_uuid(), kind, subject, payload::jsonb
          FROM moved, unnest($3::text[], $4::text[], $5::text[])
                      WITH ORDINALITY AS new (kind, subject, payload, number)
    )
    SELECT head FROM moved
"""
_HEAD = "SELECT head FROM feed_head WHERE agency_id = $1"
# One statement sees one instant: a trim between two would look like a feed without these changes.
# It is asked by every follower at every ring.
_PAGE = """
    SELECT coalesce(feed_head.head, 0) AS head, coalesce(feed_head.trimmed_to, 0) AS trimmed_to,
           (SELECT change_id FROM change WHERE agency_id = $1 AND revision = $2) AS seen_id, next.*
      FROM (SELECT CAST($1 AS text) AS agency_id) AS asked
      LEFT JOIN feed_head ON feed_head.agency_id = asked.agency_id
      LEFT JOIN LATERAL (
               SELECT revision, change_id, kind, subject, at, payload::text AS payload FROM change
                WHERE change.agency_id = asked.agency_id AND revision > $2
                ORDER BY revision LIMIT $3
           ) AS next ON true
     ORDER BY next.revision
"""


async def append(
    connection: asyncpg.Connection, agency: AgencyId, changes: Sequence[NewChange]
) -> Revision:
    """Append changes under the agency's next revisions; must be a transaction's last statement."""
    head = await connection.fetchval(
        _APPEND,
        agency,
        len(changes),
        [change.kind for change in changes],
        [change.subject for change in changes],
        [change.payload for change in changes],
    )
    for kind, count in Counter(change.kind for change in changes).items():
        CHANGES_APPENDED.labels(kind).inc(count)
    return int(head)


async def head_of(connection: asyncpg.Connection, agency: AgencyId) -> Revision:
    """Return how far the agency's feed reaches."""
    return int(await connection.fetchval(_HEAD, agency) or 0)


async def page(
    transaction: "DirectTransaction",
    *,
    after: Revision,
    after_change_id: UUID | None,
    limit: int,
) -> ChangePage:
    """Return the changes after a revision, oldest first.

    Raises :class:`FeedDiverged` if ``after`` is ahead of the feed or its change is not the one that
    the follower saw, and :class:`FeedTrimmed` if changes after it were trimmed.
    """
    driver = await transaction.driver()
    rows = await driver.fetch(_PAGE, transaction.agency, after, limit)
    head, trimmed_to, seen_id = rows[0]["head"], rows[0]["trimmed_to"], rows[0]["seen_id"]
    if after > head:
        fact = f"revision {after} lies ahead of the head {head}"
        raise FeedDiverged(f"{fact}. {FeedDiverged.__doc__}", head=head)
    if after < trimmed_to:
        fact = f"revision {after} is before {trimmed_to}"
        raise FeedTrimmed(f"{fact}. {FeedTrimmed.__doc__}", head=head)
    if after_change_id is not None and after > trimmed_to and seen_id != after_change_id:
        fact = f"revision {after} holds another change"
        raise FeedDiverged(f"{fact}. {FeedDiverged.__doc__}", head=head)
    changes = [_change(row) for row in rows if row["revision"] is not None]
    return ChangePage(items=changes, head=head)


def _change(row: asyncpg.Record) -> Change:
    return Change(
        revision=row["revision"],
        change_id=row["change_id"],
        kind=row["kind"],
        subject=row["subject"],
        at=row["at"],
        payload=json.loads(row["payload"]),
    )


async def trim(transaction: "Transaction", *, before: datetime) -> Revision:
    """Delete the changes made before an aware instant; return the last deleted revision.

    A follower behind it gets FeedTrimmed and lists the present state instead. A newer change
    between two old ones is deleted too, because the rest must be without gaps.
    """
    head = await transaction.execute(
        "SELECT trimmed_to FROM feed_head WHERE agency_id = :agency FOR UPDATE"
    )
    trimmed_to = await transaction.execute(
        "SELECT max(revision) FROM change WHERE agency_id = :agency AND at < :before",
        {"before": before},
    )
    through = trimmed_to.scalar_one()
    if through is None:
        return int(head.scalar_one_or_none() or 0)
    await transaction.execute(
        "UPDATE feed_head SET trimmed_to = :through WHERE agency_id = :agency",
        {"through": through},
    )
    await transaction.execute(
        "DELETE FROM change WHERE agency_id = :agency AND revision <= :through",
        {"through": through},
    )
    return int(through)
