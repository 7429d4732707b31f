"""The agency's calendar and the catalogue in force: what everything else begins with."""

from datetime import datetime, timedelta

from services.scheduler.domain.catalogue import four_class_catalogue
from services.scheduler.store import agencies, catalogues
from services.scheduler.store.agencies import KnownAgency
from shared.clients.classifier import ClassifierClient
from shared.contracts.catalogues import StoredCatalogue
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.failures import Transient

ASKED_AGAIN_AFTER = timedelta(minutes=10)
STARTING_CATALOGUE_BY = "kundentakt"


class AgencyNotKnownYet(Transient):
    """the classifier has not told us of this agency yet; the same call will succeed soon"""


async def ensure_agency(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    now: datetime,
    freshly: bool = False,
) -> KnownAgency:
    """The agency as the classifier describes it, asked again every few minutes or ``freshly``."""
    async with database.transaction(agency) as transaction:
        known = await agencies.known_agency(transaction)
    age = None if known is None else now - known.asked_at
    if known is not None and not freshly and age is not None and age < ASKED_AGAIN_AFTER:
        return known
    told = await classifier.agency(agency)
    async with database.transaction(agency) as transaction:
        await agencies.put_agency(transaction, told, asked_at=now)
        return await agency_here(transaction)


async def agency_here(transaction: Transaction) -> KnownAgency:
    """The agency inside a transaction; raises AgencyNotKnownYet before it was asked for."""
    known = await agencies.known_agency(transaction)
    if known is None:
        raise AgencyNotKnownYet(AgencyNotKnownYet.__doc__)
    return known


async def ruling_catalogue(transaction: Transaction, *, now: datetime) -> StoredCatalogue:
    """The catalogue in force; an agency begins with the starting catalogue as its version 1."""
    ruling = await catalogues.catalogue_in_force(transaction)
    if ruling is not None:
        return ruling
    version = await catalogues.add_catalogue(
        transaction, four_class_catalogue(), author=STARTING_CATALOGUE_BY
    )
    await catalogues.activate(transaction, version, now=now)
    begun = await catalogues.catalogue_in_force(transaction)
    assert begun is not None
    return begun
