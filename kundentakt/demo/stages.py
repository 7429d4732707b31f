"""Shows the steps of the demo: a progress bar for a running step, and a table at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table


class StepFailed(Exception):
    """a step of the demo did not happen as it should"""


@dataclass(slots=True)
class Step:
    """One line of the closing table; ``told`` grows while the step runs."""

    title: str
    seconds: float = 0.0
    told: list[str] = field(default_factory=list)
    happened: bool = False

    def tell(self, line: str) -> None:
        """Add what happened, for the closing table; details begin with a blank and stay out."""
        self.told.append(line)


@dataclass(slots=True)
class Stages:
    """The steps of one demo, shown as they run."""

    console: Console
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run one step; an error ends the demo, after the table has shown how far it came."""
        step = Step(title)
        self.steps.append(step)
        self.console.print(f"\n[bold]{len(self.steps)}. {escape(title)}[/]")
        started = time.perf_counter()
        try:
            yield step
            step.happened = True
        except StepFailed as failure:
            step.tell(f"NICHT GESCHEHEN: {failure}")
            raise
        finally:
            step.seconds = time.perf_counter() - started
            for line in step.told:
                self.console.print(f"   {escape(line)}")

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator["Bar"]:
        """A progress bar for a part of a step."""
        columns = (
            TextColumn("   {task.description:<34}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            yield Bar(progress, progress.add_task(title, total=total), total)

    @property
    def all_happened(self) -> bool:
        """Whether every step truly happened."""
        return all(step.happened for step in self.steps)

    def closing_table(self) -> None:
        """What happened, how long it took, step by step."""
        table = Table(title="Was geschehen ist", title_justify="left", show_lines=True, expand=True)
        table.add_column("Schritt", ratio=2, overflow="fold")
        table.add_column("Ergebnis", ratio=5, overflow="fold")
        table.add_column("Dauer", justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
        for number, step in enumerate(self.steps, start=1):
            mark = "[green]geschehen[/]" if step.happened else "[red]nicht[/]"
            table.add_row(
                f"{number}. {escape(step.title)}",
                escape("\n".join(line for line in step.told if not line.startswith(" "))),
                f"{step.seconds:.1f} s",
                mark,
            )
        table.add_row("zusammen", "", f"{sum(step.seconds for step in self.steps):.1f} s", "")
        self.console.print()
        self.console.print(table)


@dataclass(slots=True)
class Bar:
    """A progress bar that a step moves."""

    progress: Progress
    task: TaskID
    total: int

    def stands_at(self, done: int, total: int | None = None) -> None:
        """Show how much is done."""
        if total is not None and total != self.total:
            self.total = total
        self.progress.update(self.task, completed=done, total=self.total)
