"""Print runs in the making: letters join them, and runs are rendered under a lease.

Statements over all letters that are due are SQL text because they are set-based.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import String, Update, case, cast, func, or_, update
from sqlmodel import col, select

from services.notifier.domain.messages import FAIL_RUN, JOINABLE, RENDER, RENDER_ANEW, WAITING
from services.notifier.store.print_run_tables import PrintRunTable
from services.notifier.store.states import may_begin, state_in
from shared.contracts.dispatches import PrintRunState
from shared.db.database import Transaction
from shared.db.leases import FREE, LeasedTable

DUE_LETTER = f"""
    channel = 'letter' AND {state_in(WAITING)} AND due_at <= :now
    AND NOT EXISTS (SELECT FROM letter WHERE letter.agency_id = message.agency_id
                       AND letter.message_id = message.message_id)
"""
"""Waits for a print run and lies in none."""
_QUIET = """make_interval(secs => greatest(
    CAST(:quiet AS float8),
    least(CAST(:quiet AS float8) * 30,
          CAST(extract(epoch FROM joined_at - gathers_since) AS float8) / 2)))"""
"""How long a run must have had no new letter. Letters that came over ten minutes come in batches
that may lie further apart than those of ten seconds: half of the time that they took so far is
waited for, thirty times ``quiet`` at most."""


def leased_runs(seconds: float) -> LeasedTable:
    """Print runs under a lease of so many seconds, held while one is rendered."""
    return LeasedTable("print_run", key="run_id", seconds=seconds)


_QUIET_FOR_LONG = col(PrintRunTable.joined_at) < func.now() - timedelta(minutes=2)
"""What comes now came by itself, hours after a campaign: few are on their way with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRun:
    """A run to render, and how far it got: its letters are ``placed`` once they have an order."""

    run_id: str
    template: str
    day: date
    failures: int
    letters_done: int
    placed: bool


async def lock_assembly(transaction: Transaction) -> None:
    """Keep other workers from assembling runs of this agency until the transaction ends.

    Two at once would open the same run. Only PostgreSQL has such locks.
    """
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('print_run_assembly:' || :agency, 0))"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLetters:
    """Letters that wait for the same run: of one template and one day of the scheduler's.

    ``run_day`` is None for what others ordered. ``retried`` letters could not be written before:
    they must not have a rendered run made anew.
    """

    template: str
    run_day: str | None = None
    retried: bool = False


async def due_letters(transaction: Transaction, *, now: datetime) -> list[DueLetters]:
    """The letters that wait for a run, by what decides which."""
    rows = await transaction.execute(
        f"""
        SELECT DISTINCT template, data ->> 'run_day' AS run_day, failures > 0 AS retried
          FROM message WHERE agency_id = :agency AND {DUE_LETTER}
         ORDER BY template, run_day, retried
        """,
        {"now": now},
    )
    return [DueLetters(**row._mapping) for row in rows]


async def postpone_letters(
    transaction: Transaction, *, until: datetime, reason: str, detail: str, now: datetime
) -> None:
    """Let every letter that is due and in no run wait until then, with the reason."""
    await transaction.execute(
        f"""
        UPDATE message SET due_at = :until, reason = :reason, detail = :detail
         WHERE agency_id = :agency AND {DUE_LETTER}
        """,
        {"until": until, "reason": reason, "detail": detail, "now": now},
    )


async def note_waiting(transaction: Transaction, *, reason: str) -> None:
    """Note why the runs wait that are still to be rendered."""
    await transaction.execute(
        update(PrintRunTable)
        .where(
            col(PrintRunTable.agency_id) == transaction.agency,
            col(PrintRunTable.state).in_(RENDER.before),
            col(PrintRunTable.lease_token).is_(None),
        )
        .values(reason=reason)
    )


