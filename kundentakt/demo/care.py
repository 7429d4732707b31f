"""Steps 3 to 5: a year of care is planned, the agency opens, and one working day of it is carried
out."""

import json
from collections import Counter
from collections.abc import Callable

import pypdfium2

from kundentakt.demo.context import DemoContext, wait_for
from kundentakt.demo.stages import Bar, StepFailed
from shared.clients.http import ServiceRefused
from shared.contracts.dispatches import MessageView, PrintRunView
from shared.contracts.plans import RunCounts
from shared.contracts.scheduling import CampaignMove, PlanSummary

ENDED = frozenset({"sent", "suppressed", "failed", "unknown", "cancelled", "bounced"})


async def plan_year(context: DemoContext) -> None:
    """Step 3: carers for everybody, and the next twelve months levelled over people and days."""
    with context.stages.step("Betreuer zuordnen, zwölf Monate planen") as step:
        await _hold_newsletter_today(context)
        with context.stages.bar("Kunden im Plan", context.sample.customers) as bar:
            plan = await _planned_for_everybody(context, bar)
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
        await _refuse_overbooked_days(context)
        step.tell("kein Mitarbeiter hat an irgendeinem Tag mehr als seine planbaren Minuten")


async def open_agency(context: DemoContext) -> None:
    """Step 4: the agency has moved in. Until here nobody would have been introduced or advertised
    to."""
    with context.stages.step("Den Betrieb öffnen") as step:
        opened = await context.scheduler.open_agency(context.agency)
        if opened.state != "open":
            raise StepFailed(f"der Betrieb ist nicht offen: {opened}")
        step.tell(
            "ab jetzt geht Werbung hinaus, und ein Betreuer wechselt nur, wenn es jemand bestätigt"
        )


async def _hold_newsletter_today(context: DemoContext) -> None:
    """The quarter's newsletter leaves on the demo's day, so that its print run can be seen."""
    campaigns = await context.scheduler.campaigns(context.agency)
    printed = [entry for entry in campaigns.items if entry.service == "newsletter"]
    if not printed:
        raise StepFailed("kein Newsletter im Leistungskatalog")
    await context.scheduler.move_campaign(
        context.agency, printed[0].service, printed[0].month, CampaignMove(day=context.day)
    )


async def _planned_for_everybody(context: DemoContext, bar: Bar) -> PlanSummary:
    active = 0
    cursor = None
    while True:
        page = await context.classifier.classifications(context.agency, cursor=cursor)
        active, cursor = active + len(page.items), page.next_cursor
        if cursor is None:
            break

    async def look() -> PlanSummary:
        plan = await context.scheduler.plan(context.agency)
        bar.stands_at(sum(share.customers for share in plan.carers), total=active)
        return plan

    return await wait_for(
        "alle Kunden im Plan",
        look,
        lambda plan: sum(share.customers for share in plan.carers) >= active,
        seconds=120,
    )


async def _refuse_overbooked_days(context: DemoContext) -> None:
    report = await context.scheduler.capacity(context.agency)
    over = [day for day in report.days if day.placed_minutes > day.plannable_minutes]
    if over:
        raise StepFailed(f"überbuchte Tage: {over[:3]}")


async def carry_out_day(context: DemoContext) -> None:
    """Step 5: one working day: e-mails by SMTP, the newsletter as a print run, tasks for people."""
    with context.stages.step(f"Den Arbeitstag {context.day:%d.%m.%Y} durchführen") as step:
        counts = await context.scheduler.run_day(context.agency, context.day)
        step.tell(_told(counts))
        await _print(context, step.tell)
        messages = await _all_ended(context)
        sent = [m for m in messages if m.channel == "email" and m.state == "sent"]
        received = await _received(context, len(sent))
        step.tell(f"{len(sent)} E-Mails gesendet, {received} empfangen")
        states = Counter((m.state, m.reason) for m in messages if m.state != "sent")
        for (state, reason), count in states.most_common():
            step.tell(f"{count} Nachrichten {state}: {reason}")
        unexplained = [m for m in messages if m.state != "sent" and not m.reason]
        if unexplained or not sent or received != len(sent):
            raise StepFailed(
                f"{len(sent)} gesendet, {received} empfangen, {len(unexplained)} stumm"
            )
        again = await context.scheduler.run_day(context.agency, context.day)
        if not again.already_run:
            raise StepFailed(f"der Tag ließ sich ein zweites Mal ausführen: {again}")


