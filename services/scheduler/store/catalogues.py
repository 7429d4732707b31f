"""Versions of the service catalogue."""

import json
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.scheduler.store.agency_tables import CatalogueTable
from shared.contracts.bounds import STORED
from shared.contracts.catalogues import Catalogue, StoredCatalogue
from shared.db.database import Transaction


async def catalogue_in_force(transaction: Transaction) -> StoredCatalogue | None:
    """The version that was activated last; None before the first activation."""
    found = await transaction.exec(_activated(transaction).limit(1))
    row = found.one_or_none()
    return None if row is None else _stored(row)


async def catalogue_version(transaction: Transaction, version: int) -> StoredCatalogue | None:
    """One version, or None."""
    found = await transaction.exec(_own(transaction).where(CatalogueTable.version == version))
    row = found.one_or_none()
    return None if row is None else _stored(row)


async def list_catalogues(transaction: Transaction) -> list[tuple[StoredCatalogue, bool]]:
    """All versions, the newest first, each with whether it is in force."""
    ruling = await catalogue_in_force(transaction)
    rows = await transaction.exec(_own(transaction).order_by(col(CatalogueTable.version).desc()))
    number = ruling.version if ruling else None
    return [(_stored(row), row.version == number) for row in rows]


async def list_catalogues_once_in_force(transaction: Transaction) -> list[StoredCatalogue]:
    """All versions that are or were in force, the last one first."""
    return [_stored(row) for row in await transaction.exec(_activated(transaction))]


async def add_catalogue(transaction: Transaction, catalogue: Catalogue, *, author: str) -> int:
    """Keep a new version; returns its number.

    The lock makes two callers take turns: both would find the same highest number otherwise. It is
    SQL text because only PostgreSQL has such locks.
    """
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtext('catalogue:' || CAST(:agency AS text)))"
    )
    highest = await transaction.exec(
        select(func.coalesce(func.max(CatalogueTable.version), 0)).where(
            CatalogueTable.agency_id == transaction.agency
        )
    )
    version = int(highest.one()) + 1
    body = catalogue.model_dump(mode="json")
    await transaction.add(
        CatalogueTable(agency_id=transaction.agency, version=version, body=body, created_by=author)
    )
    return version


async def activate(transaction: Transaction, version: int, *, now: datetime) -> None:
    """Put a version in force."""
    await transaction.execute(
        update(CatalogueTable)
        .where(
            col(CatalogueTable.agency_id) == transaction.agency,
            col(CatalogueTable.version) == version,
        )
        .values(activated_at=now)
    )


def _own(transaction: Transaction) -> SelectOfScalar[CatalogueTable]:
    return select(CatalogueTable).where(CatalogueTable.agency_id == transaction.agency)


def _activated(transaction: Transaction) -> SelectOfScalar[CatalogueTable]:
    """Versions that were put in force, the last one first."""
    activated = col(CatalogueTable.activated_at)
    return (
        _own(transaction)
        .where(activated.is_not(None))
        .order_by(activated.desc(), col(CatalogueTable.version).desc())
    )


def _stored(row: CatalogueTable) -> StoredCatalogue:
    return StoredCatalogue(
        version=row.version,
        created_at=row.created_at,
        # Read as JSON, because the strict model takes days and times as text from JSON alone.
        catalogue=Catalogue.model_validate_json(json.dumps(row.body), context=STORED),
    )
