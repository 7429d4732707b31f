"""Print runs in the making: letters join them, and runs are rendered under a lease."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.notifier.store.emails import ClaimedMessage, Content, Settlement
from shared.contracts.dispatches import PrintRunState
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRun:
    """A run to render."""

    run_id: str
    template: str
    day: date


async def lock_assembly(transaction: Transaction) -> None:
    """Keep other workers from assembling runs of this agency until the transaction ends.

    Two at once would open the same run.
    """
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('print_run_assembly:' || :agency, 0))"
    )


async def due_templates(transaction: Transaction, *, now: datetime) -> list[str]:
    """Templates whose letters wait for a run."""
    rows = await transaction.execute(
        """
        SELECT DISTINCT template FROM message
         WHERE agency_id = :agency AND channel = 'letter' AND state = 'accepted'
           AND due_at <= :now ORDER BY template
        """,
        {"now": now},
    )
    return list(rows.scalars())


async def assemble(
    transaction: Transaction, *, template: str, day: date, now: datetime, room: int
) -> int:
    """Put letters that are due into the day's open run of their template, opening one where
    there is none with room; returns the number of letters that joined."""
    run_id = await _open_run(transaction, template=template, day=day, now=now, room=room)
    found = await transaction.execute(
        """
        WITH due AS (
            SELECT message_id FROM message
             WHERE agency_id = :agency AND channel = 'letter' AND state = 'accepted'
               AND due_at <= :now AND template = :template
             ORDER BY due_at, message_id
             LIMIT :room - (SELECT letters FROM print_run
                             WHERE agency_id = :agency AND run_id = :run)
             FOR UPDATE SKIP LOCKED
        )
        UPDATE message
           SET state = 'claimed', claimed_at = :now, run_id = :run, reason = NULL, detail = NULL
          FROM due WHERE agency_id = :agency AND message.message_id = due.message_id
        """,
        {"template": template, "now": now, "room": room, "run": run_id},
    )
    await transaction.execute(
        """
        -- Nobody renders it; where it was put off, its new letters are no reason to wait on.
        UPDATE print_run SET letters = letters + :letters, joined_at = now(), leased_until = NULL
         WHERE agency_id = :agency AND run_id = :run
        """,
        {"letters": found.rowcount, "run": run_id},
    )
    return found.rowcount


async def _open_run(
    transaction: Transaction, *, template: str, day: date, now: datetime, room: int
) -> str:
    """The run that takes letters now, locked: it cannot be claimed for rendering meanwhile."""
    found = await transaction.execute(
        """
        SELECT run_id FROM print_run
         WHERE agency_id = :agency AND template = :template AND day = :day AND state = 'open'
           AND letters < :room AND lease_token IS NULL
         ORDER BY number LIMIT 1 FOR UPDATE
        """,
        {"template": template, "day": day, "room": room},
    )
    run_id: str | None = found.scalar_one_or_none()
    if run_id is not None:
        return run_id
    made = await transaction.execute(
        """
        INSERT INTO print_run (agency_id, run_id, purpose, template, day, number, state, letters,
                               pages, created_at)
        SELECT :agency, concat_ws('-', :template, CAST(:day AS date), number),
               (SELECT purpose FROM message
                 WHERE agency_id = :agency AND channel = 'letter' AND template = :template
                   AND state = 'accepted' LIMIT 1),
               :template, :day, number, 'open', 0, 0, :now
          FROM (SELECT coalesce(max(number), 0) + 1 AS number FROM print_run
                 WHERE agency_id = :agency AND template = :template AND day = :day) AS next
        RETURNING run_id
        """,
        {"template": template, "day": day, "now": now},
    )
    return str(made.scalar_one())


async def seconds_until_quiet(transaction: Transaction, *, quiet_seconds: float) -> float | None:
    """How long until an open run has had no new letter for long enough; None: none is open."""
    found = await transaction.execute(
        """
        SELECT extract(epoch FROM min(joined_at) - now()) + :quiet FROM print_run
         WHERE agency_id = :agency AND state = 'open'
           AND (leased_until IS NULL OR leased_until < now())
        """,
        {"quiet": quiet_seconds},
    )
    seconds = found.scalar_one_or_none()
    return None if seconds is None else float(seconds)


async def claim_run(
    transaction: Transaction, *, token: UUID, quiet_seconds: float, lease_seconds: float
) -> ClaimedRun | None:
    """Claim an open run that has been quiet, also one whose renderer went away."""
    found = await transaction.execute(
        """
        UPDATE print_run
           SET lease_token = :token, leased_until = now() + make_interval(secs => :lease)
         WHERE agency_id = :agency AND run_id = (
               SELECT run_id FROM print_run
                WHERE agency_id = :agency AND state = 'open'
                  AND joined_at <= now() - make_interval(secs => :quiet)
                  AND (leased_until IS NULL OR leased_until < now())
                ORDER BY joined_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING run_id, template, day
        """,
        {"token": token, "quiet": quiet_seconds, "lease": lease_seconds},
    )
    row = found.one_or_none()
    return ClaimedRun(**row._mapping) if row else None


async def keep_run_lease(transaction: Transaction, *, token: UUID, lease_seconds: float) -> None:
    """Say that whoever renders this run is still at work."""
    await transaction.execute(
        """
        UPDATE print_run SET leased_until = now() + make_interval(secs => :lease)
         WHERE agency_id = :agency AND lease_token = :token
        """,
        {"token": token, "lease": lease_seconds},
    )


async def letters_of(transaction: Transaction, run_id: str) -> list[ClaimedMessage]:
    """The letters that lie in a run."""
    rows = await transaction.execute(
        """
        SELECT message_id, dispatch_id, customer_id, purpose, template, data::text AS data,
               attempts FROM message
         WHERE agency_id = :agency AND run_id = :run AND state = 'claimed' ORDER BY message_id
        """,
        {"run": run_id},
    )
    return [ClaimedMessage(**{**row._mapping, "data": json.loads(row.data)}) for row in rows]


async def end_letters(
    transaction: Transaction, settlements: Sequence[Settlement], *, run_id: str, now: datetime
) -> set[UUID]:
    """End letters that will not be printed with their run; gives those that still lay in it."""
    found = await transaction.execute(
        """
        UPDATE message
           SET state = new.state, reason = new.reason, detail = new.detail, ended_at = :now
          FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                      CAST(:details AS text[])) AS new (message_id, state, reason, detail)
         WHERE agency_id = :agency AND message.message_id = new.message_id
           AND message.state = 'claimed' AND run_id = :run
        RETURNING message.message_id
        """,
        {
            "run": run_id,
            "now": now,
            "ids": [each.message_id for each in settlements],
            "states": [each.state for each in settlements],
            "reasons": [each.reason for each in settlements],
            "details": [each.detail for each in settlements],
        },
    )
    return set(found.scalars())


async def finish_rendering(
    transaction: Transaction,
    contents: Sequence[Content],
    *,
    run_id: str,
    token: UUID,
    state: PrintRunState,
    reason: str | None,
    pages: int,
    now: datetime,
) -> bool:
    """Keep what the letters say and let the run wait for its approval; false where the run is no
    longer ours, or a letter was taken out of it meanwhile."""
    finished = await transaction.execute(
        """
        UPDATE print_run
           SET state = :state, reason = :reason, letters = :letters, pages = :pages,
               rendered_at = :now, lease_token = NULL, leased_until = NULL
         WHERE agency_id = :agency AND run_id = :run AND state = 'open' AND lease_token = :token
        """,
        {
            "run": run_id,
            "token": token,
            "state": state,
            "reason": reason,
            "letters": len(contents),
            "pages": pages,
            "now": now,
        },
    )
    written = await transaction.execute(
        """
        UPDATE message SET subject = new.subject, digest = new.digest, basis = new.basis
          FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:digests AS bytea[]),
                      CAST(:bases AS text[])) AS new (message_id, subject, digest, basis)
         WHERE agency_id = :agency AND message.message_id = new.message_id
           AND state = 'claimed' AND run_id = :run
        """,
        {
            "run": run_id,
            "ids": [content.message_id for content in contents],
            "subjects": [content.subject for content in contents],
            "digests": [content.digest for content in contents],
            "bases": [content.basis for content in contents],
        },
    )
    return bool(finished.rowcount) and written.rowcount == len(contents)


async def postpone_run(transaction: Transaction, *, token: UUID, reason: str) -> None:
    """Give a claimed run back: something of ours is missing; it is looked at again in a minute."""
    await transaction.execute(
        """
        UPDATE print_run
           SET reason = :reason, lease_token = NULL, leased_until = now() + interval '1 minute'
         WHERE agency_id = :agency AND lease_token = :token
        """,
        {"token": token, "reason": reason},
    )
