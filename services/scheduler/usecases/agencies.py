"""The agency's calendar and the catalogue in force, which every other use case needs."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.domain.office_calendars import require_possible
from services.scheduler.domain.starting_catalogues import model_of, starting_catalogue
from services.scheduler.store import agencies, catalogues, planning, work_marks
from services.scheduler.store.agencies import KnownAgency
from shared.clients.classifier import ClassifierClient
from shared.contracts.catalogues import StoredCatalogue
from shared.contracts.changes.scheduler import AgencyOpened
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.office_calendars import OfficeCalendar
from shared.contracts.policies import Model
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.failures import Transient

log = structlog.get_logger(__name__)

ASKED_AGAIN_AFTER = timedelta(minutes=10)
STARTING_CATALOGUE_BY = "kundentakt"
DEFAULT_MODEL: Model = "revenue_potential"
"""The model of a new agency, before the classifier was asked for the first time."""


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
    """Return the agency as the classifier describes it; it is asked again after a few minutes, or
    at once if ``freshly``."""
    async with database.transaction(agency) as transaction:
        known = await agencies.known_agency(transaction)
    age = None if known is None else now - known.asked_at
    fresh = age is not None and age < ASKED_AGAIN_AFTER and not freshly
    if known is not None and known.model is not None and fresh:
        return known
    answered = await classifier.agency(agency)
    ruling = await classifier.active_policy(agency)
    policy = (await classifier.policy(agency, ruling.version)).policy
    async with database.transaction(agency) as transaction:
        await agencies.put_agency(
            transaction, answered, policy_version=ruling.version, model=policy.model, asked_at=now
        )
        before = None if known is None else known.model
        await _match_model(transaction, policy.model, before=before, now=now)
        return await agency_here(transaction)


async def _match_model(
    transaction: Transaction, model: Model, *, before: Model | None, now: datetime
) -> None:
    """Put a catalogue in force that serves the model's classes, if the present one does not.

    The catalogue of that model that was in force last is used again; without one, the starting
    catalogue. While
    the model stays, an agency's own catalogue without services for class O stays in force.
    """
    ruling = await catalogues.catalogue_in_force(transaction)
    if ruling is None or model_of(ruling.catalogue) == model:
        return
    if model == "revenue_potential" and before in (None, model):
        return
    known = await catalogues.list_catalogues_once_in_force(transaction)
    version = next((each.version for each in known if model_of(each.catalogue) == model), None)
    if version is None:
        version = await catalogues.add_catalogue(
            transaction, starting_catalogue(model), author=STARTING_CATALOGUE_BY
        )
    await catalogues.activate(transaction, version, now=now)
    await plan_everything(transaction)
    log.info("catalogue follows the model", agency=transaction.agency, model=model, version=version)


async def read_opening(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> KnownAgency:
    """Return the agency, with the instant at which it opened."""
    return await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)


async def open_agency(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> KnownAgency:
    """End moving in: from now on carers are introduced and advertising leaves. Safe to repeat."""
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        if await agencies.open_agency(transaction):
            await plan_everything(transaction)
            log.info("agency opened", agency=agency)
            opened = await agency_here(transaction)
            assert opened.opened_at is not None
            transaction.publish(AgencyOpened(agency_id=agency, opened_at=opened.opened_at))
        return await agency_here(transaction)


async def read_office(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> OfficeCalendar:
    """Return the agency's own hours and closed days."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    return known.office


async def put_office(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    office: OfficeCalendar,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> OfficeCalendar:
    """Replace the agency's hours and closed days, and plan again if they are others.

    Deadlines that were told stay. Raises ConditionFailed, OutOfReach, ClosedTooLong.
    """
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        known = await agency_here(transaction, locked=True)
        condition.require(etag_of(known.office))
        if office == known.office:
            return office
        require_possible(
            office,
            before=known.office,
            calendar=known.calendar_with(office),
            today=now.astimezone(ZoneInfo(known.time_zone)).date(),
        )
        await agencies.put_office(transaction, office)
        await plan_everything(transaction)
    log.info("office calendar changed", agency=agency)
    return office


async def plan_everything(transaction: Transaction) -> None:
    """Plan the whole book again: staff, hours, catalogue, campaigns or the day changed."""
    await planning.outdate_plan(transaction)
    await work_marks.mark_units(transaction, [work_marks.EVERY_UNIT])


async def agency_here(transaction: Transaction, *, locked: bool = False) -> KnownAgency:
    """Return the agency inside a transaction; raises AgencyNotKnownYet if the classifier was not
    asked yet."""
    known = await agencies.known_agency(transaction, locked=locked)
    if known is None:
        raise AgencyNotKnownYet(AgencyNotKnownYet.__doc__)
    return known


async def ruling_catalogue(transaction: Transaction, *, now: datetime) -> StoredCatalogue:
    """Return the catalogue in force; without one, the starting catalogue of the model becomes
    version 1."""
    ruling = await catalogues.catalogue_in_force(transaction)
    if ruling is not None:
        return ruling
    known = await agencies.known_agency(transaction)
    model = known.model if known is not None and known.model else DEFAULT_MODEL
    version = await catalogues.add_catalogue(
        transaction, starting_catalogue(model), author=STARTING_CATALOGUE_BY
    )
    await catalogues.activate(transaction, version, now=now)
    begun = await catalogues.catalogue_in_force(transaction)
    assert begun is not None
    return begun
