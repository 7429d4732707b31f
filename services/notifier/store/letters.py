"""Letters: messages that lie in a print run and end with it or without it.

A letter stays ``accepted`` in its run until the run is approved. Whoever changes letters of a run
that may still be rendered locks the run first, or two would wait for each other. Steps are SQL text
because they are set-based: a run holds thousands of letters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.notifier.domain.messages import (
    BEGIN_LETTER,
    LEAVE_OUT,
    PUT_BACK,
    TAKE_OUT,
    WAITING,
    DeliveryOutcome,
    MessageStep,
)
from services.notifier.store.delivery_attempts import recorded
from services.notifier.store.emails import (
    ClaimedMessage,
    EndedMessage,
    NextState,
)
from services.notifier.store.message_contents import CONTENTS, KEPT, Content, columns
from services.notifier.store.message_tables import MessageTable
from services.notifier.store.print_run_tables import IS_LETTER_OF_MESSAGE, LetterTable
from services.notifier.store.states import leads_on, may_begin, state_in
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLetter:
    """A letter as it was rendered; pages count from 1 in the file of its run, postage is net."""

    content: Content
    sheets: int
    postage_cents: int | None
    page_from: int
    page_to: int


async def letters_of(
    transaction: Transaction, run_id: str, *, approved: bool = False
) -> list[ClaimedMessage]:
    """The letters that lie in a run, or in one that is approved, and were not ended."""
    before = TAKE_OUT.before if approved else (WAITING,)
    rows = await transaction.exec(
        select(MessageTable)
        .join(LetterTable, IS_LETTER_OF_MESSAGE)
        .where(
            MessageTable.agency_id == transaction.agency,
            LetterTable.run_id == run_id,
            col(MessageTable.state).in_(before),
        )
        .order_by(col(MessageTable.message_id))
    )
    return [_claimed(row) for row in rows]


def _claimed(row: MessageTable) -> ClaimedMessage:
    return ClaimedMessage(
        message_id=row.message_id,
        dispatch_id=row.dispatch_id,
        customer_id=row.customer_id,
        purpose=row.purpose,
        template=row.template,
        data=row.data,
        failures=row.failures,
    )


async def leave_out(
    transaction: Transaction,
    next_states: Sequence[NextState],
    *,
    run_id: str,
    now: datetime,
    step: MessageStep = LEAVE_OUT,
) -> set[UUID]:
    """End letters that will not be printed with their run; returns those that still lay in it."""
    found = await transaction.execute(
        f"""
        UPDATE message
           SET state = next.state, reason = next.reason, detail = next.detail, ended_at = :now
          FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                      CAST(:details AS text[])) AS next (message_id, state, reason, detail),
               letter
         WHERE message.agency_id = :agency AND message.message_id = next.message_id
           AND letter.agency_id = :agency AND letter.message_id = next.message_id
           AND letter.run_id = :run AND {may_begin(step, column="message.state")}
        RETURNING message.message_id
        """,
        {
            "run": run_id,
            "now": now,
            "ids": [each.message_id for each in next_states],
            "states": [step.to(each.state) for each in next_states],
            "reasons": [each.reason for each in next_states],
            "details": [each.detail for each in next_states],
        },
    )
    return set(found.scalars())


async def section_of(
    transaction: Transaction, run_id: str, *, after: int, limit: int
) -> tuple[int, list[ClaimedMessage]]:
    """The next letters of a run by their position, and the position of the last of them."""
    rows = await transaction.execute(
        select(MessageTable, col(LetterTable.position))
        .join(LetterTable, IS_LETTER_OF_MESSAGE)
        .where(
            MessageTable.agency_id == transaction.agency,
            LetterTable.run_id == run_id,
            MessageTable.state == WAITING,
            col(LetterTable.position) > after,
        )
        .order_by(col(LetterTable.position))
        .limit(limit)
    )
    found = rows.all()
    last = found[-1].position if found else after
    return last, [_claimed(row[0]) for row in found]


async def place(transaction: Transaction, message_ids: Sequence[UUID], *, run_id: str) -> None:
    """Note the order in which the letters of a run are printed, from 1."""
    await transaction.execute(
        """
        UPDATE letter SET position = new.position
          FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS new (message_id, position)
         WHERE letter.agency_id = :agency AND letter.run_id = :run
           AND letter.message_id = new.message_id
        """,
        {"run": run_id, "ids": list(message_ids)},
    )


async def put_off(transaction: Transaction, decided: Sequence[NextState], *, run_id: str) -> None:
    """Take letters that cannot be written out of a run, to be tried again with another one."""
    await transaction.execute(
        f"""
        WITH gone AS (
            DELETE FROM letter
             WHERE agency_id = :agency AND run_id = :run
               AND message_id = ANY(CAST(:ids AS uuid[]))
            RETURNING message_id
        )
        UPDATE message
           SET reason = next.reason, detail = next.detail, due_at = next.due_at,
               failures = failures + 1
          FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[]), CAST(:details AS text[]),
                      CAST(:due AS timestamptz[])) AS next (message_id, reason, detail, due_at)
               JOIN gone USING (message_id)
         WHERE message.agency_id = :agency AND message.message_id = next.message_id
           AND {state_in(WAITING)}
        """,
        {
            "run": run_id,
            "ids": [each.message_id for each in decided],
            "reasons": [each.reason for each in decided],
            "details": [each.detail for each in decided],
            "due": [each.due_at for each in decided],
        },
    )


async def put_back(
    transaction: Transaction, message_ids: Sequence[UUID], *, run_id: str, now: datetime
) -> None:
    """Take letters out of an approved run, to join another run."""
    await transaction.execute(
        f"""
        WITH gone AS (
            DELETE FROM letter WHERE agency_id = :agency AND run_id = :run
               AND message_id = ANY(CAST(:ids AS uuid[]))
            RETURNING message_id
        )
        UPDATE message
           SET {leads_on(PUT_BACK)}, reason = NULL, detail = NULL, transmitting_at = NULL,
               due_at = :now
          FROM gone
         WHERE agency_id = :agency AND message.message_id = gone.message_id
           AND {may_begin(PUT_BACK)}
        """,
        {"run": run_id, "ids": list(message_ids), "now": now},
    )


async def keep_printed(
    transaction: Transaction, letters: Sequence[PrintedLetter], *, run_id: str
) -> bool:
    """Keep what was rendered; false if a letter was taken out of the run meanwhile."""
    contents = [letter.content for letter in letters]
    rendered = await transaction.execute(
        f"""
        WITH printed AS (
            UPDATE letter
               SET sheets = new.sheets, postage_cents = new.postage_cents,
                   page_from = new.page_from, page_to = new.page_to
              FROM unnest(CAST(:ids AS uuid[]), CAST(:sheets AS integer[]),
                          CAST(:postages AS integer[]), CAST(:firsts AS integer[]),
                          CAST(:lasts AS integer[]))
                   AS new (message_id, sheets, postage_cents, page_from, page_to),
                   message
             WHERE letter.agency_id = :agency AND letter.message_id = new.message_id
               AND message.agency_id = :agency AND message.message_id = new.message_id
               AND letter.run_id = :run AND {state_in(WAITING)}
            RETURNING letter.agency_id, letter.message_id
        ), said AS (SELECT * FROM printed JOIN {CONTENTS} USING (message_id))
        {KEPT}
        """,
        {
            **columns(contents),
            "run": run_id,
            "sheets": [letter.sheets for letter in letters],
            "postages": [letter.postage_cents for letter in letters],
            "firsts": [letter.page_from for letter in letters],
            "lasts": [letter.page_to for letter in letters],
        },
    )
    return len(rendered.all()) == len(letters)


async def price_anew(
    transaction: Transaction, net_cents: Mapping[str, int | None], *, run_id: str
) -> None:
    """Note what the letters of a run cost, net, if that is another price than was expected."""
    await transaction.execute(
        """
        UPDATE letter SET postage_cents = new.cents
          FROM unnest(CAST(:ids AS uuid[]), CAST(:cents AS integer[])) AS new (message_id, cents)
         WHERE letter.agency_id = :agency AND letter.run_id = :run
           AND letter.message_id = new.message_id
           AND letter.postage_cents IS DISTINCT FROM new.cents
        """,
        {"run": run_id, "ids": list(net_cents), "cents": list(net_cents.values())},
    )


async def begin_transmission(transaction: Transaction, run_id: str, *, now: datetime) -> None:
    """Mark the letters of an approved run as transmitting: none can be cancelled singly now."""
    await transaction.execute(
        f"""
        UPDATE message
           SET {leads_on(BEGIN_LETTER)}, transmitting_at = :now, attempts = attempts + 1
          FROM letter
         WHERE message.agency_id = :agency AND {may_begin(BEGIN_LETTER)}
           AND letter.agency_id = :agency AND letter.run_id = :run
           AND letter.message_id = message.message_id
        """,
        {"run": run_id, "now": now},
    )


async def end_letters_of_run(
    transaction: Transaction,
    run_id: str,
    *,
    step: MessageStep,
    outcome: DeliveryOutcome,
    reason: str | None,
    detail: str | None,
    now: datetime,
    limit: int,
) -> list[EndedMessage]:
    """End letters of a run with it, up to ``limit``; ``outcome`` is that of attempts under way."""
    rows = await transaction.execute(
        f"""
        WITH slice AS (
            SELECT message.message_id,
                   CASE WHEN NOT {state_in(WAITING)} THEN CAST(:outcome AS text) END AS outcome
              FROM letter JOIN message USING (agency_id, message_id)
             WHERE agency_id = :agency AND run_id = :run AND {may_begin(step)}
             LIMIT :limit FOR UPDATE OF message
        ), ended AS (
            UPDATE message
               SET {leads_on(step)}, reason = :reason, detail = :detail, ended_at = :now
              FROM slice WHERE agency_id = :agency AND message.message_id = slice.message_id
            RETURNING agency_id, message.message_id, dispatch_id, customer_id, transmitting_at,
                      outcome, CAST(NULL AS text) AS response
        ), attempted AS ({recorded("ended")})
        SELECT message_id, dispatch_id, customer_id FROM ended
        """,
        {
            "run": run_id,
            "outcome": outcome,
            "reason": reason,
            "detail": detail,
            "now": now,
            "limit": limit,
        },
    )
    return [EndedMessage(**row._mapping) for row in rows]
