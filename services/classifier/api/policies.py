"""Policies: list, add, compare. A policy is never edited, only superseded."""

from typing import Annotated

from fastapi import APIRouter, Query, status

from services.classifier.api.access import (
    AfterCursor,
    OfPolicy,
    PageSize,
    PolicyWriter,
    Reader,
)
from services.classifier.api.cursors import number_after
from services.classifier.domain.policy_checks import warnings_of
from services.classifier.domain.policy_diff import differences
from services.classifier.store.policies import StoredPolicy
from services.classifier.usecases import policies
from services.classifier.usecases.policies import BEFORE_ALL
from shared.contracts.policies import Policy, PolicyCreated, PolicyPage, PolicyVersion
from shared.contracts.policy_versions import (
    ActivePolicy,
    PolicyDifference,
    PolicyDifferences,
)
from shared.contracts.vocabulary import Day
from shared.web.cursors import next_cursor
from shared.web.repetitions import Repeatable
from shared.web.resources import Held

router = APIRouter(tags=["policies"])


def _shown(stored: StoredPolicy) -> PolicyVersion:
    return PolicyVersion(
        version=stored.version,
        policy=stored.policy,
        warnings=warnings_of(stored.policy),
        created_at=stored.created_at,
        created_by=stored.created_by,
    )


@router.get("/policies", summary="All versions of the rules")
async def list_policies(
    resources: Held,
    caller: Reader,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> PolicyPage:
    """All policy versions, the newest first; a new agency begins with the default one."""
    found = await policies.list_policies(
        database=resources.database,
        agency=caller.agency,
        before=number_after(cursor),
        limit=limit + 1,
    )
    return PolicyPage(
        items=[_shown(stored) for stored in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: last.version),
    )


@router.get("/policies/active", summary="Which version rules on a day?")
async def get_active_policy(
    resources: Held,
    caller: Reader,
    day: Annotated[
        Day | None, Query(ge=BEFORE_ALL, description="default: the agency's day")
    ] = None,
) -> ActivePolicy:
    """The version in force on a day, since when, and the amounts from which a value is high."""
    ruling, activation, asked = await policies.read_active_policy(
        database=resources.database, agency=caller.agency, day=day, now=resources.clock.now()
    )
    return ActivePolicy(
        day=asked,
        version=ruling.version,
        from_day=activation.from_day,
        calibration=ruling.calibration_number,
        revenue_cents=ruling.calibration.revenue_cents,
        potential_cents=ruling.calibration.potential_cents,
    )


@router.get("/policies/{version}", summary="One version of the rules")
async def get_policy(resources: Held, caller: Reader, version: OfPolicy) -> PolicyVersion:
    """One policy version with its whole rule set and its warnings, if there are any."""
    return _shown(
        await policies.read_policy(
            database=resources.database, agency=caller.agency, version=version
        )
    )


@router.get("/policies/{version}/differences", summary="What does a version say otherwise?")
async def get_policy_differences(
    resources: Held,
    caller: Reader,
    version: OfPolicy,
    other: Annotated[
        int | None,
        Query(alias="from", ge=1, le=2**31 - 1, description="default: the version before"),
    ] = None,
) -> PolicyDifferences:
    """The differences of two versions by field, each with a German and an English sentence; needs
    are compared by line and kind."""
    old, new = await policies.read_two_policies(
        database=resources.database, agency=caller.agency, version=version, other=other
    )
    return PolicyDifferences(
        from_version=old.version,
        to_version=new.version,
        items=[
            PolicyDifference(
                pointer=each.pointer, old=each.old, new=each.new, de=each.de, en=each.en
            )
            for each in differences(old.policy, new.policy)
        ],
    )


@router.post("/policies", status_code=status.HTTP_201_CREATED, summary="Add a version")
async def create_policy(
    resources: Held, caller: PolicyWriter, policy: Policy, repeatable: Repeatable
) -> PolicyCreated:
    """Store a validated policy under the next version; it rules once it is activated.

    A policy that contradicts itself is refused, with every place. `warnings` say what is allowed
    but may surprise.
    """
    version = await policies.add_policy(
        database=resources.database,
        agency=caller.agency,
        policy=policy,
        author=caller.subject,
        request_id=repeatable.request_id,
    )
    return PolicyCreated(version=version, warnings=warnings_of(policy))