def _told(counts: RunCounts) -> str:
    return (
        f"{counts.due} Kontakte fällig: {counts.handed_over} an den Versand, {counts.tasks} als "
        f"Aufgaben an Mitarbeiter, {counts.suppressed} unterbleiben mit Grund"
    )


async def _print(context: DemoContext, tell: Callable[[str], None]) -> None:
    """Release every print run of the day, and read back what lies there."""
    released = await _released_runs(context)
    for run in released:
        pdf = await context.notifier.print_run_file(context.agency, run.run_id, "letters.pdf")
        manifest = json.loads(
            await context.notifier.print_run_file(context.agency, run.run_id, "manifest.json")
        )
        recipients = await context.notifier.print_run_file(
            context.agency, run.run_id, "recipients.csv"
        )
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


async def _released_runs(context: DemoContext) -> list[PrintRunView]:
    """Approve and release each run when it is set, until no letter waits.

    On a busy machine letters come apart by more than a moment. Late ones join the run until it is
    approved; what joined since we looked is refused, and looked at the next time.
    """
    with context.stages.bar("Druckaufträge", 1) as bar:

        async def look() -> list[PrintRunView]:
            runs = (await context.notifier.print_runs(context.agency)).items
            for run in runs:
                if run.state == "rendered":
                    await _approve(context, run)
            waiting = await _unfinished(context, channel="letter")
            bar.stands_at(
                sum(run.state == "released" for run in runs), total=len(runs) + bool(waiting)
            )
            return [] if waiting else runs

        return await wait_for(
            "alle Druckaufträge freigegeben",
            look,
            lambda runs: bool(runs) and all(run.state == "released" for run in runs),
            seconds=180,
        )


async def _approve(context: DemoContext, run: PrintRunView) -> None:
    """Hand a run over unless its letters became other ones since it was looked at."""
    move = context.notifier.move_print_run
    try:
        await move(context.agency, run.run_id, "approval", rendering=run.rendering)
    except ServiceRefused as refused:
        if refused.slug not in ("print-run-grown", "print-run-changed", "print-run-not-ready"):
            raise
        return
    await move(context.agency, run.run_id, "release")


async def _unfinished(context: DemoContext, *, channel: str | None = None) -> list[MessageView]:
    return [
        message
        for message in await all_messages(context)
        if message.state not in ENDED and channel in (None, message.channel)
    ]


async def all_messages(context: DemoContext) -> list[MessageView]:
    """Every message of the agency."""
    found: list[MessageView] = []
    cursor = None
    while True:
        page = await context.notifier.messages(context.agency, cursor=cursor)
        found, cursor = found + page.items, page.next_cursor
        if cursor is None:
            return found


async def _all_ended(context: DemoContext) -> list[MessageView]:
    total = len(await all_messages(context))
    with context.stages.bar("Nachrichten", total) as bar:

        async def look() -> list[MessageView]:
            waiting = await _unfinished(context)
            bar.stands_at(total - len(waiting))
            return waiting

        await wait_for("alle Nachrichten am Ende", look, lambda waiting: not waiting, seconds=120)
    return await all_messages(context)


async def _received(context: DemoContext, expected: int) -> int:
    mails = context.system.mails
    if mails is None:
        return expected  # we cannot look into an SMTP server that the caller gave

    async def look() -> int:
        return len(mails.messages()) - context.mails_before

    return await wait_for("E-Mails empfangen", look, lambda count: count >= expected)
