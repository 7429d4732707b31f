"""Steps 1 and 2: the broker's files are imported, and the customers are classified."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID

from kundentakt.demo.context import BLOCKS, OFFICE, SETTINGS, DemoContext, wait_for
from kundentakt.demo.stages import Bar, StepFailed
from shared.contracts.imports import ImportJob
from shared.contracts.staff import StaffDetails


async def import_book(context: DemoContext) -> None:
    """Step 1: settings, staff, and every file of the sample agency."""
    sample = context.sample
    with context.stages.step("Bestand einlesen") as step:
        await context.classifier.put_agency(context.agency, SETTINGS)
        staff = await context.scheduler.import_staff(
            context.agency, await asyncio.to_thread(sample.staff_csv.read_bytes)
        )
        if len(staff.imported) != sample.staff or staff.rejected:
            raise StepFailed(f"Mitarbeiter: {staff}")
        await _set_hours(context)
        files = (
            ("Kunden", sample.customers_csv, sample.customers),
            ("Verträge", sample.contracts_csv, sample.contracts),
            ("Courtagen", sample.commissions_csv, sample.commissions),
            ("Kontakte", sample.interactions_csv, sample.interactions),
            ("GDV-Bestand", sample.gdv.path, sample.gdv.persons + sample.gdv.contracts),
        )
        rejected: list[str] = []
        for title, path, total in files:
            with context.stages.bar(f"{title} ({path.name})", total) as bar:
                job = await _import(context, path, bar)
            rejected += [
                f"{path.name}, Zeile {row.line}, {row.column}: {row.value!r}. {row.reason_de}"
                for row in job.rejections
            ]
        step.tell(
            f"{sample.customers} Kunden, {sample.contracts} Verträge, {sample.commissions} "
            f"Courtagen, {sample.interactions} Kontakte, {sample.staff} Mitarbeiter; aus dem "
            f"GDV-Bestand {sample.gdv.contracts} Verträge von {sample.gdv.persons} Personen"
        )
        step.tell(f"{len(rejected)} Zeilen mit Mängeln gemeldet, der Rest übernommen:")
        for line in rejected:
            step.tell(f"  {line}")
        found = len(rejected)
        if found != len(sample.broken_rows):
            raise StepFailed(f"{found} gemeldete Zeilen, {len(sample.broken_rows)} sind fehlerhaft")


async def _set_hours(context: DemoContext) -> None:
    """Office hours with a long lunch and a short Friday; everybody answers mail twice a day."""
    await context.scheduler.put_office_calendar(context.agency, OFFICE)
    for person in (await context.scheduler.staff(context.agency)).items:
        known = person.model_dump(exclude={"staff_id", "blocks"})
        await context.scheduler.put_staff(
            context.agency, person.staff_id, StaffDetails(**known, blocks=BLOCKS)
        )


async def _import(context: DemoContext, path: Path, bar: Bar) -> ImportJob:
    content = await asyncio.to_thread(path.read_bytes)
    started = await context.classifier.start_import(context.agency, content, filename=path.name)

    async def look() -> ImportJob:
        job = await context.classifier.import_job(context.agency, started.import_id)
        bar.stands_at(min(job.rows_done, bar.total))
        return job

    job = await wait_for(
        f"{path.name} eingelesen", look, lambda j: j.state in ("done", "failed"), seconds=120
    )
    if job.state == "failed":
        raise StepFailed(f"{path.name}: {job.problem_detail}")
    bar.stands_at(bar.total)
    return job


async def classify_book(context: DemoContext) -> None:
    """Step 2: every active customer has one of four classes, with reasons."""
    with context.stages.step("Alle Kunden klassifizieren") as step:
        run = await context.classifier.reclassify(context.agency)
        await _wait_for_run(context, run.reclassification_id)
        counts: Counter[str] = Counter()
        unexplained, cursor = 0, None
        example = ""
        while True:
            page = await context.classifier.classifications(context.agency, cursor=cursor)
            for item in page.items:
                counts[item.segment] += 1
                unexplained += not item.reasons
                if item.segment == "A" and not example and item.facts:
                    sentences = " ".join(reason.de for reason in item.reasons)
                    example = f"Beispiel {item.customer_id}, Klasse A: {sentences}"
            cursor = page.next_cursor
            if cursor is None:
                break
        total = sum(counts.values())
        if unexplained or total < context.sample.customers * 0.9 or set(counts) != set("ABOC"):
            raise StepFailed(f"Klassen {dict(counts)}, ohne Begründung {unexplained}")
        shares = ", ".join(f"{name} {counts[name]}" for name in "ABOC")
        step.tell(f"{total} Kunden nach Ertrag × Potenzial: {shares}")
        step.tell(example)


async def _wait_for_run(context: DemoContext, run_id: UUID) -> None:
    with context.stages.bar("Betreuungseinheiten", context.sample.customers) as bar:

        async def look() -> str:
            run = await context.classifier.reclassification(context.agency, run_id)
            bar.stands_at(run.units, total=run.units if run.state == "done" else None)
            return run.state

        await wait_for("Klassifizierung", look, lambda state: state == "done", seconds=120)
