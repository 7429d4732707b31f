"""Running a day: what falls due, what is claimed for handing over, and what a day came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.scheduler.store.agencies import agencies_of
from services.scheduler.store.touchpoints import EndedMessage, apply_messages
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import SweepDatabase, Transaction
from shared.db.leases import HELD, LeasedTable

DUE = LeasedTable("touchpoint", key="touchpoint_id", seconds=60)
MESSAGE = "(channel IN ('email', 'letter') AND minutes = 0)"
"""What the notifier sends; every other way, and all that takes minutes, needs a person."""
HANDED = f"({MESSAGE} AND state IN ('handed_over', 'sent', 'failed'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """A touchpoint to be handed over to the notifier."""

    touchpoint_id: UUID
    customer_id: str
    service: str
    purpose: str
    channel: str
    staff_id: str | None
    because: str
    detail: str | None
    due: date
    left_on: date


@dataclass(frozen=True, slots=True)
class ClaimedMessages:
    """Due messages leased to one worker."""

    token: UUID
    messages: Sequence[DueMessage]


async def last_day_run(transaction: Transaction) -> date | None:
    """The last day that was run to its end."""
    found = await transaction.execute(
        "SELECT max(day) FROM day_run WHERE agency_id = :agency AND finished_at IS NOT NULL"
    )
    day: date | None = found.scalar_one()
    return day


async def was_finished(transaction: Transaction, day: date) -> bool:
    """Whether this day was run to its end before."""
    found = await transaction.execute(
        """
        SELECT EXISTS (SELECT FROM day_run WHERE agency_id = :agency AND day = :day
                          AND finished_at IS NOT NULL)
        """,
        {"day": day},
    )
    return bool(found.scalar_one())


async def agencies_whose_day_has_come(
    sweep: SweepDatabase, *, now: datetime, begins: time
) -> Sequence[AgencyId]:
    """Agencies that had a day run before and not yet the one that has begun where they are."""
    rows = await sweep.rows(_DAY_HAS_COME, {"now": now, "begins": begins})
    return [row.agency_id for row in rows]


async def begin_run(transaction: Transaction, day: date) -> None:
    """Note that a day is being run."""
    await transaction.execute(
        "INSERT INTO day_run (agency_id, day) VALUES (:agency, :day) ON CONFLICT DO NOTHING",
        {"day": day},
    )


_DAY_HAS_COME = """
    SELECT agency_id FROM agency
     WHERE EXISTS (SELECT FROM day_run WHERE day_run.agency_id = agency.agency_id)
       AND NOT EXISTS (
           SELECT FROM day_run
            WHERE day_run.agency_id = agency.agency_id AND finished_at IS NOT NULL
              AND day >= (CAST(:now AS timestamptz) AT TIME ZONE time_zone
                          - CAST(:begins AS time))::date)
     ORDER BY agency_id
