"""The agency's settings and the systems that send it events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.classifier.store.tables import AgencyTable, WebhookSourceTable
from shared.contracts.agencies import Agency, AgencySettings
from shared.contracts.bounds import STORED
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyDay:
    """The time zone of an agency and the last day run there."""

    zone: ZoneInfo
    day: date | None  # the last one run

    def today(self, now: datetime) -> date:
        """The agency's day: the last one run; before the first run, the clock's day."""
        return self.day or self.on_the_clock(now)

    def on_the_clock(self, now: datetime) -> date:
        """The clock's day in the agency's time zone."""
        return now.astimezone(self.zone).date()


async def agency(transaction: Transaction) -> Agency:
    """The agency's settings; those of a new agency if none were given yet."""
    row = (await transaction.exec(_own_row(transaction))).one_or_none()
    if row is None:
        return Agency(agency_id=transaction.agency, day=None)
    settings = row.model_dump(exclude={"erasure_salt", "updated_at"})
    return Agency.model_validate(settings, context=STORED)


async def locked_agency(transaction: Transaction) -> Agency:
    """The agency's settings, which nobody else changes until the transaction ends."""
    await ensure_agency(transaction)
    await transaction.exec(_own_row(transaction).with_for_update())
    return await agency(transaction)


def _own_row(transaction: Transaction) -> SelectOfScalar[AgencyTable]:
    return select(AgencyTable).where(AgencyTable.agency_id == transaction.agency)


async def agency_day(transaction: Transaction) -> AgencyDay:
    """The agency's time zone and last day run; SQL text because every batch of events asks."""
    found = await transaction.execute("SELECT time_zone, day FROM agency WHERE agency_id = :agency")
    row = found.one_or_none()
    if row is None:
        return AgencyDay(zone=ZoneInfo(AgencySettings().time_zone), day=None)
    return AgencyDay(zone=ZoneInfo(row.time_zone), day=row.day)


async def put_agency(transaction: Transaction, settings: AgencySettings) -> None:
    """Write the settings; the day run last stays."""
    sender = settings.sender
    given = {
        "time_zone": settings.time_zone,
        "federal_state": settings.federal_state,
        "sender": sender.model_dump(mode="json") if sender else None,
        "send_times": settings.send_times,
        "letter_form": settings.letter_form,
    }
    await transaction.execute(
        insert(AgencyTable)
        .values(agency_id=transaction.agency, **given)
        .on_conflict_do_update(
            index_elements=["agency_id"], set_={**given, "updated_at": func.now()}
        )
    )


async def ensure_agency(transaction: Transaction) -> None:
    """Make sure the agency has its row, with the settings of a new one."""
    if (await transaction.exec(_own_row(transaction))).one_or_none() is None:
        await put_agency(transaction, AgencySettings())


async def move_day(transaction: Transaction, day: date) -> None:
    """Make a day the last day run."""
    await ensure_agency(transaction)
    await transaction.execute(
        update(AgencyTable).where(col(AgencyTable.agency_id) == transaction.agency).values(day=day)
    )


async def add_source(transaction: Transaction, *, source: str, secret: str) -> str:
    """Add a source with this secret; returns the secret in use, which a known source keeps.

    SQL text because two who add the same source at once must get the same secret.
    """
    found = await transaction.execute(
        """
        INSERT INTO webhook_source (agency_id, source, secret) VALUES (:agency, :source, :secret)
        ON CONFLICT (agency_id, source) DO UPDATE SET secret = webhook_source.secret
        RETURNING secret
        """,
        {"source": source, "secret": secret},
    )
    return str(found.scalar_one())


async def rotate_secret(transaction: Transaction, *, source: str, secret: str) -> bool:
    """Give a source a new secret; the one before stays good. Returns whether the source is known.

    SQL text because the statement itself moves the old secret, even if others rotate it too.
    """
    found = await transaction.execute(
        """
        UPDATE webhook_source
           SET previous_secret = secret, secret = :secret, rotated_at = now()
         WHERE agency_id = :agency AND source = :source
        """,
        {"source": source, "secret": secret},
    )
    return found.rowcount == 1


async def sources(transaction: Transaction) -> Sequence[WebhookSourceTable]:
    """The agency's sources by name."""
    mine = select(WebhookSourceTable).where(WebhookSourceTable.agency_id == transaction.agency)
    return (await transaction.exec(mine.order_by(WebhookSourceTable.source))).all()


async def delete_source(transaction: Transaction, source: str) -> bool:
    """Forget a source and its secrets; returns whether it was known."""
    gone = await transaction.execute(
        delete(WebhookSourceTable).where(
            col(WebhookSourceTable.agency_id) == transaction.agency,
            col(WebhookSourceTable.source) == source,
        )
    )
    return gone.rowcount == 1


async def source_secrets(transaction: Transaction, source: str) -> tuple[str, ...]:
    """The secrets that a source may sign with, the newest first; empty if it is unknown."""
    known = await transaction.exec(
        select(WebhookSourceTable).where(
            WebhookSourceTable.agency_id == transaction.agency,
            WebhookSourceTable.source == source,
        )
    )
    row = known.one_or_none()
    if row is None:
        return ()
    return (row.secret, row.previous_secret) if row.previous_secret else (row.secret,)
