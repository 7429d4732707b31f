"""The main job on the sample agency, step by step, as a broker would see it."""

import asyncio
import shutil

from rich.console import Console

from kundentakt.cli.audit import audit_agency
from kundentakt.demo.book import classify_book, import_book
from kundentakt.demo.care import carry_out_day, open_agency, plan_year
from kundentakt.demo.context import DemoContext, clients, demo_day, new_agency
from kundentakt.demo.event import report_cancellation
from kundentakt.demo.stages import Stages, StepFailed
from kundentakt.sample import write_sample_agency
from kundentakt.supervisor.system import System


def run_demo(system: System) -> bool:
    """Show the main job on the running system; true only if every step truly happened."""
    stages = Stages(Console())
    try:
        asyncio.run(_run(system, stages))
    except StepFailed:
        stages.closing_table()
        return False
    stages.closing_table()
    return stages.all_happened


async def _run(system: System, stages: Stages) -> None:
    day = demo_day(system)
    folder = system.installation.var / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    sample = write_sample_agency(folder, as_of=day)
    async with clients(system) as (classifier, scheduler, notifier):
        context = DemoContext(
            system=system,
            stages=stages,
            agency=await new_agency(classifier),
            day=day,
            sample=sample,
            classifier=classifier,
            scheduler=scheduler,
            notifier=notifier,
            mails_before=len(system.mails.messages()) if system.mails else 0,
        )
        stages.console.print(
            f"Beispielagentur [bold]{context.agency}[/] am {day:%d.%m.%Y}, Dateien in {folder}"
        )
        await import_book(context)
        await classify_book(context)
        await plan_year(context)
        await open_agency(context)
        await carry_out_day(context)
        await report_cancellation(context)
        with stages.step("Betreuungsbuch prüfen") as step:
            findings = await audit_agency(
                context.agency, day, scheduler=scheduler, notifier=notifier
            )
            for line in findings.lines():
                step.tell(line)
            if findings.faults:
                raise StepFailed("; ".join(findings.faults[:5]))
