"""Changes of carers: proposed by planning, applied, taken back and told by decision of a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import structlog

from services.scheduler.domain.introductions import (
    INTRODUCTIONS,
    Introductions,
    introduction_occasions,
    introductions,
)
from services.scheduler.store import (
    carer_changes,
    carers,
    change_outbox,
    customers,
    planning,
    staff,
    touchpoints,
    work_marks,
)
from services.scheduler.store import introductions as introductions_store
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.carer_changes import CarerMove, Proposal
from services.scheduler.store.introductions import Held, Met
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.requests import CustomerNotKnown
from services.scheduler.usecases.staff import person
from shared.contracts.carers import (
    CarerApplication,
    CarerUndoing,
    Chosen,
    DecidedIntroductions,
    PinnedCarer,
)
from shared.contracts.vocabulary import AgencyId, CustomerId, StaffId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)

NAMED_AT_MOST = 5
"""Ids that a refusal lists; more would bury what to do."""


class CarerChangeNotProposed(Exception):
    """no change of carer is proposed for a care unit"""


class CarerApplicationNotFound(Exception):
    """changes of carers were never applied under this id"""


class IntroductionNotHeld(Exception):
    """no introduction of a customer waits"""


class CarerNotActive(Exception):
    """this person has left and cannot be anybody's carer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moved:
    """What moving units comes to."""

    met: Sequence[Met]
    introduced: Introductions
    day: date


async def list_changes(
    *, database: Database, agency: AgencyId, after: str, limit: int
) -> list[Proposal]:
    """Proposed changes of carers by care unit."""
    async with database.transaction(agency) as transaction:
        return await carer_changes.list_proposals(transaction, after=after, limit=limit)


async def apply_changes(
    *,
    database: Database,
    agency: AgencyId,
    units: Chosen,
    dry_run: bool,
    by: str,
    share: float,
    now: datetime,
) -> CarerApplication:
    """Give units the carers that are proposed for them, and introduce those.

    Raises CarerChangeNotProposed, which names the units; then nothing was changed.
    """
    async with database.transaction(agency) as transaction:
        known = await agency_here(transaction)
        if not dry_run:
            await _outdate_plan_first(transaction)
        chosen = None if isinstance(units, str) else sorted(set(units))
        moves = await carer_changes.locked_proposals(transaction, chosen)
        _require_all("care unit", chosen, [each.unit_id for each in moves], CarerChangeNotProposed)
        moved = await _foreseen(transaction, known, moves, share=share, now=now)
        application = uuid4() if moves and not dry_run else None
        if application is not None:
            await _move(transaction, moves, moved)
            await carer_changes.note_application(transaction, application, moves, by=by)
    return CarerApplication(
        application_id=application,
        units=len(moves),
        customers=len(moved.met),
        introductions=len(moved.introduced.of),
        held=moved.introduced.held,
    )


async def _outdate_plan_first(transaction: Transaction) -> None:
    """Make a running planner start over, before anything else is locked: it takes the plan first
    and carers, proposals and touchpoints after it, so that another order would deadlock."""
    await planning.outdate_plan(transaction)


def _require_all(
    what: str, asked: Sequence[str] | None, found: Sequence[str], refusal: type[Exception]
) -> None:
    missing = sorted(set(asked or ()) - set(found))
    if missing:
        more = f" and {len(missing) - NAMED_AT_MOST} more" if len(missing) > NAMED_AT_MOST else ""
        named = ", ".join(missing[:NAMED_AT_MOST])
        raise refusal(f"{refusal.__doc__}: {what} {named}{more}; list what waits and choose again")


async def _foreseen(
    transaction: Transaction,
    known: KnownAgency,
    moves: Sequence[CarerMove],
    *,
    share: float,
    now: datetime,
    told: Collection[CustomerId] | None = None,
) -> _Moved:
    """Who would be introduced. Introductions leave with the next day that is run, so that what was
    applied by mistake can be taken back until then.

    ``told`` are those who heard of the carer that goes, if it is not everybody in care."""
    as_of = known.day_at(now)
    day = as_of + timedelta(days=1)
    by_unit = {each.unit_id: each for each in moves}
    met = await introductions_store.customers_met(
        transaction, list(by_unit), as_of=as_of, services=INTRODUCTIONS
    )
    knowing = [
        (
            each.customer_id,
            by_unit[each.unit_id].to_staff_id,
            each.knows or _known(each, by_unit, told),
        )
        for each in met
        if not known.moving_in
    ]
    untold = sum(1 for each in met if each.knows is not None)
    already = await introductions_store.introduced_on(transaction, day, INTRODUCTIONS)
    introduced = introductions(
        knowing,
        already=max(0, already - untold),
        book=await introductions_store.size_of_book(transaction),
        share=share,
    )
    return _Moved(met=met, introduced=introduced, day=day)


def _known(
    met: Met, moves: dict[str, CarerMove], told: Collection[CustomerId] | None
) -> StaffId | None:
    knows = met.settled if told is None else met.customer_id in told
    return moves[met.unit_id].from_staff_id if knows else None


async def _move(transaction: Transaction, moves: Sequence[CarerMove], moved: _Moved) -> None:
    """Carry out what was foreseen, in a plan that was outdated first: carers, introductions, feed,
    marks."""
    units = [each.unit_id for each in moves]
    ids = [each.customer_id for each in moved.met]
    await carer_changes.move(transaction, moves)
    await introductions_store.forget_untold(transaction, ids, INTRODUCTIONS)
    if moved.introduced.held:
        await introductions_store.hold(transaction, moved.introduced.of)
    else:
        occasions = introduction_occasions(moved.introduced.of, day=moved.day)
        await touchpoints.save_occasions(transaction, occasions)
    await change_outbox.add_to_outbox(transaction, "carer", units)
    await work_marks.mark_units(transaction, units)
    log.info(
        "carers changed",
        agency=transaction.agency,
        units=len(units),
        introductions=len(moved.introduced.of),
        held=moved.introduced.held,
    )


