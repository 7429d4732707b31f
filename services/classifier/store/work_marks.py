"""Work marks: care units whose facts changed and that wait to be classified.

Marks are claimed in batches. Finishing removes a mark only if the unit was not marked again since.
Statements are SQL text because they are set-based and hot: every change of a record marks.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted
from shared.db.leases import HELD, LeasedTable
from shared.db.sweep_database import SweepDatabase

UNITS = LeasedTable("work_mark", key="unit_id", seconds=60)

MARKED_AGAIN = """
    ON CONFLICT (agency_id, unit_id) DO UPDATE
       SET marks = work_mark.marks + 1,
           leased_until =
               CASE WHEN work_mark.lease_token IS NOT NULL THEN work_mark.leased_until END
"""
"""The end of every statement that marks units. A unit that nobody holds, and that waits to be
looked at once more after a run (see ``finish``), becomes free at once. Otherwise the newest change
would wait for the length of a lease."""


async def mark_units(transaction: Transaction, unit_ids: Collection[CustomerId]) -> None:
    """Have these units classified again; the caller rings for the worker.

    The rows go in the order of their ids, because two writers that mark the same units in
    different orders would wait for each other.
    """
    if not unit_ids:
        return
    await transaction.execute(
        f"""
        INSERT INTO work_mark (agency_id, unit_id, marks)
        SELECT :agency, unit_id, 1 FROM unnest({parted("units")}) AS unit_id
        {MARKED_AGAIN}
        """,
        {"units": id_list(sorted(unit_ids))},
    )


_NOT_WAITED_FOR = "SELECT set_config('synchronous_commit', 'off', true)"
"""The commit does not wait for the disk, because a lease that a server crash forgets is free
again."""


@dataclass(frozen=True, slots=True)
class ClaimedUnits:
    """Marked units leased to one worker, with the marks they bore then."""

    token: UUID
    unit_ids: Sequence[str]
    marks: Sequence[int]


async def claim(transaction: Transaction, *, limit: int) -> ClaimedUnits:
    """Lease marked units of up to ``limit`` customers (or one unit with more), the longest waiting
    first; a transaction of its own."""
    await transaction.execute(_NOT_WAITED_FOR)
    claimed = await UNITS.claim(
        transaction,
        order_by="since",
        limit=limit,
        among=_OF_SO_MANY_CUSTOMERS,
        returning="unit_id, marks",
    )
    rows = sorted(claimed.rows)
    return ClaimedUnits(claimed.token, [row.unit_id for row in rows], [row.marks for row in rows])


_OF_SO_MANY_CUSTOMERS = """
    SELECT unit_id AS chosen FROM (
        SELECT unit_id, members, sum(members) OVER (ORDER BY since, unit_id) AS so_far
          FROM free
         CROSS JOIN LATERAL (SELECT count(*) AS members FROM customer
                              WHERE customer.agency_id = :agency AND status = 'active'
                                AND customer.unit_id = free.unit_id) AS unit
    ) AS counted
     WHERE so_far <= :limit OR so_far = members
"""


async def finish(transaction: Transaction, claimed: ClaimedUnits) -> int:
    """Unmark what was claimed, unless marked again meanwhile; returns the number left to classify.

    While a run over the book goes on, marks stay and are looked at again a lease later, because a
    slice of the run may have read these units before they were marked, and may write afterwards.
    """
    done = await transaction.execute(
        f"""
        DELETE FROM work_mark USING unnest(CAST(:units AS varchar[]), CAST(:marks AS bigint[]))
                          AS done (unit_id, marks)
         WHERE work_mark.agency_id = :agency AND work_mark.unit_id = done.unit_id
           AND work_mark.marks = done.marks AND {HELD}
           AND NOT {_A_RUN_GOES_ON}
        """,
        {"units": list(claimed.unit_ids), "marks": list(claimed.marks), "token": claimed.token},
    )
    if done.rowcount == len(claimed.unit_ids):
        return 0
    left = await transaction.execute(
        f"""
        UPDATE work_mark
           SET lease_token = NULL,
               leased_until = CASE WHEN work_mark.marks = done.marks AND {_A_RUN_GOES_ON}
                                   THEN now() + make_interval(secs => :seconds) END
          FROM unnest(CAST(:units AS varchar[]), CAST(:marks AS bigint[])) AS done (unit_id, marks)
         WHERE work_mark.agency_id = :agency AND work_mark.unit_id = done.unit_id
           AND {HELD}
        RETURNING leased_until
        """,
        {
            "units": list(claimed.unit_ids),
            "marks": list(claimed.marks),
            "token": claimed.token,
            "seconds": UNITS.seconds,
        },
    )
    return sum(row.leased_until is None for row in left)


_A_RUN_GOES_ON = """EXISTS (SELECT FROM reclassification
                             WHERE reclassification.agency_id = :agency AND state = 'running')"""


async def agencies_with_marked_units(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with a unit that waits and that nobody works on.

    While a file is being read they are left out, because its next rows mark the same units again
    and its end rings.
    """
    return await UNITS.agencies_with_free_rows(
        sweep,
        where="""
        NOT EXISTS (SELECT FROM import_job
                     WHERE import_job.agency_id = work_mark.agency_id AND state = 'running'
                       AND import_job.leased_until > now())
        """,
    )
