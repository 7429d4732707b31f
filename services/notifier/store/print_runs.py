"""Print runs on their way out: approved, handed over, cancelled.

A letter is ``accepted`` while it lies in a run, ``transmitting`` once the run is approved, ``sent``
once it is handed over. SQL text stays for what is asked of all letters and runs at once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, case, func, text, tuple_, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.notifier.domain.messages import (
    APPROVE,
    CANCEL,
    CANCEL_RUN,
    CANCEL_WITH_RUN,
    FAIL_RUN,
    FAIL_WITH_RUN,
    HAND_OVER,
    JOINABLE,
    RELEASE,
    RENDER,
    RENDER_ANEW,
    WAITING,
    PrintRunStep,
)
from services.notifier.domain.print_runs import TotalPostage
from services.notifier.store.print_run_assembly import DUE_LETTER
from services.notifier.store.print_run_tables import PrintRunTable
from services.notifier.store.states import may_begin, state_in
from shared.contracts.dispatches import PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.leases import FREE
from shared.db.sweep_database import SweepDatabase

_OPEN_LETTER = sorted({*CANCEL_WITH_RUN.before, *HAND_OVER.before, *FAIL_WITH_RUN.before})
_HALF_ENDED = f"""
    {state_in(*RELEASE.after, *CANCEL_RUN.after, *FAIL_RUN.after)} AND (agency_id, run_id) IN (
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
    """Open these runs again: a letter was taken out, so what was rendered no longer holds.

    A run that is being rendered goes on where it stands, and leaves the letter out at its end.
    """
    (state,) = RENDER_ANEW.after
    begun = col(PrintRunTable.state) == JOINABLE
    await transaction.execute(
        update(PrintRunTable)
        .where(
            col(PrintRunTable.agency_id) == transaction.agency,
            col(PrintRunTable.run_id).in_(run_ids),
            col(PrintRunTable.state).in_(RENDER_ANEW.before),
        )
        .values(
            state=state,
            lease_token=None,
            leased_until=None,
            joined_at=func.now(),
            gathers_since=func.now(),  # nothing is on its way: a moment of quiet is enough
            placed_at=case((begun, col(PrintRunTable.placed_at))),
            letters_done=case((begun, col(PrintRunTable.letters_done)), else_=0),
        )
    )


def _views(transaction: Transaction) -> Select[Any]:
    """The columns of :class:`PrintRunView` of all runs."""
    columns = [getattr(PrintRunTable, name) for name in PrintRunView.model_fields if name != _SUM]
    net, vat = col(PrintRunTable.postage_net_cents), col(PrintRunTable.postage_vat_cents)
    return select_columns(*columns, (net + vat).label(_SUM)).where(
        col(PrintRunTable.agency_id) == transaction.agency
    )


_SUM = "postage_gross_cents"


async def print_run(
    transaction: Transaction, run_id: str, *, locked: bool = False
) -> PrintRunView | None:
    """One run; if it is locked, nobody else changes it until the transaction ends."""
    asked = _views(transaction).where(col(PrintRunTable.run_id) == run_id)
    row = (await transaction.execute(asked.with_for_update() if locked else asked)).one_or_none()
    return _view(row) if row else None


async def list_print_runs(
    transaction: Transaction, *, after: tuple[datetime, str] | None, limit: int
) -> list[PrintRunView]:
    """Runs in the order of their making, after one of them."""
    place = (col(PrintRunTable.created_at), col(PrintRunTable.run_id))
    page = _views(transaction).order_by(*place).limit(limit)
    if after is not None:
        page = page.where(tuple_(*place) > after)
    return [_view(row) for row in await transaction.execute(page)]


async def lock_run(transaction: Transaction, run_id: str) -> None:
    """Lock this run. Lock it before its letters, or two transactions could wait for each other."""
    await transaction.exec(
        select(PrintRunTable.run_id)
        .where(PrintRunTable.agency_id == transaction.agency, PrintRunTable.run_id == run_id)
        .with_for_update()
    )


async def approve_run(
    transaction: Transaction, run_id: str, *, approved_by: str, now: datetime
) -> None:
    """Note who approved a locked run."""
    await _move(transaction, run_id, APPROVE, reason=None, approved_by=approved_by, approved_at=now)


async def note_files(
    transaction: Transaction,
    run_id: str,
    *,
    letters: int,
    pages: int,
    postage: TotalPostage | None,
) -> None:
    """Note what lies in the files of a locked run, and what it costs to post them."""
    await transaction.execute(
        _change(transaction, run_id).values(
            letters=letters,
            letters_done=letters,
            pages=pages,
            postage_net_cents=postage.net_cents if postage else None,
            postage_vat_cents=postage.vat_cents if postage else None,
        )
    )


async def release_run(transaction: Transaction, run_id: str, *, now: datetime) -> None:
    """Note when a locked run was handed over."""
    await _move(transaction, run_id, RELEASE, reason=None, released_at=now)


async def cancel_run(transaction: Transaction, run_id: str, *, reason: str) -> None:
    """Cancel a locked run; whoever renders it loses the lease."""
    await _move(transaction, run_id, CANCEL_RUN, reason=reason)


async def _move(transaction: Transaction, run_id: str, step: PrintRunStep, **noted: object) -> None:
    """Take a run to the one state that a step leads to, if the step may begin."""
    (state,) = step.after
    await transaction.execute(
        _change(transaction, run_id)
        .where(col(PrintRunTable.state).in_(step.before))
        .values(state=state, **noted, lease_token=None, leased_until=None)
    )


def _change(transaction: Transaction, run_id: str) -> Update:
    return update(PrintRunTable).where(
        col(PrintRunTable.agency_id) == transaction.agency, col(PrintRunTable.run_id) == run_id
    )


async def half_ended_runs(transaction: Transaction) -> list[PrintRunView]:
    """Runs that ended before all their letters did, because a process was killed in between."""
    rows = await transaction.execute(_views(transaction).where(text(_HALF_ENDED)))
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


async def lock_further_runs_of(
    transaction: Transaction, customer_id: str
) -> list[tuple[PrintRunView, list[UUID]]]:
    """Lock the runs, approved by now or ended, in which letters of a customer lie or lay; return
    each with the ids of these letters."""
    rows = await transaction.execute(
        f"""
        SELECT run_id, array_agg(message_id ORDER BY message_id) AS letters
          FROM letter JOIN message USING (agency_id, message_id)
         WHERE agency_id = :agency AND customer_id = :customer_id
           AND run_id NOT IN (SELECT run_id FROM print_run
                               WHERE agency_id = :agency AND {may_begin(RENDER_ANEW)})
         GROUP BY run_id ORDER BY run_id
        """,
        {"customer_id": customer_id},
    )
    found = []
    for row in rows.all():
        run = await print_run(transaction, row.run_id, locked=True)
        if run is not None:
            found.append((run, list(row.letters)))
    return found


def _view(row: Any) -> PrintRunView:
    return PrintRunView(**row._mapping)
