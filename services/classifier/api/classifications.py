"""Classes: the present one, the history, the whole book, and runs over it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from services.classifier.api.access import (
    AfterCursor,
    OfCustomer,
    PageSize,
    PolicyWriter,
    Reader,
)
from services.classifier.api.cursors import history_place_after, history_place_cursor
from services.classifier.store.class_history import StoredClassification
from services.classifier.store.reclassifications import StoredRun
from services.classifier.usecases import classification_reading, reclassification
from services.classifier.usecases.classification_reading import ReadClassification
from shared.contracts.classifications import (
    Classification,
    ClassificationHistory,
    ClassificationPage,
    PendingClassification,
    Reclassification,
    Segment,
)
from shared.contracts.vocabulary import CustomerId, WorkDay
from shared.web.cursors import cursor_after, next_cursor
from shared.web.repetitions import Repeatable
from shared.web.resources import Held

router = APIRouter(tags=["classification"])


def _shown(
    customer_id: CustomerId, stored: StoredClassification, revision: int, *, stale: bool = False
) -> Classification:
    return Classification.model_validate(
        {
            "state": "stale" if stale else "current",
            "customer_id": customer_id,
            "care_unit": stored.members,
            "segment": stored.segment,
            "previous_segment": stored.previous_segment,
            "model": stored.model,
            "policy_version": stored.policy_version,
            "as_of": stored.as_of,
            "calibration": stored.calibration,
            "classified_at": stored.classified_at,
            "revision": revision,
            "service_level": stored.service_level,
            "development": stored.development,
            "facts": stored.facts,
            "gaps": stored.gaps,
            "reasons": stored.reasons,
            "axes": stored.axes,
            "override": stored.override,
            "held": stored.held,
        },
        strict=False,
    )


def _item(read: ReadClassification) -> Classification:
    return _shown(read.customer_id, read.stored, read.revision, stale=read.stale)


@router.get("/customers/{customer_id}/classification", summary="Who is this customer to us?")
async def get_classification(
    resources: Held,
    caller: Reader,
    customer_id: OfCustomer,
    wait_for: Annotated[
        int | None,
        Query(
            ge=0,
            le=2**63 - 1,
            description="the `revision` of a write: wait up to five seconds until what was written "
            "so far is classified",
        ),
    ] = None,
) -> Classification | PendingClassification:
    """The present class with its reasons; `{"state": "pending"}` before the first
    classification."""
    read = await classification_reading.read_classification(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        now=resources.clock.now(),
        wait_for=wait_for,
    )
    return PendingClassification() if read is None else _item(read)


@router.get("/customers/{customer_id}/classifications", summary="What was this customer, and why?")
async def list_customer_classifications(
    resources: Held,
    caller: Reader,
    customer_id: OfCustomer,
    as_of: Annotated[
        WorkDay | None,
        Query(description="only the one that held on this day; for a coming day, the present one"),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: PageSize = 100,
) -> ClassificationHistory:
    """The customer's classifications, the newest first; the whole history is kept."""
    if as_of is not None:
        held = await classification_reading.read_class_on(
            database=resources.database, agency=caller.agency, customer_id=customer_id, day=as_of
        )
        return ClassificationHistory(items=[_shown(customer_id, held, 0)] if held else [])
    found = await classification_reading.read_history(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        after=history_place_after(cursor),
        limit=limit + 1,
    )
    return ClassificationHistory(
        items=[_shown(customer_id, stored, 0) for stored in found[:limit]],
        next_cursor=history_place_cursor(found[limit - 1]) if len(found) > limit else None,
    )


@router.get("/classifications", summary="The book by class")
async def list_classifications(
    resources: Held,
    caller: Reader,
    segment: Annotated[Segment | None, Query(description="only this class")] = None,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> ClassificationPage:
    """Active customers in the order of their ids with their classes as stored."""
    found = await classification_reading.list_classifications(
        database=resources.database,
        agency=caller.agency,
        segment=segment,
        after=cursor_after(cursor),
        limit=limit + 1,
    )
    return ClassificationPage(
        items=[_item(read) for read in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: last.customer_id),
    )


def shown_run(stored: StoredRun) -> Reclassification:
    """A run over the book, as callers see it."""
    return Reclassification(
        reclassification_id=stored.reclassification_id,
        reason=stored.reason,
        as_of=stored.as_of,
        state=stored.state,
        phase=stored.phase,
        policy_version=stored.policy_version,
        calibration=stored.calibration,
        units_calibrated=stored.units_calibrated,
        units_expected=stored.units_expected,
        units=stored.units,
        changed=stored.changed,
        created_at=stored.created_at,
        finished_at=stored.finished_at,
    )


@router.post(
    "/reclassifications", status_code=status.HTTP_202_ACCEPTED, summary="Classify the whole book"
)
async def create_reclassification(
    resources: Held, caller: PolicyWriter, repeatable: Repeatable
) -> Reclassification:
    """Queue a run over the whole book as of the agency's day; one that waits already is the
    answer."""
    return shown_run(
        await reclassification.request_reclassification(
            database=resources.database,
            agency=caller.agency,
            run=repeatable.request_id,
            now=resources.clock.now(),
        )
    )


@router.get("/reclassifications/{reclassification_id}", summary="How far is the run?")
async def get_reclassification(
    resources: Held, caller: Reader, reclassification_id: Annotated[UUID, Path()]
) -> Reclassification:
    """State and counts of a run over the book."""
    return shown_run(
        await reclassification.read_reclassification(
            database=resources.database,
            agency=caller.agency,
            reclassification_id=reclassification_id,
        )
    )


@router.post("/days/{date}/run", status_code=status.HTTP_202_ACCEPTED, summary="Begin a new day")
async def run_day(
    resources: Held, caller: PolicyWriter, date: Annotated[WorkDay, Path()]
) -> Reclassification:
    """Make a day the agency's day and classify the book as of then; repeating is harmless. A day
    after the agency's own today is refused."""
    return shown_run(
        await reclassification.run_day(
            database=resources.database,
            agency=caller.agency,
            day=date,
            now=resources.clock.now(),
        )
    )