async def undo_application(
    *, database: Database, agency: AgencyId, application_id: UUID, share: float, now: datetime
) -> CarerUndoing:
    """Give units their earlier carer back, unless their customers were told of the new one.

    Repeating undoes nothing more. Raises CarerApplicationNotFound.
    """
    async with database.transaction(agency) as transaction:
        known = await agency_here(transaction)
        if not await carer_changes.knows_application(transaction, application_id):
            raise CarerApplicationNotFound(f"{CarerApplicationNotFound.__doc__}: {application_id}")
        await _outdate_plan_first(transaction)
        back, kept = await carer_changes.undoable(
            transaction, application_id, introductions=INTRODUCTIONS
        )
        if back:
            told = await carer_changes.told_of_new_carer(
                transaction, application_id, introductions=INTRODUCTIONS
            )
            moved = await _foreseen(transaction, known, back, share=share, now=now, told=told)
            await _move(transaction, back, moved)
            await carer_changes.note_undone(transaction, application_id, back)
    return CarerUndoing(units=len(back), kept=kept)


async def list_held(
    *, database: Database, agency: AgencyId, after: CustomerId, limit: int
) -> list[Held]:
    """Introductions that wait for a decision, by customer."""
    async with database.transaction(agency) as transaction:
        return await introductions_store.list_held(transaction, after=after, limit=limit)


async def release_introductions(
    *, database: Database, agency: AgencyId, chosen: Chosen, now: datetime
) -> DecidedIntroductions:
    """Let held introductions leave with the next day that is run. Raises IntroductionNotHeld, and
    CarerNotActive if a new carer has left meanwhile: then another one must be decided on first."""
    async with database.transaction(agency) as transaction:
        await _outdate_plan_first(transaction)
        taken = await _taken(transaction, chosen)
        here = {each.staff_id for each in await staff.list_staff(transaction) if each.active}
        gone = sorted({each.staff_id for each in taken} - here)
        if gone:
            raise CarerNotActive(f"{gone[0]}: {CarerNotActive.__doc__}")
        day = (await agency_here(transaction)).day_at(now) + timedelta(days=1)
        introduced = {each.customer_id: (each.staff_id, each.previous_staff_id) for each in taken}
        await touchpoints.save_occasions(transaction, introduction_occasions(introduced, day=day))
        await work_marks.mark_units_of(transaction, list(introduced))
    return DecidedIntroductions(customers=len(taken))


async def drop_introductions(
    *, database: Database, agency: AgencyId, chosen: Chosen
) -> DecidedIntroductions:
    """Let held introductions lapse: the carer stays and writes nothing. Raises
    IntroductionNotHeld."""
    async with database.transaction(agency) as transaction:
        taken = await _taken(transaction, chosen)
    log.info("introductions dropped", agency=agency, customers=len(taken))
    return DecidedIntroductions(customers=len(taken))


async def _taken(transaction: Transaction, chosen: Chosen) -> list[Held]:
    ids = None if isinstance(chosen, str) else sorted(set(chosen))
    taken = await introductions_store.take_held(transaction, ids)
    _require_all("customer", ids, [each.customer_id for each in taken], IntroductionNotHeld)
    return taken


async def pin_carer(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    staff_id: StaffId,
    share: float,
    now: datetime,
) -> PinnedCarer:
    """Make this person the carer of the customer's household, whatever its rank.

    Somebody decided it, so it is applied at once, with its introduction. Raises
    CustomerNotKnown, StaffNotFound, CarerNotActive.
    """
    async with database.transaction(agency) as transaction:
        unit = await _unit(transaction, customer_id)
        known = await agency_here(transaction)
        if not (await person(transaction, staff_id)).active:
            raise CarerNotActive(f"{staff_id}: {CarerNotActive.__doc__}")
        await _outdate_plan_first(transaction)
        await carers.pin_carer(transaction, unit, staff_id)
        row = await carers.carer_of_unit(transaction, unit)
        before = None if row is None else row.staff_id
        if before != staff_id:
            moves = [CarerMove(unit_id=unit, from_staff_id=before, to_staff_id=staff_id)]
            moved = await _foreseen(transaction, known, moves, share=share, now=now)
            await _move(transaction, moves, moved)
        else:
            await carer_changes.withdraw_proposals(transaction, [unit])
            await work_marks.mark_units(transaction, [unit])
    return PinnedCarer(care_unit=unit, staff_id=staff_id, pinned=True)


async def unpin_carer(
    *, database: Database, agency: AgencyId, customer_id: CustomerId
) -> PinnedCarer:
    """Lift a pin. The carer stays; if the rank belongs elsewhere, that is proposed. Raises
    CustomerNotKnown."""
    async with database.transaction(agency) as transaction:
        unit = await _unit(transaction, customer_id)
        await _outdate_plan_first(transaction)
        row = await carers.carer_of_unit(transaction, unit)
        if row is not None and row.pinned_staff_id is not None:
            await carers.pin_carer(transaction, unit, None)
            await work_marks.mark_units(transaction, [unit])
    return PinnedCarer(care_unit=unit, staff_id=row.staff_id if row else None, pinned=False)


async def _unit(transaction: Transaction, customer_id: CustomerId) -> str:
    units = await customers.units_of(transaction, [customer_id])
    if not units:
        raise CustomerNotKnown(f"no customer {customer_id} is known here")
    return next(iter(units))