async def assemble(
    transaction: Transaction, due: DueLetters, *, day: date, now: datetime, room: int
) -> int:
    """Put letters that are due into the run of their template and day that nobody has approved, and
    open one if none has room; returns the number of letters that joined.

    A rendered run is rendered anew with them. While a run is being rendered, they wait for it.
    """
    run_id = await _run_for(transaction, due, day=day, now=now, room=room)
    if run_id is None:
        return 0
    joined = await _join(transaction, run_id, due, now=now, room=room)
    if not joined:
        return 0
    await transaction.execute(
        update(PrintRunTable)
        .where(
            col(PrintRunTable.agency_id) == transaction.agency,
            col(PrintRunTable.run_id) == run_id,
        )
        # Nobody renders it; if it was put off, its new letters are no reason to wait on.
        .values(
            state=RENDER_ANEW.to(JOINABLE),
            letters=col(PrintRunTable.letters) + joined,
            grown=or_(col(PrintRunTable.grown), col(PrintRunTable.rendering) > 0),
            letters_done=0,
            placed_at=None,
            joined_at=func.now(),
            gathers_since=case(
                (_QUIET_FOR_LONG, func.now()), else_=col(PrintRunTable.gathers_since)
            ),
            leased_until=None,
        )
    )
    return joined


async def _join(
    transaction: Transaction, run_id: str, due: DueLetters, *, now: datetime, room: int
) -> int:
    """Put as many letters into a run as it has room for."""
    found = await transaction.execute(
        f"""
        WITH due AS (
            SELECT message_id FROM message
             WHERE agency_id = :agency AND {DUE_LETTER} AND template = :template
               AND data ->> 'run_day' IS NOT DISTINCT FROM CAST(:run_day AS text)
               AND (failures > 0) = :retried
             ORDER BY due_at, message_id
             LIMIT :room - (SELECT letters FROM print_run
                             WHERE agency_id = :agency AND run_id = :run)
             FOR UPDATE SKIP LOCKED
        ), told AS (
            UPDATE message SET reason = NULL, detail = NULL
              FROM due WHERE agency_id = :agency AND message.message_id = due.message_id
            RETURNING agency_id, message.message_id
        )
        INSERT INTO letter (agency_id, message_id, run_id, joined_at)
        SELECT agency_id, message_id, CAST(:run AS varchar), CAST(:now AS timestamptz) FROM told
        """,
        {
            "template": due.template,
            "run_day": due.run_day,
            "retried": due.retried,
            "now": now,
            "room": room,
            "run": run_id,
        },
    )
    return found.rowcount


async def _run_for(
    transaction: Transaction, due: DueLetters, *, day: date, now: datetime, room: int
) -> str | None:
    """The run that takes these letters, locked so that nobody claims or approves it meanwhile; None
    if it is being rendered.

    Letters that arrive after midnight belong to the run of the day that ordered them. Runs of the
    day on which they arrive are looked at only if that day has none that takes letters.
    """
    found = await transaction.exec(
        select(PrintRunTable)
        .where(
            PrintRunTable.agency_id == transaction.agency,
            PrintRunTable.template == due.template,
            or_(
                col(PrintRunTable.day) == day,
                cast(col(PrintRunTable.day), String) == due.run_day,
            ),
            col(PrintRunTable.state).in_(RENDER_ANEW.before),
            col(PrintRunTable.letters) < room,
        )
        .order_by(col(PrintRunTable.day), col(PrintRunTable.number))
        .with_for_update()
    )
    runs = found.all()
    ordered = [each for each in runs if each.day.isoformat() == due.run_day]
    arrived = [each for each in runs if each.day == day]
    for of_a_day in (ordered, arrived):
        quiet = [each for each in of_a_day if each.lease_token is None]
        for run in quiet:
            if run.state == JOINABLE and run.placed_at is None:
                return run.run_id
        if of_a_day and not due.retried:
            return next((each.run_id for each in quiet if each.state != JOINABLE), None)
    return await _new_run(transaction, due.template, day=day, now=now)


async def _new_run(transaction: Transaction, template: str, *, day: date, now: datetime) -> str:
    """Open a run. SQL text because its number is found and used in one statement."""
    made = await transaction.execute(
        f"""
        INSERT INTO print_run (agency_id, run_id, purpose, template, day, number, state, letters,
                               pages, created_at)
        SELECT :agency, concat_ws('-', :template, CAST(:day AS date), number),
               (SELECT purpose FROM message
                 WHERE agency_id = :agency AND channel = 'letter' AND template = :template
                   AND {state_in(WAITING)} LIMIT 1),
               :template, :day, number, '{JOINABLE}', 0, 0, :now
          FROM (SELECT coalesce(max(number), 0) + 1 AS number FROM print_run
                 WHERE agency_id = :agency AND template = :template AND day = :day) AS next
        RETURNING run_id
        """,
        {"template": template, "day": day, "now": now},
    )
    return str(made.scalar_one())


