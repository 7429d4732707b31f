"""Policies: added, activated from a day, calibrated anew, and the one that rules."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from services.classifier.domain.activation_states import activation_state
from services.classifier.domain.needs import default_policy
from services.classifier.domain.policy_checks import require_sound
from services.classifier.domain.thresholds import (
    BookValues,
    Calibration,
    calibration_of,
    is_relative,
)
from services.classifier.store import activations, policies
from services.classifier.store.activations import Activation
from services.classifier.store.agencies import agency_day
from services.classifier.store.policies import PolicyInForce, StoredPolicy
from services.classifier.store.reclassifications import QueuedFor, queue_run
from shared.contracts.policies import Policy
from shared.contracts.policy_versions import ActivationState
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

FURTHEST_ACTIVATION = timedelta(days=731)
"""Two years: a policy for later has a mistyped year, and would never rule."""
BEFORE_ALL = date(1900, 1, 1)
"""The default policy rules from before the first customer."""


class ActivationInPast(Exception):
    """a policy can rule from the agency's day on, or from a later one"""

    def __init__(self, from_day: date, *, today: date) -> None:
        super().__init__(f"{from_day} lies before {today}: {type(self).__doc__}")
        self.pointers = [{"pointer": "/from", "detail": f"must not be before {today}"}]


