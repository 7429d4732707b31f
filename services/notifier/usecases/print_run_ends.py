"""The letters of a print run end with it, a thousand at a time."""

from datetime import datetime

from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.messages import (
    CANCEL_WITH_RUN,
    FAIL_WITH_RUN,
    HAND_OVER,
    DeliveryOutcome,
    MessageStep,
)
from services.notifier.store import letters as letter_store
from services.notifier.store import print_runs as store
from services.notifier.usecases.message_changes import publish_ended_together
from shared.contracts.dispatches import PrintRunState, PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database

SLICE = 1000
_STEPS: dict[PrintRunState, tuple[MessageStep, DeliveryOutcome]] = {
    "released": (HAND_OVER, "taken"),
    "cancelled": (CANCEL_WITH_RUN, "cancelled"),
    "failed": (FAIL_WITH_RUN, "cancelled"),
}


async def end_half_ended_runs(*, database: Database, agency: AgencyId, now: datetime) -> None:
    """End the letters of runs whose process was killed after it ended the run itself."""
    async with database.transaction(agency) as transaction:
        runs = await store.half_ended_runs(transaction)
    for run in runs:
        await end_letters(database, agency, run, now=now)


async def end_letters(
    database: Database, agency: AgencyId, run: PrintRunView, *, now: datetime
) -> None:
    """End all letters of a run that ended."""
    step, outcome = _STEPS[run.state]
    reason = None if run.state == "released" else (run.reason or "run_cancelled")
    while True:
        async with database.transaction(agency) as transaction:
            letters = await letter_store.end_letters_of_run(
                transaction,
                run.run_id,
                step=step,
                outcome=outcome,
                reason=reason,
                detail=SENTENCES.get(reason) if reason else None,
                now=now,
                limit=SLICE,
            )
            publish_ended_together(
                transaction,
                letters,
                state=step.after[0],
                reason=reason,
                channel="letter",
                run=run.run_id,
            )
        if len(letters) < SLICE:
            return
