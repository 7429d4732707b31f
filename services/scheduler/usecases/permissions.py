"""What is on the desks follows each word of the customer: a call becomes a letter, or lapses."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import polars as pl

from services.scheduler.domain.permission import judged_contacts
from services.scheduler.domain.requests import promised_cell
from services.scheduler.store import permissions, task_steps
from services.scheduler.store.task_steps import NewStep
from services.scheduler.usecases.agencies import agency_here, ruling_catalogue
from shared.contracts.catalogues import Catalogue
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def rejudge_contacts(
    transaction: Transaction, customer_ids: list[CustomerId], *, now: datetime
) -> None:
    """Judge the open tasks of these customers by what is known of them now.

    What may not be done any more takes the catalogue's other channel, on the desk or as a message,
    or lapses with the reason. What is only planned is planned again by its mark.
    """
    contacts = await permissions.open_contacts_of(transaction, customer_ids)
    if contacts.is_empty():
        return
    zone = ZoneInfo((await agency_here(transaction)).time_zone)
    today = now.astimezone(zone).date()
    judged = await _judged(transaction, contacts, today=today, now=now)
    lapsed = pl.col("state") != "planned"
    other_channel = pl.col("channel") != pl.col("channel_before")
    changed = judged.filter(lapsed | other_channel)
    if changed.is_empty():
        return
    leaves = ~lapsed & (pl.col("minutes") == 0)
    ended = changed.filter(lapsed | leaves)
    await permissions.change_channels(transaction, changed.filter(~lapsed & ~leaves))
    await permissions.take_off_desks(transaction, ended, today=today, now=now)
    steps = [
        NewStep(
            task_id=UUID(row["task_id"]),
            step="rejudged",
            reason=row["reason"],
            before=row["channel_before"],
            after=None if row["state"] != "planned" else row["channel"],
        )
        for row in changed.iter_rows(named=True)
    ]
    await task_steps.note_steps(transaction, steps, at=now)


async def obstacle_to(transaction: Transaction, task_id: UUID, *, now: datetime) -> str | None:
    """Why a contact may not be put back on the desk as it was; None if it may."""
    contacts = await permissions.contact_of_task(transaction, task_id)
    if contacts.is_empty():
        return "erased"
    today = now.astimezone(ZoneInfo((await agency_here(transaction)).time_zone)).date()
    (row,) = (await _judged(transaction, contacts, today=today, now=now)).iter_rows(named=True)
    allowed = row["state"] == "planned" and row["channel"] == row["channel_before"]
    return None if allowed else str(row["reason"])


async def _judged(
    transaction: Transaction, contacts: pl.DataFrame, *, today: date, now: datetime
) -> pl.DataFrame:
    catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
    return judged_by(catalogue, contacts, on=today)


def judged_by(catalogue: Catalogue, contacts: pl.DataFrame, *, on: date) -> pl.DataFrame:
    """The contacts as ``judged_contacts`` judges them, with the other channels of a catalogue."""
    return judged_contacts(_with_fallbacks(contacts, catalogue), on=on)


def _with_fallbacks(contacts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """The contacts with the other channel that the customer's class is promised."""
    cells = [
        promised_cell(catalogue, service, segment, raised=level == "high")
        for service, segment, level in contacts.select(
            "service", "segment", "service_level"
        ).iter_rows()
    ]
    return contacts.with_columns(
        fallback=pl.Series([cell.fallback if cell else None for cell in cells], dtype=pl.String),
        fallback_minutes=pl.Series(
            [cell.fallback_minutes if cell else 0 for cell in cells], dtype=pl.Int64
        ),
    )
