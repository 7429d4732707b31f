"""Contacts on the desks with what the law asks of each, and what it has changed.

SQL text because each statement is set-based, or reads a frame by COPY.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import polars as pl

from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.copy_frames import fetch_frame
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

CONTACTS: Final = pl.Schema(
    {
        "task_id": pl.String,
        "customer_id": pl.String,
        "service": pl.String,
        "purpose": pl.String,
        "channel": pl.String,
        "minutes": pl.Int64,
        "segment": pl.String,
        "service_level": pl.String,
        "status": pl.String,
        "mandate": pl.String,
        "mandate_ends_on": pl.Date,
        "kind": pl.String,
        "birth_date": pl.Date,
        "death_date": pl.Date,
        "phone_consent": pl.Boolean,
        "letter_consent": pl.Boolean,
        "email_known": pl.Boolean,
        "advertising_objected": pl.Boolean,
    }
)
"""Tasks of touchpoints with the facts of their customers."""


async def open_contacts_of(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> pl.DataFrame:
    """Frame ``CONTACTS`` of what is on the desks for these customers."""
    which = "task.state = 'open' AND task.customer_id = ANY($2::varchar[])"
    parameters = [transaction.agency, list(customer_ids)]
    return await fetch_frame(transaction, _contacts(which), parameters, CONTACTS)


async def contact_of_task(transaction: Transaction, task_id: UUID) -> pl.DataFrame:
    """Frame ``CONTACTS`` of one task, whatever its state; empty for requests and the erased."""
    parameters = [transaction.agency, task_id]
    return await fetch_frame(transaction, _contacts("task.task_id = $2"), parameters, CONTACTS)


def _contacts(which: str) -> str:
    return f"""
        SELECT task_id::varchar, task.customer_id, task.service, touchpoint.purpose, task.channel,
               task.minutes, segment, service_level, customer.status, mandate, mandate_ends_on,
               kind, birth_date, death_date, phone_consent, letter_consent,
               email_known, advertising_objected
          FROM task
          JOIN touchpoint ON touchpoint.agency_id = $1
                         AND touchpoint.touchpoint_id = task.touchpoint_id
          JOIN customer ON customer.agency_id = $1 AND customer.customer_id = task.customer_id
         WHERE task.agency_id = $1 AND {which} ORDER BY task_id
    """


async def change_channels(transaction: Transaction, changed: pl.DataFrame) -> None:
    """Let tasks stay on the desk with another channel: ``task_id, channel, minutes``."""
    await transaction.execute(_CHANGE_TASKS, _columns(changed, "task_id", "channel", "minutes"))
    await transaction.execute(
        _CHANGE_TOUCHPOINTS, _columns(changed, "task_id", "channel", "minutes")
    )
    transaction.ring(PUBLISH_CHANGES)


async def take_off_desks(
    transaction: Transaction, ended: pl.DataFrame, *, today: date, now: datetime
) -> None:
    """End tasks with the reason of each: ``task_id, channel, minutes, state, reason``.

    Those in state ``planned`` leave as messages from now on, because a call became a letter; the
    others are suppressed.
    """
    names = ("task_id", "channel", "minutes", "state", "reason")
    values = {**_columns(ended, *names), "today": today, "now": now}
    await transaction.execute(_DISCARD, values)
    await transaction.execute(_SUPPRESS_OR_SEND, values)
    transaction.ring(PUBLISH_CHANGES)
    transaction.ring("hand_over")


def _columns(frame: pl.DataFrame, *names: str) -> dict[str, list[object]]:
    return {name: frame[name].to_list() for name in names}


_CHANGE_TASKS = """
    UPDATE task SET channel = new.channel, minutes = new.minutes
      FROM unnest(CAST(:task_id AS uuid[]), CAST(:channel AS varchar[]),
                  CAST(:minutes AS integer[])) AS new (id, channel, minutes)
     WHERE agency_id = :agency AND task_id = new.id AND state = 'open'
"""
_CHANGE_TOUCHPOINTS = f"""
    WITH changed AS (
        UPDATE touchpoint SET channel = new.channel, minutes = new.minutes
          FROM unnest(CAST(:task_id AS uuid[]), CAST(:channel AS varchar[]),
                      CAST(:minutes AS integer[])) AS new (id, channel, minutes)
         WHERE agency_id = :agency AND touchpoint_id = new.id AND state = 'due'
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_DISCARD = """
    UPDATE task SET state = 'discarded', reason = new.reason, ended_at = :now
      FROM unnest(CAST(:task_id AS uuid[]), CAST(:reason AS varchar[])) AS new (id, reason)
     WHERE agency_id = :agency AND task_id = new.id AND state = 'open'
"""
_SUPPRESS_OR_SEND = f"""
    WITH changed AS (
        UPDATE touchpoint
           SET state = CASE new.state WHEN 'planned' THEN 'due' ELSE 'suppressed' END,
               channel = new.channel, minutes = new.minutes, since = :now,
               reason = CASE new.state WHEN 'planned' THEN NULL ELSE new.reason END,
               ended_on = CASE new.state WHEN 'planned' THEN NULL ELSE CAST(:today AS date) END
          FROM unnest(CAST(:task_id AS uuid[]), CAST(:channel AS varchar[]),
                      CAST(:minutes AS integer[]), CAST(:state AS varchar[]),
                      CAST(:reason AS varchar[])) AS new (id, channel, minutes, state, reason)
         WHERE agency_id = :agency AND touchpoint_id = new.id AND touchpoint.state = 'due'
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