class ActivationTooFarAhead(Exception):
    """a policy is activated at most two years ahead"""

    def __init__(self, from_day: date, *, latest: date) -> None:
        super().__init__(f"{from_day} lies after {latest}: {type(self).__doc__}")
        self.pointers = [{"pointer": "/from", "detail": f"must not be after {latest}"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """A version that rules from a day on, or will as soon as it is calibrated."""

    version: int
    from_day: date
    calibration: int | None
    replaced: int | None
    reclassification_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedActivation:
    """An activation, and what it is on the agency's day."""

    activation: Activation
    state: ActivationState


async def policy_in_force(transaction: Transaction, day: date) -> PolicyInForce:
    """The policy that rules on a day; a new agency gets the default one as its first version."""
    ruling = await policies.in_force(transaction, day)
    if ruling is None:
        await _install_default(transaction)
        ruling = await policies.in_force(transaction, day)
        assert ruling is not None
    return ruling


async def _install_default(transaction: Transaction) -> None:
    await policies.take_turn(transaction)
    if await policies.has_policies(transaction):
        return  # another transaction was first
    policy = default_policy()
    version = await policies.add_policy(transaction, policy, author="kundentakt")
    number = await activations.add_calibration(
        transaction, version=version, as_of=BEFORE_ALL, calibration=_amounts(policy)
    )
    await activations.put_in_force(
        transaction,
        from_day=BEFORE_ALL,
        version=version,
        calibration=number,
        run=None,
        author="kundentakt",
    )


def _amounts(policy: Policy) -> Calibration:
    """The calibration of thresholds that are amounts, which asks no book."""
    return calibration_of(BookValues.nothing(), policy=policy)


async def add_policy(
    *,
    database: Database,
    agency: AgencyId,
    policy: Policy,
    author: str,
    request_id: UUID | None = None,
) -> int:
    """Store a new policy version; nothing is classified by it before it is activated.

    The same request finds the version that it made before. Raises PolicyContradictory.
    """
    require_sound(policy)
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        return await policies.add_policy(transaction, policy, author=author, request_id=request_id)


async def list_policies(
    *, database: Database, agency: AgencyId, before: int | None, limit: int
) -> list[StoredPolicy]:
    """Versions, the newest first; the default one is installed if there is none."""
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        return await policies.policies(transaction, before=before, limit=limit)


async def read_policy(*, database: Database, agency: AgencyId, version: int) -> StoredPolicy:
    """One version; raises PolicyVersionNotFound."""
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        return await policies.policy_version(transaction, version)


async def read_two_policies(
    *, database: Database, agency: AgencyId, version: int, other: int | None
) -> tuple[StoredPolicy, StoredPolicy]:
    """A version and another (default: the one before; the first is compared with itself).

    Raises PolicyVersionNotFound.
    """
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        new = await policies.policy_version(transaction, version)
        old = await policies.policy_version(transaction, other or max(1, version - 1))
        return old, new


async def activate_policy(
    *,
    database: Database,
    agency: AgencyId,
    version: int,
    from_day: date | None,
    now: datetime,
    author: str = "kundentakt",
) -> Activated:
    """Let a version rule from a day on (default: the agency's day) and classify the book by it.

    Amounts rule at once. Relative thresholds wait for a worker to calibrate them over the book of
    the version's first day; until then the version before rules. A later activation from the same
    day takes the place of an earlier one; the same again changes nothing.
    Raises PolicyVersionNotFound, ActivationInPast, ActivationTooFarAhead.
    """
    async with database.transaction(agency) as transaction:
        day = (await agency_day(transaction)).today(now)
        begins = from_day or day
        if begins < day:
            raise ActivationInPast(begins, today=day)
        if begins > day + FURTHEST_ACTIVATION:
            raise ActivationTooFarAhead(begins, latest=day + FURTHEST_ACTIVATION)
        await policy_in_force(transaction, day)
        await policies.take_turn(transaction)
        stored = await policies.policy_version(transaction, version)
        before = await activations.activation_on(transaction, begins)
        if before is not None and before.newest == version:
            return _activated(before, replaced=None)
        run = uuid4() if begins == day else None
        if is_relative(stored.policy):
            await activations.await_calibration(
                transaction,
                from_day=begins,
                version=version,
                as_of=begins,
                run=run,
                author=author,
                forget_planned=begins > day,
            )
        else:
            await _rule_at_once(transaction, stored, begins, run=run, author=author)
        done = await activations.activation_on(transaction, begins)
        assert done is not None
        if run is not None:
            await queue_for(transaction, done, run, reason="activation", as_of=day)
    return _activated(done, replaced=before.newest if before else None)


async def _rule_at_once(
    transaction: Transaction, stored: StoredPolicy, begins: date, *, run: UUID | None, author: str
) -> None:
    number = await activations.add_calibration(
        transaction,
        version=stored.version,
        as_of=begins,
        calibration=_amounts(stored.policy),
    )
    await activations.put_in_force(
        transaction,
        from_day=begins,
        version=stored.version,
        calibration=number,
        run=run,
        author=author,
    )


async def queue_for(
    transaction: Transaction, activation: Activation, run: UUID, *, reason: str, as_of: date
) -> bool:
    """Queue the run of an activation, which calibrates first if the version waits for that.

    Returns whether the run is new.
    """
    waits = activation.next_version is not None
    transaction.ring("reclassify_book")
    return await queue_run(
        transaction,
        reclassification_id=run,
        reason=reason,
        as_of=as_of,
        queued_for=QueuedFor(
            policy_version=activation.newest,
            calibrates_from=activation.from_day if waits else None,
            calibration=None if waits else activation.calibration,
        ),
    )


def _activated(activation: Activation, *, replaced: int | None) -> Activated:
    waits = activation.next_version is not None
    return Activated(
        version=activation.newest,
        from_day=activation.from_day,
        calibration=None if waits else activation.calibration,
        replaced=replaced,
        reclassification_id=activation.reclassification_id,
    )


async def list_activations(
    *, database: Database, agency: AgencyId, before: date | None, limit: int, now: datetime
) -> list[DatedActivation]:
    """Which version begins to rule on which day, the latest day first."""
    async with database.transaction(agency) as transaction:
        day = (await agency_day(transaction)).today(now)
        await policy_in_force(transaction, day)
        ruling = await activations.activation_in_force(transaction, day)
        assert ruling is not None
        found = await activations.activations(transaction, before=before, limit=limit)
    return [
        DatedActivation(
            activation=each,
            state=activation_state(
                each.from_day,
                waits=each.next_version is not None,
                calibrated=each.calibration is not None,
                ruling_from=ruling.from_day,
                day=day,
            ),
        )
        for each in found
    ]


async def read_active_policy(
    *, database: Database, agency: AgencyId, day: date | None, now: datetime
) -> tuple[PolicyInForce, Activation, date]:
    """What rules on a day (default: the agency's day), since when, and that day."""
    async with database.transaction(agency) as transaction:
        asked = day or (await agency_day(transaction)).today(now)
        ruling = await policy_in_force(transaction, asked)
        activation = await activations.activation_in_force(transaction, asked)
        assert activation is not None
        return ruling, activation, asked