async def seconds_until_quiet(transaction: Transaction, *, quiet_seconds: float) -> float | None:
    """Seconds until an open run has had no new letter for long enough; None if none is open.

    SQL text because the database's clock decides.
    """
    found = await transaction.execute(
        f"""
        SELECT extract(epoch FROM min(joined_at + {_QUIET}) - now()) FROM print_run
         WHERE agency_id = :agency AND {may_begin(RENDER)} AND {FREE}
        """,
        {"quiet": quiet_seconds},
    )
    seconds = found.scalar_one_or_none()
    return None if seconds is None else float(seconds)


async def claim_run(
    transaction: Transaction, leased: LeasedTable, *, quiet_seconds: float
) -> tuple[UUID, ClaimedRun] | None:
    """Claim an open run that has been quiet, also one whose renderer went away."""
    claimed = await leased.claim(
        transaction,
        where=f"{may_begin(RENDER)} AND joined_at <= now() - {_QUIET}",
        order_by="joined_at",
        returning="run_id, template, day, failures, letters_done, placed_at IS NOT NULL AS placed",
        values={"quiet": quiet_seconds},
    )
    for row in claimed.rows:
        return claimed.token, ClaimedRun(**row._mapping)
    return None


async def finish_rendering(
    transaction: Transaction,
    *,
    run_id: str,
    token: UUID,
    state: PrintRunState,
    reason: str | None,
    letters: int,
    pages: int,
    now: datetime,
) -> bool:
    """Let the run wait for its approval; false if it is no longer ours."""
    finished = await transaction.execute(
        _being_rendered(transaction, run_id, token).values(
            state=RENDER.to(state),
            reason=reason,
            letters=letters,
            letters_done=letters,
            pages=pages,
            rendered_at=now,
            rendering=col(PrintRunTable.rendering) + 1,
            **_GIVEN_BACK,
        )
    )
    return bool(finished.rowcount)


async def begin_printing(transaction: Transaction, run_id: str, *, token: UUID) -> bool:
    """Note that the letters of a run have an order: none joins it any more. False if the run is
    no longer ours."""
    return await _note(transaction, run_id, token, placed_at=func.now(), letters_done=0)


async def note_progress(
    transaction: Transaction, run_id: str, *, token: UUID, letters_done: int
) -> bool:
    """Note that the letters of a run are set up to a position; false if it is no longer ours."""
    return await _note(
        transaction, run_id, token, letters_done=letters_done, reason=None, failures=0
    )


async def start_over(transaction: Transaction, run_id: str, *, token: UUID) -> None:
    """Let the letters of a run be set from the first one on, because a part of it is lost."""
    await _note(transaction, run_id, token, letters_done=0, **_GIVEN_BACK)


async def fail_run(transaction: Transaction, run_id: str, *, token: UUID, reason: str) -> bool:
    """End a run that cannot be rendered; false if it is no longer ours."""
    state = FAIL_RUN.to("failed")
    return await _note(transaction, run_id, token, state=state, reason=reason, **_GIVEN_BACK)


_GIVEN_BACK = {"lease_token": None, "leased_until": None}


async def _note(transaction: Transaction, run_id: str, token: UUID, **values: Any) -> bool:
    """Change a run that is being rendered and still ours."""
    changed = await transaction.execute(
        _being_rendered(transaction, run_id, token).values(**values)
    )
    return bool(changed.rowcount)


def _being_rendered(transaction: Transaction, run_id: str, token: UUID) -> Update:
    return update(PrintRunTable).where(
        col(PrintRunTable.agency_id) == transaction.agency,
        col(PrintRunTable.run_id) == run_id,
        col(PrintRunTable.state).in_(RENDER.before),
        col(PrintRunTable.lease_token) == token,
    )


async def postpone_run(
    transaction: Transaction,
    leased: LeasedTable,
    *,
    token: UUID,
    reason: str,
    wait_seconds: float = 60,
    counts: bool = False,
) -> None:
    """Give a claimed run back, because something of ours is missing; look again after a while.

    ``counts`` says that a failure to render brings the run nearer to its last try.
    """
    failed = ", failures = failures + 1" if counts else ""
    await leased.release(
        transaction,
        token,
        steps=f"reason = :reason{failed}",
        values={"reason": reason},
        wait_seconds=wait_seconds,
    )
