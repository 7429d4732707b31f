"""The audit of the ledger of care: each due touchpoint is in exactly one place.

It is ended, or it waits with a named reason and time; what was handed over has exactly one
message, which ended in the same way; and no message exists that nobody planned or ordered.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from rich.console import Console
from rich.table import Table

from kundentakt.cli.audited import AuditedSystem, NothingToAudit
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceAway, ServiceRefused
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.contracts.access import EVERY_AGENCY
from shared.contracts.dispatches import MessageView
from shared.contracts.feed_errors import FeedTrimmed
from shared.contracts.scheduling import LedgerEntry
from shared.contracts.vocabulary import AgencyId

FAULTS_STAY_SECONDS = 15.0
STILL_PLANNED = "war fällig und ist noch geplant"
NEEDS_REASON = frozenset({"suppressed", "failed", "cancelled", "discarded"})
MESSAGE_WAITS = frozenset({"accepted", "claimed", "transmitting"})
ENDS_AS: Mapping[str, frozenset[str]] = {
    "sent": frozenset({"sent", "bounced", "complained"}),
    "suppressed": frozenset({"suppressed"}),
    "failed": frozenset({"failed", "unknown", "bounced"}),
    "cancelled": frozenset({"cancelled"}),
}
"""The states that a message may have, by the state in which its touchpoint ended."""


@dataclass(slots=True)
class Findings:
    """What the audit of one agency found."""

    agency: AgencyId
    until: date
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    ordered: Counter[str] = field(default_factory=Counter)
    """Messages that others ordered of the notifier themselves, by the subject of their token."""
    faults: list[str] = field(default_factory=list)
    day_was_run: bool = True
    not_judged: int = 0
    """Contacts that are due while no day was ever run: nobody can say whether they were missed."""

    def lines(self) -> list[str]:
        """The findings as lines for a reader."""
        told = ", ".join(
            f"{count} {state}{f' ({reason})' if reason else ''}"
            for (state, reason), count in self.places.most_common()
        )
        sent = ", ".join(f"{count} {state}" for state, count in self.messages.most_common())
        verdict = "jeder an genau einer Stelle" if not self.faults else f"{len(self.faults)} Fehler"
        unlived = f"{self.not_judged} davon nicht beurteilt: Es lief noch kein Tag"
        if not self.day_was_run and not self.not_judged:
            unlived = "Es lief noch kein Tag; ob Fälliges fehlt, ist nicht zu beurteilen"
        return [
            f"{sum(self.places.values())} fällige Kontakte bis {self.until:%d.%m.%Y}: {verdict}",
            *([] if self.day_was_run else [unlived]),
            told,
            ": ".join(filter(None, (f"{sum(self.messages.values())} Nachrichten", sent))),
            *(f"{count} davon bestellt von {name}" for name, count in self.ordered.most_common()),
            *self.faults[:20],
        ]

    def mark(self) -> str:
        """The verdict in one word, with its colour."""
        if self.faults:
            return "[red]falsch[/]"
        return "[green]stimmt[/]" if self.day_was_run else "[yellow]kein Tag[/]"


async def audit_agency(
    agency: AgencyId,
    until: date,
    *,
    scheduler: SchedulerClient,
    notifier: NotifierClient,
    day_was_run: bool = True,
) -> Findings:
    """Hold the scheduler's ledger up to a day against the notifier's messages.

    Two services are read one after the other while they work: what is on its way from one to the
    other looks wrong for a moment, so faults count only when they stay.
    """
    deadline = monotonic() + FAULTS_STAY_SECONDS
    while True:
        findings = Findings(agency, until, day_was_run=day_was_run)
        await _look(findings, scheduler=scheduler, notifier=notifier)
        if not findings.faults or monotonic() > deadline:
            return findings
        await asyncio.sleep(0.5)


async def _look(
    findings: Findings, *, scheduler: SchedulerClient, notifier: NotifierClient
) -> None:
    agency, until = findings.agency, findings.until
    entries = await _ledger(agency, until, scheduler)
    messages = await _messages(agency, notifier)
    by_dispatch = _one_message_each(messages, findings)
    seen: set[str] = set()
    for entry in entries:
        if entry.touchpoint_id in seen:
            findings.faults.append(f"{entry.touchpoint_id} steht zweimal im Buch")
        seen.add(entry.touchpoint_id)
        findings.places[entry.state, entry.reason or ""] += 1
        fault = _fault_of(entry, by_dispatch.get(entry.touchpoint_id))
        if fault == STILL_PLANNED and not findings.day_was_run:
            findings.not_judged += 1
        elif fault:
            findings.faults.append(f"{entry.touchpoint_id} ({entry.service}): {fault}")
    for dispatch_id, message in by_dispatch.items():
        if dispatch_id in seen or message.purpose == "staff":
            continue
        if message.ordered_by is not None:
            findings.ordered[message.ordered_by] += 1
        else:
            findings.faults.append(f"Nachricht {message.message_id}: niemand hat sie geplant")


def _fault_of(entry: LedgerEntry, message: MessageView | None) -> str | None:
    """What is wrong with one line of the ledger, or None."""
    if entry.state == "planned":
        if entry.left_on is None and entry.reason:
            return None  # no day of its window has room, and its reason says so
        return STILL_PLANNED
    if entry.state in NEEDS_REASON and not entry.reason:
        return f"{entry.state} ohne Grund"
    if entry.state == "handed_over":
        if message is None:
            return "übergeben, aber der Versand kennt es nicht"
        named = message.reason or message.not_before or message.run  # a run waits for approval
        if message.state in MESSAGE_WAITS and not named:
            return f"wartet im Versand ({message.state}) ohne Grund oder Zeit"
        return None
    if message is not None:
        fitting = ENDS_AS.get(entry.state, frozenset())
        if message.state not in fitting:
            return f"hier {entry.state}, im Versand {message.state}"
    elif entry.state == "sent":
        return "gesendet, aber der Versand kennt es nicht"
    return None


def _one_message_each(
    messages: Iterable[MessageView], findings: Findings
) -> dict[str, MessageView]:
    found: dict[str, MessageView] = {}
    for message in messages:
        findings.messages[f"{message.channel} {message.state}"] += 1
        if message.dispatch_id in found:
            findings.faults.append(f"{message.dispatch_id} hat zwei Nachrichten")
        if message.state in ("failed", "unknown", "suppressed") and not message.reason:
            findings.faults.append(f"Nachricht {message.message_id}: {message.state} ohne Grund")
        found[message.dispatch_id] = message
    return found


async def _ledger(
    agency: AgencyId, until: date, scheduler: SchedulerClient
) -> Sequence[LedgerEntry]:
    entries: list[LedgerEntry] = []
    cursor = None
    while True:
        page = await scheduler.ledger(agency, until, cursor=cursor)
        entries, cursor = entries + page.items, page.next_cursor
        if cursor is None:
            return entries


async def _messages(agency: AgencyId, notifier: NotifierClient) -> Sequence[MessageView]:
    messages: list[MessageView] = []
    cursor = None
    while True:
        page = await notifier.messages(agency, cursor=cursor)
        messages, cursor = messages + page.items, page.next_cursor
        if cursor is None:
            return messages


def run_audit(system: AuditedSystem) -> bool:
    """Audit every agency that the token may see; true if there is one and nothing is wrong.

    Raises NothingToAudit if the services cannot be asked or no agency is seen.
    """
    try:
        findings = asyncio.run(_audit_all(system))
    except (ServiceAway, ServiceRefused) as error:
        raise NothingToAudit(f"Die Installation war nicht zu befragen: {error}") from error
    if not findings:
        raise NothingToAudit("Keine Agentur gesehen: Adressen und Token prüfen.")
    console = Console()
    table = Table(title="Betreuungsbuch", title_justify="left", show_lines=True)
    table.add_column("Agentur", no_wrap=True)
    table.add_column("Befund", overflow="fold")
    table.add_column("")
    for found in findings:
        table.add_row(found.agency, "\n".join(found.lines()), found.mark())
    console.print(table)
    return all(not found.faults for found in findings)


async def _audit_all(system: AuditedSystem) -> list[Findings]:
    async with system.clients() as (classifier, scheduler, notifier):
        agencies = await _agencies(system.agency, (classifier, scheduler, notifier))
        found = []
        for agency in agencies:
            settings = await classifier.agency(agency)
            found.append(
                await audit_agency(
                    agency,
                    system.until(settings),
                    scheduler=scheduler,
                    notifier=notifier,
                    day_was_run=settings.day is not None,
                )
            )
        return found


async def _agencies(
    of_token: AgencyId, services: Sequence[ClassifierClient | SchedulerClient | NotifierClient]
) -> list[AgencyId]:
    """The agencies of which any service has told anything, as far as the token reaches."""
    if of_token == EVERY_AGENCY:
        heads = [await service.heads() for service in services]
        return sorted({agency for each in heads for agency, head in each.items() if head})
    for service in services:
        try:
            page = await service.changes(of_token, limit=1)
        except FeedTrimmed:
            return [of_token]
        if page.head:
            return [of_token]
    return []
