"""Reading classes: the present one with today's figures, and the history."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from time import monotonic
from typing import Any, Final

from services.classifier.domain.classify import classify
from services.classifier.domain.explain import explain
from services.classifier.store import class_history, classifications, policies
from services.classifier.store.agencies import agency_day
from services.classifier.store.class_history import HistoryPlace, StoredClassification
from services.classifier.store.facts import Loaded, TheseUnits, facts_of
from services.classifier.store.policies import PolicyInForce
from services.classifier.usecases.customer_refusals import refuse_merged
from shared.contracts.vocabulary import AgencyId, CustomerId, Revision
from shared.db.database import Database, Transaction

WAIT_SECONDS: Final = 5.0
"""A caller that waits holds a connection of theirs, not one to the database."""
FIRST_PAUSE_SECONDS: Final = 0.02
LONGEST_PAUSE_SECONDS: Final = 0.2


class CustomerNotClassified(Exception):
    """only active customers are classified"""

    def __init__(self, customer_id: CustomerId, status: str) -> None:
        super().__init__(f"customer {customer_id} is {status}: {type(self).__doc__}")


class UnknownCustomer(Exception):
    """there is no such customer"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(
            f"there is no customer {customer_id}; PUT /v1/customers/{customer_id} makes one"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadClassification:
    """A classification of a customer, and where in the feed it was told (0: no longer kept)."""

    customer_id: CustomerId
    stored: StoredClassification
    revision: int
    stale: bool = False
    """Whether facts, or the policy, say that it will be another one, or may be."""


async def active_unit(transaction: Transaction, customer_id: CustomerId) -> CustomerId:
    """The care unit of an active customer; raises UnknownCustomer, CustomerNotClassified."""
    found = await classifications.unit_of(transaction, customer_id)
    if found is None:
        await refuse_merged(transaction, customer_id)
        raise UnknownCustomer(customer_id)
    unit_id, status = found
    if status != "active":
        raise CustomerNotClassified(customer_id, status)
    return unit_id


async def read_classification(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    now: datetime,
    wait_for: Revision | None = None,
) -> ReadClassification | None:
    """The present class of a customer; None while none was made yet.

    Class and axes are as stored; facts, gaps and reasons are today's, unless today's would say
    another class: then it is stale, and the stored ones are shown. All of it is read at one
    instant. With ``wait_for`` it waits until what was written up to that revision is classified,
    :data:`WAIT_SECONDS` at most. Raises UnknownCustomer, CustomerNotClassified.
    """
    if wait_for is not None:
        await _wait(database, agency, customer_id, wait_for)
    async with database.reading(agency) as transaction:
        standing = await _active(transaction, customer_id)
        unit_id = standing.unit_id
        stored = await class_history.present_classification(transaction, unit_id)
        if stored is None:
            return None
        where = await agency_day(transaction)
        day = where.today(now)
        ruling = await policies.in_force(transaction, day)
        assert ruling is not None, "a class was made under a policy"
        loaded = await facts_of(
            transaction, TheseUnits([unit_id]), policy=ruling.policy, as_of=day, zone=where.zone
        )
    shown = await asyncio.to_thread(_with_present_figures, stored, loaded, ruling, day)
    return ReadClassification(
        customer_id=customer_id,
        stored=shown or stored,
        revision=standing.revision,
        stale=shown is None or standing.marked or standing.head < (wait_for or 0),
    )


async def _active(transaction: Transaction, customer_id: CustomerId) -> classifications.Standing:
    standing = await classifications.standing(transaction, customer_id)
    if standing is None:
        await refuse_merged(transaction, customer_id)
        raise UnknownCustomer(customer_id)
    if standing.status != "active":
        raise CustomerNotClassified(customer_id, standing.status)
    return standing


async def _wait(
    database: Database, agency: AgencyId, customer_id: CustomerId, revision: Revision
) -> None:
    """Come back when what was written up to a revision is classified, or when time is over."""
    ends, pause = monotonic() + WAIT_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        async with database.transaction(agency) as transaction:
            standing = await _active(transaction, customer_id)
            if standing.head >= revision and not standing.marked:
                return
        if monotonic() + pause > ends:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def _with_present_figures(
    stored: StoredClassification, loaded: Loaded, ruling: PolicyInForce, day: date
) -> StoredClassification | None:
    """The classification with today's figures; None if these say that it is another one."""
    if ruling.version != stored.policy_version or loaded.facts.is_empty():
        return None
    rows = classify(
        loaded.facts,
        further_members=loaded.further_members,
        policy=ruling.policy,
        policy_version=ruling.version,
        calibration=ruling.calibration,
        as_of=day,
    )
    if rows["changed"][0]:
        return None
    explained = explain(
        rows,
        further_members=loaded.further_members,
        policy=ruling.policy,
        calibration=ruling.calibration,
        as_of=day,
    ).row(0, named=True)
    return replace(
        stored,
        calibration=ruling.calibration_number,
        facts=json.loads(explained["facts"]) if explained["facts"] else None,
        gaps=json.loads(explained["gaps"]),
        reasons=[*_ended_holds(stored), *json.loads(explained["reasons"])],
        axes=json.loads(explained["axes"]),
        held=json.loads(explained["held"]) if explained["held"] else None,
    )


def _ended_holds(stored: StoredClassification) -> list[dict[str, Any]]:
    """Why levels that the band would keep are low: their hold time ended, as was told that day.

    Each stands before its axis. What stands last is a chance that ended: told anew each day, as
    long as it is true.
    """
    return [reason for reason, _ in pairwise(stored.reasons) if reason["rule"] == "hold_time"]


async def read_history(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    after: HistoryPlace | None,
    limit: int,
) -> list[StoredClassification]:
    """A customer's classifications, the newest first. Raises UnknownCustomer."""
    async with database.transaction(agency) as transaction:
        if await classifications.unit_of(transaction, customer_id) is None:
            raise UnknownCustomer(customer_id)
        return await class_history.classifications_of_customer(
            transaction, customer_id, after=after, limit=limit
        )


async def read_class_on(
    *, database: Database, agency: AgencyId, customer_id: CustomerId, day: date
) -> StoredClassification | None:
    """The classification that held on a day, if there was one. Raises UnknownCustomer."""
    async with database.transaction(agency) as transaction:
        if await classifications.unit_of(transaction, customer_id) is None:
            raise UnknownCustomer(customer_id)
        return await class_history.classification_held_on(transaction, customer_id, day)


async def list_classifications(
    *, database: Database, agency: AgencyId, segment: str | None, after: CustomerId, limit: int
) -> list[ReadClassification]:
    """Customers in the order of their ids with their present class, as stored."""
    async with database.transaction(agency) as transaction:
        found = await class_history.customers_by_class(
            transaction, segment=segment, after=after, limit=limit
        )
        told = await classifications.revisions(transaction, [customer for customer, _ in found])
    return [
        ReadClassification(customer_id=customer, stored=stored, revision=told.get(customer, 0))
        for customer, stored in found
    ]