"""


async def finish_run(transaction: Transaction, day: date) -> None:
    """Note that a day was run to its end."""
    await transaction.execute(
        """
        UPDATE day_run SET finished_at = now()
         WHERE agency_id = :agency AND day = :day AND finished_at IS NULL
        """,
        {"day": day},
    )


async def fall_due(transaction: Transaction, day: date, doers: Mapping[StaffId, StaffId]) -> None:
    """Take out of the plan whatever is planned for the day or was left over, and open its tasks.

    ``doers`` names who does the work of each person that day: their deputy where they are away.
    What the law suppressed lapses with the day or the end of its window.
    """
    names = {"day": day, "staff": list(doers), "doers": list(doers.values())}
    await transaction.execute(_FALL_DUE, names)
    await transaction.execute(_LAPSE, {"day": day})
    transaction.ring("hand_over")


async def claim_messages(transaction: Transaction, *, limit: int) -> ClaimedMessages:
    """Lease due messages."""
    claimed = await DUE.claim(
        transaction,
        where=f"state = 'due' AND {MESSAGE}",
        order_by="touchpoint_id",
        limit=limit,
        returning="touchpoint_id, customer_id, service, purpose, channel, staff_id, because, "
        "detail, due, left_on",
    )
    return ClaimedMessages(claimed.token, [DueMessage(**row._mapping) for row in claimed.rows])


async def answered(transaction: Transaction, token: UUID, answers: Sequence[EndedMessage]) -> None:
    """Enter what the notifier answered for claimed messages.

    A touchpoint cancelled while it was being handed over is cancelled at the notifier as well.
    """
    held = await transaction.execute(
        f"""
        SELECT touchpoint_id FROM touchpoint
         WHERE agency_id = :agency AND {HELD} AND state = 'due' FOR UPDATE
        """,
        {"token": token},
    )
    ours = set(held.scalars())
    await apply_messages(transaction, [each for each in answers if each.touchpoint_id in ours])
    others = [each.touchpoint_id for each in answers if each.touchpoint_id not in ours]
    if others:
        await transaction.execute(_CANCELLED_MEANWHILE, {"ids": others})
        transaction.ring("cancel_dispatches")


async def release(transaction: Transaction, token: UUID, *, reason: str) -> None:
    """Give claimed messages back, with the reason why they wait."""
    await DUE.release(
        transaction, token, steps="reason = :reason", where="state = 'due'",
        values={"reason": reason},
    )  # fmt: skip


async def messages_waiting(transaction: Transaction) -> int:
    """Due messages not handed over yet, whoever holds them."""
    found = await transaction.execute(
        f"""
        SELECT count(*) FROM touchpoint
         WHERE agency_id = :agency AND state = 'due' AND {MESSAGE}
        """
    )
    return int(found.scalar_one())


async def day_counts(transaction: Transaction, day: date) -> Mapping[str, int]:
    """What a day came to, as it stands now."""
    row = (await transaction.execute(_COUNTS, {"day": day})).one()
    counts: dict[str, Any] = dict(row._mapping)
    return counts


async def agencies_with_due_messages(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies where a due message waits and nobody works on it."""
    return await DUE.agencies_with_free_rows(sweep, where=f"state = 'due' AND {MESSAGE}")


async def agencies_with_cancellations(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies where the notifier is to be asked to cancel something."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM dispatch_cancellation")


_FALL_DUE = f"""
    WITH fallen AS (
        UPDATE touchpoint SET state = 'due', left_on = :day, since = now(), reason = NULL
         WHERE agency_id = :agency AND state = 'planned' AND day <= :day AND left_on IS NULL
           AND ({MESSAGE} OR staff_id IS NOT NULL)
        RETURNING *
    )
    INSERT INTO task (agency_id, task_id, touchpoint_id, customer_id, service, channel, staff_id,
                      day, minutes, importance, state, because, detail)
    SELECT fallen.agency_id, fallen.touchpoint_id, fallen.touchpoint_id, fallen.customer_id,
           fallen.service, fallen.channel, coalesce(doer.doer, fallen.staff_id), :day,
           fallen.minutes, (3 - fallen.priority) * 10, 'open', fallen.because, fallen.detail
      FROM fallen LEFT JOIN unnest(CAST(:staff AS varchar[]), CAST(:doers AS varchar[]))
                            AS doer (staff_id, doer) ON doer.staff_id = fallen.staff_id
     WHERE NOT (fallen.channel IN ('email', 'letter') AND fallen.minutes = 0)
    ON CONFLICT DO NOTHING
"""
_LAPSE = """
    UPDATE touchpoint SET left_on = :day, ended_on = :day
     WHERE agency_id = :agency AND state = 'suppressed' AND left_on IS NULL
       AND coalesce(day, latest) <= :day
"""
_CANCELLED_MEANWHILE = """
    INSERT INTO dispatch_cancellation (agency_id, touchpoint_id, reason)
    SELECT agency_id, touchpoint_id, coalesce(reason, 'cancelled') FROM touchpoint
     WHERE agency_id = :agency AND touchpoint_id = ANY(CAST(:ids AS uuid[]))
       AND state = 'cancelled'
    ON CONFLICT DO NOTHING
"""
_COUNTS = f"""
    SELECT count(*) AS due,
           count(*) FILTER (WHERE channel = 'email' AND {HANDED}) AS emails,
           count(*) FILTER (WHERE channel = 'letter' AND {HANDED}) AS letters,
           count(*) FILTER (WHERE NOT {MESSAGE} AND state <> 'suppressed') AS tasks,
           count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           (SELECT count(*) FROM touchpoint
             WHERE agency_id = :agency AND state = 'planned' AND day IS NOT NULL) AS planned,
           (SELECT count(*) FROM touchpoint
             WHERE agency_id = :agency AND state = 'planned' AND day IS NULL) AS unplaced
      FROM touchpoint WHERE agency_id = :agency AND left_on = :day
"""
