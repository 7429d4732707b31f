"""Step 6: a broker system reports a cancelled contract, signed; class and plan follow."""

import json
from time import perf_counter

from kundentakt.demo.context import DemoContext, clock_of, wait_for
from kundentakt.demo.stages import StepFailed
from kundentakt.sample import Cancellation
from shared.contracts.classifications import Classification, PendingClassification
from shared.contracts.plans import Touchpoint

SOURCE = "maklerverwaltung"


async def report_cancellation(context: DemoContext) -> None:
    """Step 6: one webhook, and how many milliseconds until each of its effects can be read."""
    with context.stages.step("Eine Kündigung trifft ein (signierter Webhook)") as step:
        cancellation = context.sample.cancellation
        if cancellation is None:
            raise StepFailed("die Beispielagentur hat keinen Kunden für die Kündigung")
        customer = cancellation.customer
        secret = (await context.classifier.put_webhook_source(context.agency, SOURCE)).secret
        body = _cancelled(context, cancellation)
        before = await context.classifier.classification(context.agency, customer)
        planned_before = await _planned(context, customer)

        started = perf_counter()
        await _report(context, secret, body, expect_duplicate=False)
        answered = perf_counter()
        after = await wait_for(
            "neue Klasse",
            lambda: context.classifier.classification(context.agency, customer),
            lambda seen: _segment(seen) == cancellation.after,
        )
        classified = perf_counter()
        planned_after = await wait_for(
            "neuer Plan", lambda: _planned(context, customer), lambda seen: seen != planned_before
        )
        replanned = perf_counter()

        await _report(context, secret, body, expect_duplicate=True)
        step.tell(
            f"Kunde {customer} kündigt {cancellation.line}: Klasse {_segment(before)} → "
            f"{_segment(after)}; geplante Kontakte {len(planned_before)} → {len(planned_after)}"
        )
        step.tell(
            f"angenommen nach {_ms(started, answered)}, neue Klasse lesbar nach "
            f"{_ms(started, classified)}, neuer Plan nach {_ms(started, replanned)}"
        )


def _cancelled(context: DemoContext, cancellation: Cancellation) -> bytes:
    data = {
        "customer_id": cancellation.customer,
        "contract_id": cancellation.contract_id,
        "cancelled_on": context.day.isoformat(),
        "effective_on": context.day.isoformat(),
        "reason": "zu teuer",
    }
    # An event is judged by its own time: one from before the import would be older news.
    now = clock_of(context.system).now().isoformat()
    return json.dumps({"type": "contract.cancelled", "timestamp": now, "data": data}).encode()


async def _report(
    context: DemoContext, secret: str, body: bytes, *, expect_duplicate: bool
) -> None:
    accepted = await context.classifier.report_event(
        context.agency, SOURCE, secret, webhook_id=f"{context.agency}-1", body=body
    )
    if accepted.duplicate != expect_duplicate:
        raise StepFailed("eine Wiederholung des Webhooks wurde nicht als solche erkannt")


def _ms(begin: float, end: float) -> str:
    return f"{(end - begin) * 1000:.0f} ms"


def _segment(seen: Classification | PendingClassification) -> str | None:
    return seen.segment if isinstance(seen, Classification) else None


async def _planned(context: DemoContext, customer: str) -> frozenset[tuple[str, str | None]]:
    page = await context.scheduler.touchpoints(context.agency, customer_id=customer, limit=1000)
    return frozenset(_mark(item) for item in page.items if item.state in ("planned", "due"))


def _mark(item: Touchpoint) -> tuple[str, str | None]:
    return item.touchpoint_id, item.detail
