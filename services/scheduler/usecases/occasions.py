"""Occasions that callers tell: a service of the catalogue is raised for a customer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.demand import who_gets
from services.scheduler.domain.intervals import HORIZON_MONTHS
from services.scheduler.domain.occasions import NewOccasion, occasion_of_caller
from services.scheduler.domain.services import kind_of_row
from services.scheduler.domain.touchpoint_ids import month_later, touchpoint_id
from services.scheduler.store import customers, planning, touchpoints, work_marks
from services.scheduler.store.customer_tables import CustomerTable
from services.scheduler.store.merges import merged_into
from services.scheduler.usecases.agencies import agency_here, ensure_agency, ruling_catalogue
from services.scheduler.usecases.requests import CustomerNotKnown
from shared.clients.classifier import ClassifierClient
from shared.contracts.catalogues import Catalogue, Service
from shared.contracts.scheduling import OccasionView
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction

OLDEST_DAYS: Final = 60
"""What happened longer ago is no occasion any more; a contact would only surprise."""


class ServiceNotFound(Exception):
    """the catalogue in force has no such service"""


class ServiceNotRaisedByCallers(Exception):
    """the service comes by itself, or something else raises it"""


class ServiceNotForCustomer(Exception):
    """the service is not for this customer, so it would never come"""


class OccasionTooFar(Exception):
    """the day lies too far from today"""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"/on: {type(self).__doc__}")
        self.pointers = [{"pointer": "/on", "detail": f"must lie between {first} and {last}"}]


class RaisedForAnotherDay(Exception):
    """the same occasion was raised for another day; what is raised is not moved"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OccasionToRaise:
    """What a caller raises; the same ``cause_id`` is the same occasion, and ``on`` None today."""

    customer_id: CustomerId
    service: str
    on: date | None
    cause_id: str


async def raise_occasion(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    wanted: OccasionToRaise,
    now: datetime,
) -> OccasionView:
    """Keep the occasion and plan the customer's unit again.

    What is kept is answered alike at any time, whatever became of the service or the customer.

    Raises CustomerNotKnown, ServiceNotFound, ServiceNotRaisedByCallers, ServiceNotForCustomer,
    OccasionTooFar, RaisedForAnotherDay.
    """
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        known = await agency_here(transaction)
        today = now.astimezone(ZoneInfo(known.time_zone)).date()
        customer = await _customer(transaction, wanted.customer_id)
        occasion = occasion_of_caller(
            agency=agency,
            customer_id=customer.customer_id,
            service=wanted.service,
            cause_id=wanted.cause_id,
            day=wanted.on or today,
        )
        kept = await touchpoints.occasion_day(transaction, occasion)
        if kept is None:
            _require_near(occasion.day, today)
            catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
            service = _raisable(catalogue, wanted.service)
            await _require_served(transaction, customer, catalogue, service, today)
            await touchpoints.save_occasions(transaction, [occasion])
            await work_marks.mark_units(transaction, [customer.unit_id])
        elif wanted.on not in (None, kept):
            raise RaisedForAnotherDay(f"raised for {kept} already, not for {wanted.on}")
        left = await touchpoints.left_of_occasion(transaction, occasion)
    return _view(agency, occasion, kept or occasion.day, left)


def _require_near(day: date, today: date) -> None:
    first = today - timedelta(days=OLDEST_DAYS)
    last = month_later(today, HORIZON_MONTHS) - timedelta(days=1)
    if not first <= day <= last:
        raise OccasionTooFar(first, last)


def _raisable(catalogue: Catalogue, key: str) -> Service:
    service = catalogue.service(key)
    if service is None:
        known = [row.key for row in catalogue.services if kind_of_row(row).raised_by_callers]
        raise ServiceNotFound(
            f"there is no {key}; callers can raise: {', '.join(sorted(known)) or 'none'}"
        )
    kind = kind_of_row(service)
    if kind.raised_by_callers:
        return service
    if service.occasion != "raised":
        why = f"it comes by itself, by its occasion {service.occasion}"
    elif kind.answers:
        why = "it answers requests; open one (POST /v1/requests)"
    elif kind.raised_by:
        why = f"it is raised by {', '.join(kind.raised_by)}"
    else:
        why = "it speaks of something that has to be known, and nothing tells that yet"
    raise ServiceNotRaisedByCallers(f"{key}: {why}")


async def _customer(transaction: Transaction, customer_id: CustomerId) -> CustomerTable:
    now = await merged_into(transaction, [customer_id])
    found = await customers.locked_customer(transaction, now.get(customer_id, customer_id))
    if found is None:
        raise CustomerNotKnown(f"no customer {customer_id} is known here")
    return found


async def _require_served(
    transaction: Transaction,
    customer: CustomerTable,
    catalogue: Catalogue,
    service: Service,
    today: date,
) -> None:
    """Raise ServiceNotForCustomer if it would never come; whose class is open yet may get it."""
    if customer.status == "active" and (customer.segment is None or customer.facts_at is None):
        return
    planned = await planning.planned_customers(transaction, [customer.unit_id], as_of=today)
    served = await asyncio.to_thread(who_gets, planned, catalogue, service)
    if customer.customer_id not in served:
        died = "" if customer.death_date is None else ", died"
        raise ServiceNotForCustomer(
            f"{service.key} is for {service.served} of the classes"
            f" {', '.join(service.segments)}; {customer.customer_id} is {customer.status}, class"
            f" {customer.segment or 'unknown'}, mandate {customer.mandate or 'unknown'}{died}"
        )


def _view(agency: AgencyId, occasion: NewOccasion, day: date, left: Sequence[UUID]) -> OccasionView:
    """The answer; of an occasion that left the plan before a merge the id is still the old one."""
    own = touchpoint_id(
        agency=agency,
        customer_id=occasion.customer_id,
        service=occasion.service,
        occurrence=occasion.occurrence,
    )
    return OccasionView(
        customer_id=occasion.customer_id,
        service=occasion.service,
        on=day,
        touchpoint_id=own if own in left else min(left, default=own),
    )
