"""Versions of the service catalogue, and campaigns held on another day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.contracts.catalogues import Catalogue, StoredCatalogue
from shared.db.database import Transaction


async def catalogue_in_force(transaction: Transaction) -> StoredCatalogue | None:
    """The version activated last; None before the first."""
    return await _one(
        transaction,
        """
        SELECT version, created_at, body::text AS body FROM catalogue
         WHERE agency_id = :agency AND activated_at IS NOT NULL
         ORDER BY activated_at DESC, version DESC LIMIT 1
        """,
    )


async def catalogue_version(transaction: Transaction, version: int) -> StoredCatalogue | None:
    """One version."""
    return await _one(
        transaction,
        """
        SELECT version, created_at, body::text AS body FROM catalogue
         WHERE agency_id = :agency AND version = :version
        """,
        {"version": version},
    )


async def list_catalogues(transaction: Transaction) -> list[tuple[StoredCatalogue, bool]]:
    """All versions, the newest first, each with whether it is in force."""
    ruling = await catalogue_in_force(transaction)
    rows = await transaction.execute(
        """
        SELECT version, created_at, body::text AS body FROM catalogue
         WHERE agency_id = :agency ORDER BY version DESC
        """
    )
    number = ruling.version if ruling else None
    return [(_stored(row), row.version == number) for row in rows]


async def list_catalogues_once_in_force(transaction: Transaction) -> list[StoredCatalogue]:
    """All versions that are or were in force, the last one first."""
    rows = await transaction.execute(
        """
        SELECT version, created_at, body::text AS body FROM catalogue
         WHERE agency_id = :agency AND activated_at IS NOT NULL
         ORDER BY activated_at DESC, version DESC
        """
    )
    return [_stored(row) for row in rows]


async def add_catalogue(transaction: Transaction, catalogue: Catalogue, *, author: str) -> int:
    """Keep a new version; gives its number."""
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtext('catalogue:' || CAST(:agency AS text)))"
    )
    written = await transaction.execute(
        """
        INSERT INTO catalogue (agency_id, version, body, created_by)
        SELECT CAST(:agency AS varchar), coalesce(max(version), 0) + 1, CAST(:body AS jsonb),
               CAST(:author AS varchar)
          FROM catalogue WHERE agency_id = :agency
        RETURNING version
        """,
        {"body": catalogue.model_dump_json(), "author": author},
    )
    return int(written.scalar_one())


async def activate(transaction: Transaction, version: int, *, now: datetime) -> None:
    """Put a version in force."""
    await transaction.execute(
        """
        UPDATE catalogue SET activated_at = :now WHERE agency_id = :agency AND version = :version
        """,
        {"version": version, "now": now},
    )


async def moved_campaigns(transaction: Transaction) -> dict[tuple[str, date], date]:
    """Campaigns held on another day, by service and the first day of their month."""
    rows = await transaction.execute(
        "SELECT service, month, day FROM campaign WHERE agency_id = :agency"
    )
    return {(row.service, row.month): row.day for row in rows}


async def move_campaign(transaction: Transaction, service: str, month: date, day: date) -> None:
    """Hold the campaign of a month on this day."""
    await transaction.execute(
        """
        INSERT INTO campaign (agency_id, service, month, day)
        VALUES (:agency, :service, :month, :day)
        ON CONFLICT (agency_id, service, month) DO UPDATE SET day = excluded.day
        """,
        {"service": service, "month": month, "day": day},
    )


async def _one(
    transaction: Transaction, statement: str, parameters: Mapping[str, object] | None = None
) -> StoredCatalogue | None:
    row = (await transaction.execute(statement, parameters)).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: Any) -> StoredCatalogue:
    return StoredCatalogue(
        version=row.version,
        created_at=row.created_at,
        catalogue=Catalogue.model_validate_json(row.body),
    )
