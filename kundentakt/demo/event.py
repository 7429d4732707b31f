"""Step 5: a broker system reports a cancelled contract, signed; class and plan follow."""

import json
from datetime import UTC, datetime
from time import perf_counter

from kundentakt.demo.stages import StepFailed
from kundentakt.demo.world import World, wait_for
from kundentakt.sample import Cancellation
from shared.contracts.classifications import Classification, PendingClassification
from shared.contracts.plans import Touchpoint

SOURCE = "maklerverwaltung"


async def report_cancellation(world: World) -> None:
    """Step 5: one webhook, and how many milliseconds until each of its effects can be read."""
    with world.stages.step("Eine Kündigung trifft ein (signierter Webhook)") as step:
        cancellation = world.sample.cancellation
        if cancellation is None:
            raise StepFailed("die Beispielagentur hat keinen Kunden für die Kündigung")
        customer = cancellation.customer
        secret = (await world.classifier.rotate_webhook_secret(world.agency, SOURCE)).secret
        body = _cancelled(world, cancellation)
        before = await world.classifier.classification(world.agency, customer)
        planned_before = await _planned(world, customer)

        started = perf_counter()
        await _report(world, secret, body, expect_duplicate=False)
        answered = perf_counter()
        after = await wait_for(
            "neue Klasse",
            lambda: world.classifier.classification(world.agency, customer),
            lambda seen: _segment(seen) == cancellation.after,
        )
        classified = perf_counter()
        planned_after = await wait_for(
            "neuer Plan", lambda: _planned(world, customer), lambda seen: seen != planned_before
        )
        replanned = perf_counter()

        await _report(world, secret, body, expect_duplicate=True)
        step.tell(
            f"Kunde {customer} kündigt {cancellation.line}: Klasse {_segment(before)} → "
            f"{_segment(after)}; geplante Kontakte {len(planned_before)} → {len(planned_after)}"
        )
        step.tell(
            f"angenommen nach {_ms(started, answered)}, neue Klasse lesbar nach "
            f"{_ms(started, classified)}, neuer Plan nach {_ms(started, replanned)}"
        )


def _cancelled(world: World, cancellation: Cancellation) -> bytes:
    data = {
        "customer_id": cancellation.customer,
        "contract_id": cancellation.contract_id,
        "cancelled_on": world.day.isoformat(),
        "effective_on": world.day.isoformat(),
        "reason": "zu teuer",
    }
    now = datetime.now(UTC).isoformat()
    return json.dumps({"type": "contract.cancelled", "timestamp": now, "data": data}).encode()


async def _report(world: World, secret: str, body: bytes, *, expect_duplicate: bool) -> None:
    accepted = await world.classifier.report_event(
        world.agency, SOURCE, secret, webhook_id=f"{world.agency}-1", body=body
    )
    if accepted.duplicate != expect_duplicate:
        raise StepFailed("eine Wiederholung des Webhooks wurde nicht als solche erkannt")


def _ms(begin: float, end: float) -> str:
    return f"{(end - begin) * 1000:.0f} ms"


def _segment(seen: Classification | PendingClassification) -> str | None:
    return seen.segment if isinstance(seen, Classification) else None


async def _planned(world: World, customer: str) -> frozenset[tuple[str, str | None]]:
    page = await world.scheduler.touchpoints(world.agency, customer_id=customer, limit=1000)
    return frozenset(_mark(item) for item in page.items if item.state in ("planned", "due"))


def _mark(item: Touchpoint) -> tuple[str, str | None]:
    return item.touchpoint_id, item.detail
