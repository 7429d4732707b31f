"""Print runs on their way out: approved, handed over, cancelled.

A letter is ``accepted`` while it lies in a run, ``transmitting`` once the run is approved, ``sent``
once it is handed over.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.notifier.domain.messages import (
    APPROVE,
    CANCEL,
    CANCEL_RUN,
    CANCEL_WITH_RUN,
    HAND_OVER,
    RELEASE,
    RENDER,
    RENDER_ANEW,
    WAITING,
    PrintRunStep,
)
from services.notifier.store.print_run_assembly import DUE_LETTER
from services.notifier.store.states import leads_on, may_begin, state_in
from shared.contracts.dispatches import PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction
from shared.db.leases import FREE, RELEASED

_OPEN_LETTER = sorted({*CANCEL_WITH_RUN.before, *HAND_OVER.before})
_HALF_ENDED = f"""
    {state_in(*RELEASE.after, *CANCEL_RUN.after)} AND (agency_id, run_id) IN (
        SELECT DISTINCT letter.agency_id, letter.run_id
          FROM message JOIN letter USING (agency_id, message_id)
         WHERE channel = 'letter' AND {state_in(*_OPEN_LETTER)})
"""
"""The run ended before all its letters did, because a process was killed in between. The few open
letters are looked up, because the letters of ended runs are all that were ever printed; DISTINCT
keeps the planner from going the other way."""


async def agencies_with_letters(sweep: SweepDatabase, *, now: datetime) -> Sequence[AgencyId]:
    """Agencies with letters that lack a run, runs to render, or ended runs with open letters."""
    rows = await sweep.rows(
        f"""
        SELECT agency_id FROM message WHERE {DUE_LETTER}
        UNION
        SELECT agency_id FROM print_run WHERE {may_begin(RENDER)} AND {FREE}
        UNION
        SELECT agency_id FROM print_run WHERE {_HALF_ENDED}
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]


async def render_anew(transaction: Transaction, run_ids: Sequence[str]) -> None:
    """Open these runs again: a letter was taken out, so what was rendered no longer holds."""
    await transaction.execute(
        f"""
        UPDATE print_run SET {leads_on(RENDER_ANEW)}, {RELEASED}, joined_at = now()
         WHERE agency_id = :agency AND run_id = ANY(CAST(:runs AS text[]))
           AND {may_begin(RENDER_ANEW)}
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
    """One run; if it is locked, nobody else changes it until the transaction ends."""
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
    """Lock this run. Lock it before its letters, or two transactions could wait for each other."""
    await transaction.execute(
        "SELECT FROM print_run WHERE agency_id = :agency AND run_id = :run FOR UPDATE",
        {"run": run_id},
    )


async def approve_run(
    transaction: Transaction, run_id: str, *, approved_by: str, now: datetime
) -> None:
    """Note who approved a locked run."""
    noted = "reason = NULL, approved_by = :approved_by, approved_at = :now"
    await _move(transaction, run_id, APPROVE, noted, {"approved_by": approved_by, "now": now})


async def shrink_run(transaction: Transaction, run_id: str, *, letters: int, pages: int) -> None:
    """Note what is left of a locked run after letters were taken out of its files."""
    await transaction.execute(
        """
        UPDATE print_run SET letters = :letters, pages = :pages
         WHERE agency_id = :agency AND run_id = :run
        """,
        {"run": run_id, "letters": letters, "pages": pages},
    )


async def release_run(transaction: Transaction, run_id: str, *, now: datetime) -> None:
    """Note when a locked run was handed over."""
    await _move(transaction, run_id, RELEASE, "reason = NULL, released_at = :now", {"now": now})


async def cancel_run(transaction: Transaction, run_id: str, *, reason: str) -> None:
    """Cancel a locked run; whoever renders it loses the lease."""
    await _move(transaction, run_id, CANCEL_RUN, "reason = :reason", {"reason": reason})


async def _move(
    transaction: Transaction, run_id: str, step: PrintRunStep, noted: str, values: dict[str, Any]
) -> None:
    await transaction.execute(
        f"""
        UPDATE print_run SET {leads_on(step)}, {noted}, {RELEASED}
         WHERE agency_id = :agency AND run_id = :run AND {may_begin(step)}
        """,
        {"run": run_id, **values},
    )


async def half_ended_runs(transaction: Transaction) -> list[PrintRunView]:
    """Runs that ended before all their letters did, because a process was killed in between."""
    rows = await transaction.execute(f"{_VIEW} AND {_HALF_ENDED}")
    return [_view(row) for row in rows]


async def lock_runs_of(transaction: Transaction, customer_id: str) -> list[str]:
    """Lock the runs not approved yet in which letters of a customer lie, or lay until they were
    cancelled."""
    rows = await transaction.execute(
        f"""
        SELECT run_id FROM print_run
         WHERE agency_id = :agency AND {may_begin(RENDER_ANEW)}
           AND run_id IN (SELECT run_id FROM letter JOIN message USING (agency_id, message_id)
                           WHERE agency_id = :agency AND customer_id = :customer_id
                             AND {state_in(WAITING, *CANCEL.after, column="message.state")})
         ORDER BY run_id FOR UPDATE
        """,
        {"customer_id": customer_id},
    )
    return list(rows.scalars())


def _view(row: Any) -> PrintRunView:
    return PrintRunView(**row._mapping)
