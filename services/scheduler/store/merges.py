"""What follows a customer whose record was merged, and what comes back.

SQL text, because each statement moves the rows of one table and notes them at once.
"""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from services.scheduler.store.appointments import HOLDS
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.merge_tables import MergeTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.merged_rows import (
    NOTED,
    end_added,
    forget_merge,
    give_back_rows,
    give_rows,
    keep_aside,
    put_back,
)

MOVED: Final[Mapping[str, tuple[str, ...]]] = {
    "request": ("request_id",),
    "task": ("task_id",),
    "touchpoint": ("touchpoint_id",),
}
"""Work follows the customer; of touchpoints, what has left the plan or what an appointment holds.
The plan is made anew."""
KEPT_ASIDE: Final = ("occasion", "rested_gap", "customer")
"""What has the customer in its key: occasions and gaps go too, unless the other has the same."""
ADDED: Final[Mapping[str, tuple[str, ...]]] = {
    "occasion": ("customer_id", "service", "occurrence"),
    "rested_gap": ("customer_id", "line", "until"),
}
"""Tables in which a merge makes rows. They end with it, unless somebody changed them since."""


async def merge(
    transaction: Transaction, merge_id: UUID, *, from_id: CustomerId, into_id: CustomerId
) -> None:
    """Give the other customer the work, and take back what was only planned."""
    values = {"merge_id": merge_id, "from_id": from_id, "into_id": into_id}
    await transaction.execute(
        """
        INSERT INTO merge (agency_id, merge_id, customer_id, into_id)
        VALUES (:agency, :merge_id, :from_id, :into_id) ON CONFLICT DO NOTHING
        """,
        values,
    )
    await transaction.execute(_TAKE_BACK, {"from_id": from_id})
    for table, keys in MOVED.items():
        which = f"AND (left_on IS NOT NULL OR {HOLDS})" if table == "touchpoint" else ""
        await give_rows(
            transaction, merge_id, table, keys, from_id=from_id, into_id=into_id, which=which
        )
    for statement in (_COPY_OCCASIONS, _JOIN_RESTED):
        await transaction.execute(statement, values)
    for table in KEPT_ASIDE:
        await keep_aside(transaction, merge_id, table, from_id)
    await _follow_units(transaction, merge_id)


async def undo(transaction: Transaction, merge_id: UUID, *, from_id: CustomerId) -> None:
    """Give the customer back what the merge took."""
    for table, keys in MOVED.items():
        await give_back_rows(transaction, merge_id, table, keys, from_id=from_id)
    for table, columns in ADDED.items():
        await end_added(transaction, merge_id, table, columns)
    for table in KEPT_ASIDE:
        # The feed may have brought the customer back already, without the beginning of care.
        conflict = "DO NOTHING"
        if table == "customer":
            conflict = "(agency_id, customer_id) DO UPDATE SET care_since = excluded.care_since"
        await put_back(transaction, merge_id, table, conflict=conflict)
    await _follow_units(transaction, merge_id)
    await forget_merge(transaction, merge_id)
    await transaction.execute(
        "DELETE FROM merge WHERE agency_id = :agency AND merge_id = :merge_id",
        {"merge_id": merge_id},
    )


async def merged_into(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> dict[CustomerId, CustomerId]:
    """Whose work it is that is asked for under the ids of merged customers."""
    found = await transaction.execute(
        """
        WITH RECURSIVE gone AS (
            SELECT customer_id, into_id FROM merge
             WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
            UNION ALL
            SELECT gone.customer_id, further.into_id
              FROM gone JOIN merge AS further
                ON further.agency_id = :agency AND further.customer_id = gone.into_id
        )
        SELECT customer_id, into_id FROM gone
         WHERE NOT EXISTS (SELECT FROM merge AS further WHERE further.agency_id = :agency
                             AND further.customer_id = gone.into_id)
        """,
        {"ids": sorted(customer_ids)},
    )
    return {row.customer_id: row.into_id for row in found}


async def merges_of(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> list[MergeTable]:
    """The merges of these customers that stand here, the last ones first."""
    found = await transaction.exec(
        select(MergeTable).where(
            MergeTable.agency_id == transaction.agency,
            col(MergeTable.customer_id).in_(sorted(customer_ids)),
        )
    )
    rest, ordered = list(found), list[MergeTable]()
    while rest:
        gone = {each.customer_id for each in rest}
        last = [each for each in rest if each.into_id not in gone] or rest
        ordered += last
        rest = [each for each in rest if each not in last]
    return ordered


async def _follow_units(transaction: Transaction, merge_id: UUID) -> None:
    """Touchpoints that moved belong to their customer's unit, and are published anew."""
    await transaction.execute(
        f"""
        WITH changed AS (
            UPDATE touchpoint AS kept
               SET unit_id = coalesce((SELECT unit_id FROM customer
                                        WHERE customer.agency_id = :agency
                                          AND customer.customer_id = kept.customer_id),
                                      kept.customer_id)
              FROM merged_row AS noted
             WHERE kept.agency_id = :agency AND noted.agency_id = :agency
               AND noted.merge_id = :merge_id AND noted.table_name = 'touchpoint'
               AND kept.touchpoint_id = CAST(noted.content ->> 'touchpoint_id' AS uuid)
            RETURNING touchpoint_id
        ) {TOUCHPOINTS_INTO_OUTBOX}
        """,
        {"merge_id": merge_id},
    )
    transaction.ring(PUBLISH_CHANGES)


_TAKE_BACK: Final = f"""
    WITH changed AS (
        UPDATE touchpoint SET state = 'cancelled', reason = 'no_longer_owed', since = now(),
                              ended_on = current_date
         WHERE agency_id = :agency AND customer_id = :from_id AND left_on IS NULL
           AND state IN ('planned', 'suppressed') AND NOT {HOLDS}
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_COPY_OCCASIONS: Final = f"""
    WITH come AS (
        INSERT INTO occasion
               (agency_id, customer_id, service, occurrence, day, because, subject)
        SELECT agency_id, CAST(:into_id AS varchar), service, occurrence, day, because, subject
          FROM occasion WHERE agency_id = :agency AND customer_id = :from_id
        ON CONFLICT DO NOTHING RETURNING to_jsonb(occasion) AS content
    )
    {NOTED} 'occasion', 'added', content FROM come
"""
_JOIN_RESTED: Final = f"""
    WITH theirs AS (
        SELECT line, until FROM rested_gap WHERE agency_id = :agency AND customer_id = :from_id
    ), before AS (
        SELECT to_jsonb(rested_gap) AS content FROM rested_gap JOIN theirs USING (line)
         WHERE agency_id = :agency AND customer_id = :into_id
    ), joined AS (
        INSERT INTO rested_gap AS old (agency_id, customer_id, line, until)
        SELECT CAST(:agency AS varchar), CAST(:into_id AS varchar), line, until FROM theirs
        ON CONFLICT (agency_id, customer_id, line) DO UPDATE
           SET until = greatest(old.until, excluded.until)
        RETURNING to_jsonb(old) AS content
    )
    {NOTED} 'rested_gap', step, content
      FROM (SELECT 'removed', content FROM before
            UNION ALL SELECT 'added', content FROM joined) AS both_steps (step, content)
"""
"""Where both rest a gap, the later day counts."""
