"""Care units whose facts changed: claimed in batches, finished only where nothing came between."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction

LEASE_SECONDS = 60

MARKED_AGAIN = """
    ON CONFLICT (agency_id, unit_id) DO UPDATE
       SET marks = dirty.marks + 1,
           leased_until = CASE WHEN dirty.lease_token IS NOT NULL THEN dirty.leased_until END
"""
"""The end of every statement that marks units. What nobody works on and only waits to be looked at
once more after a run (see ``finish``) is wanted at once now: otherwise the newest of all that
happened would wait for a lease."""

_NOT_WAITED_FOR = "SELECT set_config('synchronous_commit', 'off', true)"
"""A lease that a crash of the server forgets was nobody's any more: its disk is not waited for."""


@dataclass(frozen=True, slots=True)
class ClaimedUnits:
    """Dirty units leased to one worker, with the marks they bore then."""

    token: UUID
    unit_ids: Sequence[str]
    marks: Sequence[int]


async def claim(transaction: Transaction, *, limit: int) -> ClaimedUnits:
    """Lease dirty units of up to ``limit`` customers (or one unit with more), the longest waiting
    first; a transaction of its own."""
    token = uuid4()
    await transaction.execute(_NOT_WAITED_FOR)
    rows = await transaction.execute(
        """
        -- A list of its own: as a sub-select it may be asked once for each row, and lease all.
        WITH free AS MATERIALIZED (
            SELECT unit_id, since FROM dirty
             WHERE agency_id = :agency AND (leased_until IS NULL OR leased_until < now())
             ORDER BY since LIMIT :limit FOR UPDATE SKIP LOCKED
        ), counted AS (
            SELECT unit_id, members, sum(members) OVER (ORDER BY since, unit_id) AS so_far
              FROM free
             CROSS JOIN LATERAL (SELECT count(*) AS members FROM customer
                                  WHERE customer.agency_id = :agency AND status = 'active'
                                    AND customer.unit_id = free.unit_id) AS unit
        )
        UPDATE dirty SET lease_token = :token,
                         leased_until = now() + make_interval(secs => :seconds)
          FROM counted
         WHERE dirty.agency_id = :agency AND dirty.unit_id = counted.unit_id
           AND (so_far <= :limit OR so_far = members)
        RETURNING dirty.unit_id, dirty.marks
        """,
        {"token": token, "seconds": LEASE_SECONDS, "limit": limit},
    )
    claimed = sorted(rows.all())
    return ClaimedUnits(token, [row.unit_id for row in claimed], [row.marks for row in claimed])


async def finish(transaction: Transaction, claimed: ClaimedUnits) -> int:
    """Unmark what was claimed, unless marked again meanwhile; gives the number left to classify.

    While a run over the book goes on, marks stay and are looked at again a lease later: a slice
    of it may have read these units before what they were marked for, and write that afterwards.
    """
    done = await transaction.execute(
        f"""
        DELETE FROM dirty USING unnest(CAST(:units AS varchar[]), CAST(:marks AS bigint[]))
                          AS done (unit_id, marks)
         WHERE dirty.agency_id = :agency AND dirty.unit_id = done.unit_id
           AND dirty.marks = done.marks AND dirty.lease_token = :token
           AND NOT {_A_RUN_GOES_ON}
        """,
        {"units": list(claimed.unit_ids), "marks": list(claimed.marks), "token": claimed.token},
    )
    if done.rowcount == len(claimed.unit_ids):
        return 0
    left = await transaction.execute(
        f"""
        UPDATE dirty
           SET lease_token = NULL,
               leased_until = CASE WHEN dirty.marks = done.marks AND {_A_RUN_GOES_ON}
                                   THEN now() + make_interval(secs => :seconds) END
          FROM unnest(CAST(:units AS varchar[]), CAST(:marks AS bigint[])) AS done (unit_id, marks)
         WHERE dirty.agency_id = :agency AND dirty.unit_id = done.unit_id
           AND dirty.lease_token = :token
        RETURNING leased_until
        """,
        {
            "units": list(claimed.unit_ids),
            "marks": list(claimed.marks),
            "token": claimed.token,
            "seconds": LEASE_SECONDS,
        },
    )
    return sum(row.leased_until is None for row in left)


_A_RUN_GOES_ON = """EXISTS (SELECT FROM reclassification
                             WHERE reclassification.agency_id = :agency AND state = 'running')"""


async def agencies_with_dirty_units(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies where a unit waits and nobody works on it.

    While a file is being read they wait on: its next rows mark the same units again, and its end
    rings.
    """
    rows = await sweep.rows(
        """
        SELECT DISTINCT agency_id FROM dirty
         WHERE (leased_until IS NULL OR leased_until < now())
           AND NOT EXISTS (SELECT FROM import_job
                            WHERE import_job.agency_id = dirty.agency_id AND state = 'running'
                              AND import_job.leased_until > now())
        """
    )
    return [row.agency_id for row in rows]
