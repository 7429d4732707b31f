"""Steps 3 and 4: a year of care is planned, and one working day of it is carried out."""

import json
from collections import Counter
from collections.abc import Callable

import pypdfium2

from kundentakt.demo.stages import Bar, StepFailed
from kundentakt.demo.world import World, wait_for
from shared.contracts.dispatches import MessageView, PrintRunView
from shared.contracts.plans import RunCounts
from shared.contracts.scheduling import CampaignMove, PlanSummary

ENDED = frozenset({"sent", "suppressed", "failed", "unknown", "cancelled", "bounced"})
RENDERED = frozenset({"rendered", "approved", "released", "failed", "cancelled"})
RELEASED = frozenset({"released"})


async def plan_year(world: World) -> None:
    """Step 3: carers for everybody, and the next twelve months levelled over people and days."""
    with world.stages.step("Betreuer zuordnen, zwölf Monate planen") as step:
        await _hold_newsletter_today(world)
        with world.stages.bar("Kunden im Plan", world.sample.customers) as bar:
            plan = await _planned_for_everybody(world, bar)
        step.tell(
            "Betreuer: "
            + ", ".join(f"{share.staff_id} {share.customers} Kunden" for share in plan.carers)
        )
        by_service: Counter[str] = Counter()
        for group in plan.groups:
            if group.state == "planned" and group.month is not None:
                by_service[group.service] += group.touchpoints
        told = ", ".join(f"{name} {count}" for name, count in by_service.most_common())
        hours = sum(group.hours for group in plan.groups if group.month is not None)
        step.tell(f"{plan.touchpoints} Kontakte mit Tag ({hours:.0f} Stunden): {told}")
        step.tell(
            f"{plan.unplaced} persönliche Kontakte ({plan.unplaced_hours:.0f} Stunden) passen in "
            "niemandes Stunden und sind als solche ausgewiesen"
        )
        await _refuse_overbooked_days(world)
        step.tell("kein Mitarbeiter hat an irgendeinem Tag mehr als seine planbaren Minuten")


async def _hold_newsletter_today(world: World) -> None:
    """The quarter's newsletter leaves on the demo's day, so that its print run can be seen."""
    campaigns = await world.scheduler.campaigns(world.agency)
    printed = [entry for entry in campaigns.items if entry.service == "newsletter"]
    if not printed:
        raise StepFailed("kein Newsletter im Leistungskatalog")
    await world.scheduler.move_campaign(
        world.agency, printed[0].service, printed[0].month, CampaignMove(day=world.day)
    )


async def _planned_for_everybody(world: World, bar: Bar) -> PlanSummary:
    active = 0
    cursor = None
    while True:
        page = await world.classifier.classifications(world.agency, cursor=cursor)
        active, cursor = active + len(page.items), page.next_cursor
        if cursor is None:
            break

    async def look() -> PlanSummary:
        plan = await world.scheduler.plan(world.agency)
        bar.stands_at(sum(share.customers for share in plan.carers), total=active)
        return plan

    return await wait_for(
        "alle Kunden im Plan",
        look,
        lambda plan: sum(share.customers for share in plan.carers) >= active,
        seconds=120,
    )


async def _refuse_overbooked_days(world: World) -> None:
    report = await world.scheduler.capacity(world.agency)
    over = [day for day in report.days if day.placed_minutes > day.plannable_minutes]
    if over:
        raise StepFailed(f"überbuchte Tage: {over[:3]}")


