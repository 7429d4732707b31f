"""Print runs on their way out: approved, handed over, cancelled.

A letter is ``claimed`` while it lies in a run, ``transmitting`` once the run is approved, ``sent``
once it is handed over.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.notifier.store.emails import EndedMessage
from shared.contracts.dispatches import MessageState, PrintRunState, PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction


async def agencies_with_letters(sweep: SweepDatabase, *, now: datetime) -> Sequence[AgencyId]:
    """Agencies with letters that lack a run, runs to render, or ended runs with open letters."""
    rows = await sweep.rows(
        """
        SELECT agency_id FROM message
         WHERE channel = 'letter' AND state = 'accepted' AND due_at <= :now
        UNION
        SELECT agency_id FROM print_run
         WHERE state = 'open' AND (leased_until IS NULL OR leased_until < now())
        UNION
        SELECT run.agency_id FROM print_run AS run
         WHERE run.state IN ('released', 'cancelled')
           AND EXISTS (SELECT FROM message
                        WHERE message.agency_id = run.agency_id AND message.run_id = run.run_id
                          AND message.state IN ('claimed', 'transmitting'))
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]


async def render_anew(transaction: Transaction, run_ids: Sequence[str]) -> None:
    """A letter was taken out of these runs: whatever was rendered of them no longer holds."""
    await transaction.execute(
        """
        UPDATE print_run
           SET state = 'open', lease_token = NULL, leased_until = NULL, joined_at = now()
         WHERE agency_id = :agency AND run_id = ANY(CAST(:runs AS text[]))
           AND state IN ('open', 'rendered')
        """,
        {"runs": list(run_ids)},
    )


_VIEW = """
    SELECT run_id, state, purpose, template, day, letters, pages, created_at, approved_by,
           released_at, reason
      FROM print_run WHERE agency_id = :agency
"""


async def print_run(
    transaction: Transaction, run_id: str, *, locked: bool = False
) -> PrintRunView | None:
    """One run; locked: nobody else changes it until the transaction ends."""
    row = (
        await transaction.execute(
            f"{_VIEW} AND run_id = :run {'FOR UPDATE' if locked else ''}", {"run": run_id}
        )
    ).one_or_none()
    return _view(row) if row else None


async def list_print_runs(
    transaction: Transaction, *, after: tuple[datetime, str] | None, limit: int
) -> list[PrintRunView]:
    """Runs in the order of their making, after one of them."""
    asked = "AND (created_at, run_id) > (:after_at, :after_run)" if after else ""
    parameters: dict[str, Any] = {"limit": limit}
    if after:
        parameters |= {"after_at": after[0], "after_run": after[1]}
    rows = await transaction.execute(
        f"{_VIEW} {asked} ORDER BY created_at, run_id LIMIT :limit", parameters
    )
    return [_view(row) for row in rows]


async def lock_run(transaction: Transaction, run_id: str) -> None:
    """Wait until nobody changes this run; always before its letters, or two would wait for each
    other."""
    await transaction.execute(
        "SELECT FROM print_run WHERE agency_id = :agency AND run_id = :run FOR UPDATE",
        {"run": run_id},
    )


async def move_run(
    transaction: Transaction,
    run_id: str,
    *,
    state: PrintRunState,
    now: datetime,
    approved_by: str | None = None,
    reason: str | None = None,
) -> None:
    """Give a locked run its next state."""
    await transaction.execute(
        """
        UPDATE print_run
           SET state = CAST(:state AS text), reason = :reason,
               lease_token = NULL, leased_until = NULL,
               approved_by = coalesce(:approved_by, approved_by),
               approved_at = CASE WHEN CAST(:state AS text) = 'approved' THEN :now
                                  ELSE approved_at END,
               released_at = CASE WHEN CAST(:state AS text) = 'released' THEN :now END
         WHERE agency_id = :agency AND run_id = :run
        """,
        {
            "run": run_id,
            "state": state,
            "reason": reason,
            "approved_by": approved_by,
            "now": now,
        },
    )


async def begin_handing_over(transaction: Transaction, run_id: str, *, now: datetime) -> None:
    """The letters of an approved run can no longer be cancelled singly."""
    await transaction.execute(
        """
        UPDATE message SET state = 'transmitting', transmitting_at = :now, attempts = attempts + 1
         WHERE agency_id = :agency AND run_id = :run AND state = 'claimed'
        """,
        {"run": run_id, "now": now},
    )


async def end_letters_of_run(
    transaction: Transaction,
    run_id: str,
    *,
    state: MessageState,
    reason: str | None,
    detail: str | None,
    now: datetime,
    limit: int,
) -> list[EndedMessage]:
    """End letters of a run with it, so many at a time."""
    rows = await transaction.execute(
        """
        WITH slice AS (
            SELECT message_id FROM message
             WHERE agency_id = :agency AND run_id = :run AND state IN ('claimed', 'transmitting')
             LIMIT :limit FOR UPDATE
        )
        UPDATE message SET state = :state, reason = :reason, detail = :detail, ended_at = :now
          FROM slice WHERE agency_id = :agency AND message.message_id = slice.message_id
        RETURNING message.message_id, dispatch_id, customer_id
        """,
        {
            "run": run_id,
            "state": state,
            "reason": reason,
            "detail": detail,
            "now": now,
            "limit": limit,
        },
    )
    return [EndedMessage(**row._mapping) for row in rows]


async def half_ended_runs(transaction: Transaction) -> list[PrintRunView]:
    """Runs that ended before all their letters did: a process was killed in between."""
    rows = await transaction.execute(
        f"""{_VIEW} AND state IN ('released', 'cancelled')
               AND EXISTS (SELECT FROM message
                            WHERE message.agency_id = print_run.agency_id
                              AND message.run_id = print_run.run_id
                              AND message.state IN ('claimed', 'transmitting'))"""
    )
    return [_view(row) for row in rows]


async def open_letters_of(transaction: Transaction, customer_id: str) -> list[str]:
    """Runs not handed over yet in which letters of a customer lie, locked."""
    rows = await transaction.execute(
        """
        SELECT run_id FROM print_run
         WHERE agency_id = :agency AND state IN ('open', 'rendered')
           AND run_id IN (SELECT run_id FROM message
                           WHERE agency_id = :agency AND customer_id = :customer_id
                             AND state IN ('claimed', 'cancelled') AND run_id IS NOT NULL)
         ORDER BY run_id FOR UPDATE
        """,
        {"customer_id": customer_id},
    )
    return list(rows.scalars())


def _view(row: Any) -> PrintRunView:
    return PrintRunView(**row._mapping)
