"""What planning reads, as the frames of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from services.scheduler.domain.schemas import (
    CUSTOMERS,
    GAPS,
    HISTORY,
    OCCASIONS,
    UNITS,
    UNPLACED,
)
from services.scheduler.store.copy_frames import frame_of
from services.scheduler.store.plans import PROMISE_KEPT
from shared.db.database import Transaction

STANDING = pl.Schema({"touchpoint_id": pl.String, "day": pl.Date})
PERSONAL = pl.Schema([*UNPLACED.items(), ("day", pl.Date())])
PROMISED = pl.Schema({"staff_id": pl.String, "day": pl.Date, "minutes": pl.Int64})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFrames:
    """Customers, what ended, gaps and occasions of some units or of all; ``standing`` are the
    days given before, ``promised`` the minutes that others have of each person and day."""

    customers: pl.DataFrame
    history: pl.DataFrame
    gaps: pl.DataFrame
    occasions: pl.DataFrame
    standing: pl.DataFrame
    promised: pl.DataFrame


async def plan_version(transaction: Transaction) -> int:
    """The version that whoever writes the plan must name."""
    await transaction.execute(
        "INSERT INTO plan (agency_id, version) VALUES (:agency, 0) ON CONFLICT DO NOTHING"
    )
    found = await transaction.execute("SELECT version FROM plan WHERE agency_id = :agency")
    return int(found.scalar_one())


async def outdate_plan(transaction: Transaction) -> None:
    """Make whoever is planning now start over: what they read no longer holds."""
    await transaction.execute(
        """
        INSERT INTO plan (agency_id, version) VALUES (:agency, 1)
        ON CONFLICT (agency_id) DO UPDATE SET version = plan.version + 1
        """
    )


async def care_units(transaction: Transaction, *, as_of: date) -> pl.DataFrame:
    """Frame ``UNITS``: every unit that can be planned."""
    return await frame_of(transaction, _UNITS, [transaction.agency, as_of], UNITS)


async def book_of(
    transaction: Transaction, units: Sequence[str] | None, *, as_of: date
) -> BookFrames:
    """What planning reads of these units, or of all where None."""
    agency, some = transaction.agency, None if units is None else list(units)
    frames = [
        await frame_of(transaction, query, [agency, some, *more], schema)
        for query, schema, more in (
            (_CUSTOMERS, CUSTOMERS, [as_of]),
            (_HISTORY, HISTORY, []),
            (_GAPS, GAPS, [as_of]),
            (_OCCASIONS, OCCASIONS, []),
            (_STANDING, STANDING, []),
            (_PROMISED, PROMISED, [as_of]),
        )
    ]
    customers, history, gaps, occasions, standing, promised = frames
    return BookFrames(
        customers=customers,
        history=history,
        gaps=gaps,
        occasions=occasions,
        standing=standing,
        promised=promised,
    )


# Whose class or personal facts are still unknown is not planned: a guess would be mailed.
_PLANNED = "customer.status = 'active' AND segment IS NOT NULL AND facts_at IS NOT NULL"

_UNITS = f"""
    SELECT unit_id, count(*), (array_agg(segment ORDER BY customer_id))[1],
           coalesce(max(margin_cents), 0), max(carer.pinned_staff_id), max(carer.staff_id),
           coalesce(bool_or(care_since < $2::date), false)
      FROM customer LEFT JOIN carer USING (agency_id, unit_id)
     WHERE agency_id = $1 AND {_PLANNED}
     GROUP BY unit_id ORDER BY unit_id
"""
_CUSTOMERS = f"""
    SELECT customer_id, unit_id, carer.staff_id, kind, segment, service_level, development,
           potential_assumed, mandate, birth_date, death_date, customer_since,
           coalesce(care_since, $3::date), phone_consent, letter_consent, email_known,
           advertising_objected
      FROM customer LEFT JOIN carer USING (agency_id, unit_id)
     WHERE agency_id = $1 AND {_PLANNED} AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
     ORDER BY customer_id
"""
_HISTORY = """
    SELECT customer_id, service, occurrence, coalesce(ended_on, left_on)
      FROM touchpoint
     WHERE agency_id = $1 AND left_on IS NOT NULL
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
_GAPS = """
    SELECT customer.customer_id, gap.line, max(gap.expected_cents)
      FROM customer, jsonb_to_recordset(gaps) AS gap (line varchar, expected_cents bigint)
     WHERE agency_id = $1 AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
       AND NOT EXISTS (SELECT FROM rested_gap AS rested
                        WHERE rested.agency_id = $1 AND rested.line = gap.line
                          AND rested.customer_id = customer.customer_id
                          AND rested.until > $3::date)
     GROUP BY customer.customer_id, gap.line
"""
_OCCASIONS = """
    SELECT customer_id, service, occurrence, day, because, detail
      FROM occasion JOIN customer USING (agency_id, customer_id)
     WHERE agency_id = $1 AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
_STANDING = """
    SELECT touchpoint_id, day FROM touchpoint
     WHERE agency_id = $1 AND state = 'planned' AND minutes > 0 AND day IS NOT NULL
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
"""
# Open tasks take their minutes on their day, those left over from before on the first one; what
# stands of units that are not planned now keeps its day, and so does a promise that is kept though
# the class no longer has it (where it has, its minutes are set aside twice, and stay free).
_PROMISED = f"""
    SELECT staff_id, day, sum(minutes) FROM (
        SELECT staff_id, greatest(day, $3::date) AS day, minutes FROM task
         WHERE agency_id = $1 AND state = 'open'
        UNION ALL
        SELECT staff_id, greatest(day, $3::date), minutes FROM touchpoint
         WHERE agency_id = $1 AND state = 'planned' AND minutes > 0 AND day IS NOT NULL
           AND ($2::varchar[] IS NOT NULL AND NOT unit_id = ANY($2::varchar[])
                OR {PROMISE_KEPT})
           AND staff_id IS NOT NULL
    ) AS promised GROUP BY staff_id, day
"""


async def personal_work(transaction: Transaction, as_of: date) -> pl.DataFrame:
    """Personal contacts that are planned or open on somebody's desk; what is left over stands on
    ``as_of``."""
    return await frame_of(transaction, _PERSONAL, [transaction.agency, as_of], PERSONAL)


_PERSONAL = """
    SELECT touchpoint_id, staff_id, service, minutes, earliest, latest,
           CASE WHEN day IS NULL THEN coalesce(reason, 'no_room_in_window') END,
           greatest(day, CASE WHEN day IS NOT NULL THEN $2::date END)
      FROM touchpoint
     WHERE agency_id = $1 AND state IN ('planned', 'due') AND minutes > 0
"""