async def carry_out_day(world: World) -> None:
    """Step 4: one working day: e-mails by SMTP, the newsletter as a print run, tasks for people."""
    with world.stages.step(f"Den Arbeitstag {world.day:%d.%m.%Y} durchführen") as step:
        counts = await world.scheduler.run_day(world.agency, world.day)
        step.tell(_told(counts))
        await _print(world, step.tell)
        messages = await _all_ended(world)
        sent = [m for m in messages if m.channel == "email" and m.state == "sent"]
        received = await _received(world, len(sent))
        step.tell(f"{len(sent)} E-Mails gesendet, {received} empfangen")
        states = Counter((m.state, m.reason) for m in messages if m.state != "sent")
        for (state, reason), count in states.most_common():
            step.tell(f"{count} Nachrichten {state}: {reason}")
        unexplained = [m for m in messages if m.state != "sent" and not m.reason]
        if unexplained or not sent or received != len(sent):
            raise StepFailed(
                f"{len(sent)} gesendet, {received} empfangen, {len(unexplained)} stumm"
            )
        again = await world.scheduler.run_day(world.agency, world.day)
        if not again.already_run:
            raise StepFailed(f"der Tag ließ sich ein zweites Mal ausführen: {again}")


def _told(counts: RunCounts) -> str:
    return (
        f"{counts.due} Kontakte fällig: {counts.handed_over} an den Versand, {counts.tasks} als "
        f"Aufgaben an Mitarbeiter, {counts.suppressed} unterbleiben mit Grund"
    )


async def _print(world: World, tell: Callable[[str], None]) -> None:
    """Release every print run of the day, and read back what lies there."""

    async def look() -> list[PrintRunView]:
        return (await world.notifier.print_runs(world.agency)).items

    with world.stages.bar("Druckaufträge gesetzt", 1) as bar:
        runs = await wait_for(
            "Druckaufträge gesetzt",
            look,
            lambda found: bool(found) and all(run.state in RENDERED for run in found),
            seconds=120,
        )
        bar.stands_at(1)
    for run in runs:
        if run.state == "rendered":
            await world.notifier.move_print_run(world.agency, run.run_id, "approval")
            await world.notifier.move_print_run(world.agency, run.run_id, "release")

    released = await wait_for(
        "Druckaufträge freigegeben",
        look,
        lambda found: all(run.state in RELEASED for run in found),
    )
    for run in released:
        pdf = await world.notifier.print_run_file(world.agency, run.run_id, "letters.pdf")
        manifest = json.loads(
            await world.notifier.print_run_file(world.agency, run.run_id, "manifest.json")
        )
        recipients = await world.notifier.print_run_file(world.agency, run.run_id, "recipients.csv")
        document = pypdfium2.PdfDocument(pdf)
        pages = len(document)
        document.close()
        rows = recipients.decode().count("\n") - 1
        if not run.letters or pages != run.pages or rows != run.letters:
            raise StepFailed(f"Druckauftrag {run.run_id}: {pages} Seiten, {rows} Empfänger, {run}")
        tell(
            f"Druckauftrag {run.template}: {run.letters} Briefe, {pages} Seiten, "
            f"Manifest mit {len(manifest['files'])} Prüfsummen"
        )


async def all_messages(world: World) -> list[MessageView]:
    """Every message of the agency."""
    found: list[MessageView] = []
    cursor = None
    while True:
        page = await world.notifier.messages(world.agency, cursor=cursor)
        found, cursor = found + page.items, page.next_cursor
        if cursor is None:
            return found


async def _all_ended(world: World) -> list[MessageView]:
    total = len(await all_messages(world))
    with world.stages.bar("Nachrichten", total) as bar:

        async def look() -> list[MessageView]:
            found = await all_messages(world)
            bar.stands_at(sum(m.state in ENDED for m in found))
            return [m for m in found if m.state not in ENDED]

        await wait_for("alle Nachrichten am Ende", look, lambda waiting: not waiting, seconds=120)
    return await all_messages(world)


async def _received(world: World, expected: int) -> int:
    mails = world.system.mails
    if mails is None:
        return expected  # a given SMTP server keeps what it received to itself

    async def look() -> int:
        return len(mails.messages()) - world.mails_before

    return await wait_for("E-Mails empfangen", look, lambda count: count >= expected)
