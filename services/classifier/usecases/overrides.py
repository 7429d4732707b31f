"""Pinning a class: staff know what no figure says. It shows, it has a reason, and it ends."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from services.classifier.domain.models import CLASSES
from services.classifier.store import classifications, overrides
from services.classifier.store.agencies import agency_day
from services.classifier.store.classification_tables import OverrideTable
from services.classifier.store.overrides import LockedUnit
from services.classifier.store.work_marks import mark_units
from services.classifier.usecases.classification_reading import (
    CustomerNotClassified,
    UnknownCustomer,
)
from services.classifier.usecases.policies import policy_in_force
from shared.contracts.classifications import Segment
from shared.contracts.policies import Model
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


class OverrideEndsInPast(Exception):
    """a class can be pinned up to today or a later day"""

    def __init__(self, until: date, *, today: date) -> None:
        super().__init__(f"{until} lies before {today}: {type(self).__doc__}")
        self.pointers = [{"pointer": "/until", "detail": f"must not be before {today}"}]


class SegmentNotInModel(Exception):
    """the model in force does not know this class"""

    def __init__(self, segment: Segment, model: Model) -> None:
        known = ", ".join(CLASSES[model])
        super().__init__(f"class {segment}: {type(self).__doc__} ({model}: {known})")
        self.pointers = [{"pointer": "/segment", "detail": f"must be one of {known}"}]


async def set_override(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    segment: Segment,
    reason: str,
    until: date,
    author: str,
    now: datetime,
) -> OverrideTable:
    """Pin the class of a customer's care unit; what was pinned for a member before ends.

    Setting what holds already changes nothing. Raises UnknownCustomer, CustomerNotClassified,
    OverrideEndsInPast, SegmentNotInModel.
    """
    async with database.transaction(agency) as transaction:
        unit = await _unit(transaction, customer_id)
        if unit.status != "active":
            raise CustomerNotClassified(customer_id, unit.status)
        where = await agency_day(transaction)
        day, earliest = where.today(now), max(where.today(now), where.on_the_clock(now))
        if until < earliest:
            raise OverrideEndsInPast(until, today=earliest)
        model = (await policy_in_force(transaction, day)).policy.model
        if segment not in CLASSES[model]:
            raise SegmentNotInModel(segment, model)
        new = OverrideTable(
            agency_id=agency,
            override_id=uuid4(),
            customer_id=customer_id,
            segment=segment,
            reason=reason,
            author=author,
            set_at=now,
            until=until,
            ended_at=None,
            ended_by=None,
        )
        held = await overrides.overrides_in_force(transaction, unit.members, day)
        if len(held) == 1 and _same(held[0], new):
            return held[0]
        await _end(transaction, held, by=author, now=now)
        await transaction.add(new)
        await _classify_again(transaction, unit)
        return new


async def end_override(
    *, database: Database, agency: AgencyId, customer_id: CustomerId, author: str, now: datetime
) -> None:
    """Let the model decide again; where nothing is pinned nothing changes.

    Ends the pin of the care unit whichever member it was set for. Raises UnknownCustomer.
    """
    async with database.transaction(agency) as transaction:
        unit = await _unit(transaction, customer_id)
        day = (await agency_day(transaction)).today(now)
        held = await overrides.overrides_in_force(transaction, unit.members, day)
        if held:
            await _end(transaction, held, by=author, now=now)
            await _classify_again(transaction, unit)


async def list_overrides(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    after: UUID | None,
    limit: int,
    now: datetime,
) -> tuple[Sequence[OverrideTable], date]:
    """What was ever pinned for the care unit, the latest first, and the agency's day.

    Raises UnknownCustomer.
    """
    async with database.transaction(agency) as transaction:
        if await classifications.unit_of(transaction, customer_id) is None:
            raise UnknownCustomer(customer_id)
        found = await overrides.overrides_of_unit(
            transaction, customer_id, after=after, limit=limit
        )
        return found, (await agency_day(transaction)).today(now)


async def _unit(transaction: Transaction, customer_id: CustomerId) -> LockedUnit:
    unit = await overrides.lock_unit(transaction, customer_id)
    if unit is None:
        raise UnknownCustomer(customer_id)
    return unit


def _same(held: OverrideTable, new: OverrideTable) -> bool:
    names = ("customer_id", "segment", "reason", "author", "until")
    return all(getattr(held, name) == getattr(new, name) for name in names)


async def _end(
    transaction: Transaction, held: Sequence[OverrideTable], *, by: str, now: datetime
) -> None:
    await overrides.end_overrides(
        transaction, [override.override_id for override in held], by=by, at=now
    )


async def _classify_again(transaction: Transaction, unit: LockedUnit) -> None:
    await mark_units(transaction, [unit.unit_id])
    transaction.ask_revision()
    transaction.ring("reclassify")
