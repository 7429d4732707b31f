"""Policies: list, add, activate. A policy is never edited, only superseded."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from services.classifier.store.policies import StoredPolicy
from services.classifier.usecases import policies
from shared.auth import Caller, requires
from shared.contracts.policies import (
    Policy,
    PolicyActivated,
    PolicyActivation,
    PolicyCreated,
    PolicyPage,
    PolicyVersion,
)
from shared.resources import Held

router = APIRouter(tags=["policies"])

Reader = Annotated[Caller, requires("customers:read")]
Owner = Annotated[Caller, requires("policies:write")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


def _shown(stored: StoredPolicy) -> PolicyVersion:
    return PolicyVersion(
        version=stored.version,
        policy=stored.policy,
        created_at=stored.created_at,
        created_by=stored.created_by,
    )


@router.get("/policies", summary="All versions of the rules")
async def list_policies(resources: Held, caller: Reader) -> PolicyPage:
    """All policy versions, the newest first; a new agency begins with the default one."""
    found = await policies.list_policies(database=resources.database, agency=caller.agency)
    return PolicyPage(items=[_shown(stored) for stored in found])


@router.get("/policies/{version}", summary="One version of the rules")
async def get_policy(resources: Held, caller: Reader, version: Version) -> PolicyVersion:
    """One policy version with its whole rule set."""
    return _shown(
        await policies.read_policy(
            database=resources.database, agency=caller.agency, version=version
        )
    )


@router.post("/policies", status_code=status.HTTP_201_CREATED, summary="Add a version")
async def create_policy(resources: Held, caller: Owner, policy: Policy) -> PolicyCreated:
    """Store a validated policy under the next version; it rules once it is activated."""
    version = await policies.add_policy(
        database=resources.database, agency=caller.agency, policy=policy, author=caller.subject
    )
    return PolicyCreated(version=version)


@router.post(
    "/policies/{version}/activation",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Let a version rule",
)
async def activate_policy(
    resources: Held, caller: Owner, version: Version, activation: PolicyActivation
) -> PolicyActivated:
    """Let a version rule from a day on (default: today) and classify the book by it."""
    activated = await policies.activate_policy(
        database=resources.database,
        agency=caller.agency,
        version=version,
        from_day=activation.from_day,
        now=resources.clock.now(),
    )
    return PolicyActivated(
        version=activated.version,
        from_day=activated.from_day,
        calibration=activated.calibration,
        reclassification_id=activated.reclassification_id,
    )
