"""The agency's settings and the systems that send it events."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.contracts.agencies import Agency, AgencySettings
from shared.contracts.identities import SenderIdentity
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyDay:
    """Where and when an agency is."""

    zone: ZoneInfo
    day: date | None  # the last one run

    def today(self, now: datetime) -> date:
        """The agency's day: the last one run, before the first the one that the clock shows."""
        return self.day or self.on_the_clock(now)

    def on_the_clock(self, now: datetime) -> date:
        """The day that the clock shows where the agency is."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSecrets:
    """The secrets that a source may sign with, the newest first; none where it is unknown."""

    secrets: tuple[str, ...]


async def agency(transaction: Transaction) -> Agency:
    """The agency's settings; those of a new agency where none were given yet."""
    found = await transaction.execute(
        "SELECT agency.*, sender::text AS sender_json FROM agency WHERE agency_id = :agency"
    )
    row = found.one_or_none()
    if row is None:
        return Agency(agency_id=transaction.agency, day=None)
    sender = json.loads(row.sender_json) if row.sender_json else None
    return Agency(
        agency_id=row.agency_id,
        day=row.day,
        time_zone=row.time_zone,
        federal_state=row.federal_state,
        sender=SenderIdentity.model_validate(sender) if sender else None,
        send_times=list(row.send_times),
    )


async def agency_day(transaction: Transaction) -> AgencyDay:
    """The agency's time zone and last day run."""
    found = await transaction.execute("SELECT time_zone, day FROM agency WHERE agency_id = :agency")
    row = found.one_or_none()
    if row is None:
        return AgencyDay(zone=ZoneInfo(AgencySettings().time_zone), day=None)
    return AgencyDay(zone=ZoneInfo(row.time_zone), day=row.day)


async def put_agency(transaction: Transaction, settings: AgencySettings) -> bool:
    """Write the settings; true where anything is different now."""
    found = await transaction.execute(
        """
        INSERT INTO agency AS old
               (agency_id, time_zone, federal_state, sender, send_times)
        VALUES (:agency, :time_zone, :federal_state, CAST(:sender AS jsonb),
                CAST(:send_times AS text[]))
        ON CONFLICT (agency_id) DO UPDATE
           SET time_zone = excluded.time_zone, federal_state = excluded.federal_state,
               sender = excluded.sender, send_times = excluded.send_times, updated_at = now()
         WHERE (old.time_zone, old.federal_state, old.sender, old.send_times)
               IS DISTINCT FROM
               (excluded.time_zone, excluded.federal_state, excluded.sender, excluded.send_times)
        RETURNING agency_id
        """,
        {
            "time_zone": settings.time_zone,
            "federal_state": settings.federal_state,
            "sender": settings.sender.model_dump_json() if settings.sender else None,
            "send_times": settings.send_times,
        },
    )
    return found.one_or_none() is not None


async def ensure_agency(transaction: Transaction) -> None:
    """Make sure the agency has its row, with the settings of a new one."""
    found = await transaction.execute("SELECT 1 FROM agency WHERE agency_id = :agency")
    if found.one_or_none() is None:
        await put_agency(transaction, AgencySettings())


async def move_day(transaction: Transaction, day: date) -> None:
    """Make a day the last day run."""
    await ensure_agency(transaction)
    await transaction.execute(
        "UPDATE agency SET day = :day WHERE agency_id = :agency AND day IS DISTINCT FROM :day",
        {"day": day},
    )


async def rotate_secret(transaction: Transaction, *, source: str, secret: str) -> bool:
    """Give a source a new secret; the one before stays good. True where there was one."""
    found = await transaction.execute(
        """
        INSERT INTO webhook_source (agency_id, source, secret) VALUES (:agency, :source, :secret)
        ON CONFLICT (agency_id, source) DO UPDATE
           SET previous_secret = webhook_source.secret, secret = excluded.secret,
               rotated_at = now()
        RETURNING previous_secret IS NOT NULL
        """,
        {"source": source, "secret": secret},
    )
    return bool(found.scalar_one())


async def source_secrets(transaction: Transaction, source: str) -> SourceSecrets:
    """What a source may sign with."""
    found = await transaction.execute(
        """
        SELECT secret, previous_secret FROM webhook_source
         WHERE agency_id = :agency AND source = :source
        """,
        {"source": source},
    )
    row = found.one_or_none()
    return SourceSecrets(secrets=tuple(filter(None, row)) if row else ())
