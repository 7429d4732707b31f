"""Tables of print runs and the letters in them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, and_, text
from sqlmodel import Field, col

from services.notifier.store.message_tables import MessageTable
from services.notifier.store.tables import NOW, NotifierTable, instant, key
from shared.contracts.dispatches import PrintRunState
from shared.db.state_columns import state_check


class PrintRunTable(NotifierTable, table=True):
    """Letters of one template and day, printed together. Letters join until it is approved."""

    __tablename__ = "print_run"
    __table_args__ = (
        Index("ix_print_run_state", "agency_id", "state"),
        state_check(PrintRunState),
    )
    agency_id: str = key()
    run_id: str = key()
    purpose: str
    template: str
    day: date
    number: int
    state: str
    reason: str | None
    letters: int
    letters_done: int = Field(sa_column_kwargs={"server_default": text("0")})  # set so far
    pages: int
    postage_net_cents: int | None  # None until it is rendered, and if a price is not known
    postage_vat_cents: int | None
    created_at: datetime = instant()
    joined_at: datetime = instant(sa_column_kwargs=NOW)  # the last letter, by the database's clock
    gathers_since: datetime = instant(sa_column_kwargs=NOW)  # by the same clock
    placed_at: datetime | None = instant()  # when its letters got their order: none joins it now
    failures: int = Field(sa_column_kwargs={"server_default": text("0")})  # tries to render it
    rendered_at: datetime | None = instant()
    rendering: int = Field(sa_column_kwargs={"server_default": text("0")})  # counts up
    grown: bool = Field(sa_column_kwargs={"server_default": text("false")})  # since the first one
    approved_at: datetime | None = instant()
    approved_by: str | None
    released_at: datetime | None = instant()
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class LetterTable(NotifierTable, table=True):
    """A message in a print run. The row stays when the letter ends without being printed.

    Pages count from 1 in the file of the run; they and sheets and postage are None until the run
    is rendered, and for letters rendered before they were kept.
    """

    __tablename__ = "letter"
    __table_args__ = (Index("ix_letter_run", "agency_id", "run_id"),)
    agency_id: str = key()
    message_id: UUID = key()
    run_id: str
    joined_at: datetime | None = instant()
    position: int | None  # in the order of posting, once the run is being rendered
    sheets: int | None
    postage_cents: int | None  # net; None also if no price is known for the day of posting
    page_from: int | None
    page_to: int | None


IS_LETTER_OF_MESSAGE = and_(
    col(LetterTable.agency_id) == col(MessageTable.agency_id),
    col(LetterTable.message_id) == col(MessageTable.message_id),
)
"""Joins a letter with its message."""
