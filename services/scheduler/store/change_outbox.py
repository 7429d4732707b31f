"""The change outbox: subjects whose present state must still be published in the feed.

Planning changes thousands of rows in one transaction, and the feed takes a thousand subjects at
most. So the ids are noted here with the change itself, and a job publishes them in portions.
Statements are SQL text because they are set-based and skip rows that another job has locked.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.scheduler.store.agencies import agencies_of
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase

PUBLISH_CHANGES = "publish_changes"
"""The job that empties the outbox."""

TOUCHPOINTS_INTO_OUTBOX = """
    INSERT INTO change_outbox (agency_id, kind, subject)
    SELECT CAST(:agency AS varchar), 'touchpoint', touchpoint_id::varchar FROM changed ORDER BY 3
    ON CONFLICT (agency_id, kind, subject) DO UPDATE SET subject = excluded.subject
"""
"""Ends a statement whose ``changed`` lists touchpoints. DO UPDATE, because DO NOTHING would not
wait for a job that is just taking the same subject."""


async def add_to_outbox(transaction: Transaction, kind: str, subjects: Iterable[str]) -> None:
    """Have the present state of these subjects published."""
    changed = sorted(set(subjects))
    if changed:
        # DO UPDATE, because DO NOTHING would not wait for a job that is taking the same subject.
        await transaction.execute(
            """
            INSERT INTO change_outbox (agency_id, kind, subject)
            SELECT CAST(:agency AS varchar), CAST(:kind AS varchar), subject
              FROM unnest(CAST(:subjects AS varchar[])) AS subject
            ON CONFLICT (agency_id, kind, subject) DO UPDATE SET subject = excluded.subject
            """,
            {"kind": kind, "subjects": changed},
        )
        transaction.ring(PUBLISH_CHANGES)


async def take_from_outbox(transaction: Transaction, *, limit: int) -> Mapping[str, list[str]]:
    """Take subjects to be published, by kind: ``touchpoint``, or ``carer`` with ids of units."""
    rows = await transaction.execute(
        """
        WITH next AS MATERIALIZED (
            SELECT kind, subject FROM change_outbox WHERE agency_id = :agency
             ORDER BY kind, subject LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        DELETE FROM change_outbox AS published USING next
         WHERE published.agency_id = :agency
           AND published.kind = next.kind AND published.subject = next.subject
        RETURNING published.kind, published.subject
        """,
        {"limit": limit},
    )
    subjects: dict[str, list[str]] = {}
    for row in rows:
        subjects.setdefault(row.kind, []).append(row.subject)
    return subjects


async def agencies_with_unpublished_changes(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with changes that wait to be published."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM change_outbox")
