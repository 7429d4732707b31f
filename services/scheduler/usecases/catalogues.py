"""Service catalogues: kept in versions and put in force."""

from datetime import datetime

from services.scheduler.domain.catalogues import require_allowed
from services.scheduler.store import catalogues
from services.scheduler.usecases.agencies import (
    plan_everything,
    ruling_catalogue,
)
from shared.contracts.catalogues import Catalogue, StoredCatalogue
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.kept_keys import RepeatableRequest, keep_made


class CatalogueVersionNotFound(Exception):
    """there is no such version of the catalogue"""


async def list_catalogues(
    *, database: Database, agency: AgencyId, now: datetime
) -> list[tuple[StoredCatalogue, bool]]:
    """Return all versions, the newest first, each with whether it is in force."""
    async with database.transaction(agency) as transaction:
        await ruling_catalogue(transaction, now=now)
        return await catalogues.list_catalogues(transaction)


async def add_catalogue(
    *,
    database: Database,
    agency: AgencyId,
    catalogue: Catalogue,
    author: str,
    now: datetime,
    request: RepeatableRequest,
) -> int:
    """Store a new version without putting it in force; returns its number. A repeated request
    returns the number of the version that it made.

    Raises CatalogueNotAllowed if the notifier would refuse the messages of a row.
    """
    require_allowed(catalogue)
    async with database.transaction(agency) as transaction:
        await ruling_catalogue(transaction, now=now)
        if request.made is not None:
            return int(request.made)
        version = await catalogues.add_catalogue(transaction, catalogue, author=author)
        await keep_made(transaction, request, str(version))
        return version


async def activate(*, database: Database, agency: AgencyId, version: int, now: datetime) -> None:
    """Put a version in force and plan by it; raises CatalogueVersionNotFound,
    CatalogueNotAllowed."""
    async with database.transaction(agency) as transaction:
        stored = await catalogues.catalogue_version(transaction, version)
        if stored is None:
            raise CatalogueVersionNotFound(f"there is no version {version} of the catalogue")
        require_allowed(stored.catalogue)  # it may have been kept before a rule was made
        ruling = await ruling_catalogue(transaction, now=now)
        if ruling.version != version:
            await catalogues.activate(transaction, version, now=now)
            await plan_everything(transaction)
