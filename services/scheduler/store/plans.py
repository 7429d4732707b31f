"""Writing the plan: carers and touchpoints, only what differs, under the version that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from services.scheduler.domain.schemas import TOUCHPOINTS
from services.scheduler.store.copy_frames import copy_aside
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How many touchpoints are new or changed, and how many were taken back."""

    changed: int
    taken_back: int


async def claim_version(
    transaction: Transaction, *, read: int, as_of: date, catalogue_version: int, now: datetime
) -> bool:
    """Take the next version; false where somebody wrote or outdated the plan since it was read."""
    moved = await transaction.execute(
        """
        UPDATE plan SET version = version + 1, as_of = :as_of, catalogue_version = :catalogue,
                        planned_at = :now
         WHERE agency_id = :agency AND version = :read
        """,
        {"read": read, "as_of": as_of, "catalogue": catalogue_version, "now": now},
    )
    return moved.rowcount == 1


async def save_carers(transaction: Transaction, carers: pl.DataFrame) -> None:
    """Enter new and changed carers (``unit_id``, ``staff_id``)."""
    await transaction.execute(
        """
        INSERT INTO carer AS old (agency_id, unit_id, staff_id)
        SELECT CAST(:agency AS varchar), unit_id, staff_id
          FROM unnest(CAST(:units AS varchar[]), CAST(:staff AS varchar[]))
               AS new (unit_id, staff_id)
        ON CONFLICT (agency_id, unit_id) DO UPDATE SET staff_id = excluded.staff_id, since = now()
         WHERE old.staff_id IS DISTINCT FROM excluded.staff_id
        """,
        {"units": carers["unit_id"].to_list(), "staff": carers["staff_id"].to_list()},
    )


async def begin_care(transaction: Transaction, customers: pl.DataFrame, *, as_of: date) -> None:
    """Remember the first day on which somebody's care was planned: it anchors every rhythm."""
    await transaction.execute(
        """
        UPDATE customer SET care_since = :as_of
         WHERE agency_id = :agency AND care_since IS NULL
           AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"as_of": as_of, "ids": customers["customer_id"].to_list()},
    )


async def save_touchpoints(
    transaction: Transaction,
    touchpoints: pl.DataFrame,
    *,
    units: Sequence[str] | None,
    as_of: date,
) -> Written:
    """Write what differs and take back what is no longer owed, in these units or in all.

    What left the plan (handed over, or on somebody's desk) is never touched. What was planned for
    a day that has passed stays: it is still to be handed over.
    """
    await transaction.execute(_ASIDE)
    await copy_aside(transaction, "wanted_touchpoint", touchpoints.select(list(TOUCHPOINTS)))
    changed = await transaction.execute(_UPSERT)
    gone = await transaction.execute(
        _TAKE_BACK, {"units": None if units is None else list(units), "as_of": as_of}
    )
    written = Written(changed=changed.rowcount, taken_back=gone.rowcount)
    await transaction.execute("DROP TABLE wanted_touchpoint")
    if written.changed or written.taken_back:
        transaction.ring("tell")
    return written


_COLUMNS = list(TOUCHPOINTS)
_PLANNED = [name for name in _COLUMNS if name != "touchpoint_id"]
_TYPES = {
    "touchpoint_id": "uuid",
    "duty": "boolean",
    "minutes": "integer",
    "priority": "smallint",
    "due": "date",
    "earliest": "date",
    "latest": "date",
    "day": "date",
}
_ASIDE = f"""
    CREATE TEMPORARY TABLE wanted_touchpoint (
        {", ".join(f"{name} {_TYPES.get(name, 'varchar')}" for name in _COLUMNS)}
    ) ON COMMIT DROP
"""
_UPSERT = f"""
    WITH written AS (
        INSERT INTO touchpoint AS old (agency_id, {", ".join(_COLUMNS)})
        SELECT CAST(:agency AS varchar), {", ".join(_COLUMNS)} FROM wanted_touchpoint
        ON CONFLICT (agency_id, touchpoint_id) DO UPDATE
           SET {", ".join(f"{name} = excluded.{name}" for name in _PLANNED)}, ended_on = NULL,
               since = CASE WHEN old.state = excluded.state THEN old.since ELSE now() END
         WHERE old.left_on IS NULL AND ({", ".join(f"old.{name}" for name in _PLANNED)})
               IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in _PLANNED)})
        RETURNING touchpoint_id
    )
    INSERT INTO news (agency_id, kind, subject)
    SELECT CAST(:agency AS varchar), 'touchpoint', touchpoint_id::varchar FROM written
    ON CONFLICT (agency_id, kind, subject) DO UPDATE SET subject = excluded.subject
"""
PROMISE_KEPT = """
    (purpose = 'service' AND state = 'planned'
     AND EXISTS (SELECT FROM customer AS objecting
                  WHERE objecting.agency_id = touchpoint.agency_id
                    AND objecting.unit_id = touchpoint.unit_id AND objecting.profiling_objected)
     AND NOT EXISTS (SELECT FROM touchpoint AS sooner
                      WHERE sooner.agency_id = touchpoint.agency_id
                        AND sooner.customer_id = touchpoint.customer_id
                        AND sooner.service = touchpoint.service AND sooner.state = 'planned'
                        AND sooner.earliest < touchpoint.earliest))
"""
"""Who objects to profiling falls to the base service; what they were promised before stays until
its next date."""
_TAKE_BACK = f"""
    WITH gone AS (
        UPDATE touchpoint SET state = 'cancelled', reason = 'no_longer_owed', since = now(),
                              ended_on = :as_of
         WHERE agency_id = :agency AND left_on IS NULL AND state IN ('planned', 'suppressed')
           AND coalesce(day, latest) >= :as_of
           AND (CAST(:units AS varchar[]) IS NULL OR unit_id = ANY(CAST(:units AS varchar[])))
           AND NOT EXISTS (SELECT FROM wanted_touchpoint AS wanted
                            WHERE wanted.touchpoint_id = touchpoint.touchpoint_id)
           AND NOT {PROMISE_KEPT}
        RETURNING touchpoint_id
    )
    INSERT INTO news (agency_id, kind, subject)
    SELECT CAST(:agency AS varchar), 'touchpoint', touchpoint_id::varchar FROM gone
    ON CONFLICT (agency_id, kind, subject) DO UPDATE SET subject = excluded.subject
"""
