"""Which version of the policy rules when, and what "high" means in cents."""

from fastapi import APIRouter, status

from services.classifier.api.access import (
    AfterCursor,
    OfPolicy,
    PageSize,
    PolicyWriter,
    Reader,
)
from services.classifier.api.classifications import shown_run
from services.classifier.api.cursors import day_after, number_after
from services.classifier.store.classification_tables import CalibrationTable
from services.classifier.usecases import calibration, policies
from services.classifier.usecases.policies import DatedActivation
from shared.contracts.classifications import Reclassification
from shared.contracts.policies import PolicyActivated, PolicyActivation
from shared.contracts.policy_versions import (
    ActivationPage,
    CalibrationPage,
    ListedActivation,
    PolicyCalibration,
)
from shared.web.cursors import next_cursor
from shared.web.repetitions import Repeatable
from shared.web.resources import Held

router = APIRouter(tags=["policies"])


@router.post(
    "/policies/{version}/activation",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Let a version rule",
)
async def activate_policy(
    resources: Held,
    caller: PolicyWriter,
    version: OfPolicy,
    activation: PolicyActivation,
    _repeatable: Repeatable,
) -> PolicyActivated:
    """Let a version rule from a day on (default: the agency's day) and classify the book by it.

    Fixed amounts rule at once. Relative thresholds are calibrated over the book first, by the
    worker (`GET /reclassifications/{id}` tells how far it is); the version before rules until
    then. A day still to come is calibrated when it is run. One version begins on a day: a later
    activation `replaced` an earlier one. Safe to repeat.
    """
    activated = await policies.activate_policy(
        database=resources.database,
        agency=caller.agency,
        version=version,
        from_day=activation.from_day,
        now=resources.clock.now(),
        author=caller.subject,
    )
    return PolicyActivated(
        version=activated.version,
        from_day=activated.from_day,
        calibration=activated.calibration,
        replaced=activated.replaced,
        reclassification_id=activated.reclassification_id,
    )


@router.post(
    "/policies/{version}/calibrations",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Calibrate the version in force anew",
)
async def create_calibration(
    resources: Held, caller: PolicyWriter, version: OfPolicy, repeatable: Repeatable
) -> Reclassification:
    """Turn relative thresholds into amounts over the present book, and classify it by them.

    The amounts before rule until the new ones are found. A calibration that is under way already
    is the answer.
    """
    return shown_run(
        await calibration.calibrate_policy(
            database=resources.database,
            agency=caller.agency,
            version=version,
            run=repeatable.request_id,
            author=caller.subject,
            now=resources.clock.now(),
        )
    )


@router.get("/policies/{version}/calibrations", summary="What did this version call high?")
async def list_calibrations(
    resources: Held,
    caller: Reader,
    version: OfPolicy,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> CalibrationPage:
    """The amounts of each calibration and the day of the book they were found over."""
    found = await calibration.list_calibrations(
        database=resources.database,
        agency=caller.agency,
        version=version,
        before=number_after(cursor),
        limit=limit + 1,
    )
    return CalibrationPage(
        items=[_calibration(stored) for stored in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: last.calibration),
    )


def _calibration(stored: CalibrationTable) -> PolicyCalibration:
    return PolicyCalibration(
        calibration=stored.calibration,
        policy_version=stored.policy_version,
        as_of=stored.as_of,
        revenue_cents=stored.revenue_cents,
        potential_cents=stored.potential_cents,
        created_at=stored.created_at,
    )


@router.get("/activations", summary="Which version rules when?")
async def list_activations(
    resources: Held,
    caller: Reader,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> ActivationPage:
    """Every day on which a version begins to rule, the latest first; at most one a day."""
    found = await policies.list_activations(
        database=resources.database,
        agency=caller.agency,
        before=day_after(cursor),
        limit=limit + 1,
        now=resources.clock.now(),
    )
    return ActivationPage(
        items=[_activation(each) for each in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: last.activation.from_day),
    )


def _activation(found: DatedActivation) -> ListedActivation:
    stored = found.activation
    return ListedActivation(
        from_day=stored.from_day,
        version=stored.policy_version,
        calibration=stored.calibration,
        next_version=stored.next_version,
        state=found.state,
        reclassification_id=stored.reclassification_id,
        activated_at=stored.activated_at,
        activated_by=stored.activated_by,
    )
