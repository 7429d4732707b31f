"""Policies: added, activated from a day, and the one that rules."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from services.classifier.domain.needs import default_policy
from services.classifier.domain.thresholds import Calibration, calibrate, is_relative
from services.classifier.store import policies
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import Loaded, UnitsBetween, facts_of
from services.classifier.store.policies import PolicyInForce, StoredPolicy
from services.classifier.store.reclassifications import queue_run
from shared.contracts.policies import Policy
from shared.contracts.vocabulary import AgencyId
from shared.database import Database, Transaction

BEFORE_ALL = date(1900, 1, 1)
"""The default policy rules from before the first customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """A policy version rules from a day on; the book is being classified anew by it."""

    version: int
    from_day: date
    calibration: int
    reclassification_id: UUID | None


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
    if await policies.policies(transaction):
        return  # another transaction was first
    policy = default_policy()
    version = await policies.add_policy(transaction, policy, author="kundentakt")
    await policies.activate(
        transaction,
        version=version,
        from_day=BEFORE_ALL,
        calibration=calibrate(
            Loaded.nothing().facts,
            further_members=Loaded.nothing().further_members,
            policy=policy,
            as_of=BEFORE_ALL,
        ),
        calibrated_as_of=BEFORE_ALL,
    )


async def add_policy(*, database: Database, agency: AgencyId, policy: Policy, author: str) -> int:
    """Store a new policy version; nothing is classified by it before it is activated."""
    async with database.transaction(agency) as transaction:
        return await policies.add_policy(transaction, policy, author=author)


async def list_policies(*, database: Database, agency: AgencyId) -> list[StoredPolicy]:
    """All versions, the newest first; the default one is installed where there is none."""
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        return await policies.policies(transaction)


async def read_policy(*, database: Database, agency: AgencyId, version: int) -> StoredPolicy:
    """One version; raises PolicyVersionNotFound."""
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        return await policies.policy_version(transaction, version)


async def activate_policy(
    *,
    database: Database,
    agency: AgencyId,
    version: int,
    from_day: date | None,
    now: datetime,
) -> Activated:
    """Let a version rule from a day on (default: the agency's day) and classify the book by it.

    Relative thresholds are turned into amounts over the present book. Raises
    PolicyVersionNotFound.
    """
    async with database.transaction(agency) as transaction:
        where = await agency_day(transaction)
        day = where.day or now.astimezone(where.zone).date()
        stored = await policies.policy_version(transaction, version)
        loaded = Loaded.nothing()
        if is_relative(stored.policy):
            loaded = await facts_of(
                transaction,
                UnitsBetween("", None),
                policy=stored.policy,
                as_of=day,
                zone=where.zone,
            )
    calibration = await asyncio.to_thread(_calibrated, loaded, stored.policy, day)
    begins = from_day or day
    async with database.transaction(agency) as transaction:
        number = await policies.activate(
            transaction,
            version=version,
            from_day=begins,
            calibration=calibration,
            calibrated_as_of=day,
        )
        run = None
        if begins <= day:
            run = uuid4()
            await queue_run(transaction, reclassification_id=run, reason="activation", as_of=day)
            transaction.ring("reclassify_book")
    return Activated(version=version, from_day=begins, calibration=number, reclassification_id=run)


def _calibrated(loaded: Loaded, policy: Policy, day: date) -> Calibration:
    return calibrate(loaded.facts, further_members=loaded.further_members, policy=policy, as_of=day)
