"""The command `kundentakt`."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kundentakt.cli.keys import SigningKey
from kundentakt.demo.mail_receiver import MailReceiverNotStarted
from kundentakt.servers.bootstrap import RoleNameUnexpected, UnsafeDatabaseRole
from kundentakt.servers.embedded import DatabasesPartlyGiven, EmbeddedServers, NoAdministrator
from kundentakt.servers.ports import PortTaken
from kundentakt.servers.shared_server import EmbeddedServerFailed
from kundentakt.supervisor.environment import callers_environment, demo_instant, service_databases
from kundentakt.supervisor.installation import FolderNotOurs, Installation
from kundentakt.supervisor.processes import NotReadyInTime
from kundentakt.supervisor.system import AlreadyRunning, System, prepare_databases
from shared.contracts.access import LONGEST_TOKEN_DAYS

app = typer.Typer(
    name="kundentakt",
    help="Kundenbetreuung im Takt für Versicherungsmakler.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()

# Errors that a user can repair are printed as a sentence; all others show their traceback.
_MENDABLE = (
    AlreadyRunning,
    DatabasesPartlyGiven,
    EmbeddedServerFailed,
    FolderNotOurs,
    MailReceiverNotStarted,
    NoAdministrator,
    NotReadyInTime,
    PortTaken,
    RoleNameUnexpected,
    UnsafeDatabaseRole,
)


@app.command()
def run() -> None:
    """Startet alles, zeigt die Hauptaufgabe an der Beispielagentur und läuft bis Strg-C."""
    _demonstrate(keep_serving=True)


@app.command()
def demo(
    leave: Annotated[bool, typer.Option("--exit", help="danach beenden")] = False,
) -> None:
    """Zeigt die Hauptaufgabe; mit --exit ist der Rückgabewert 0 nur, wenn alles geschah."""
    _demonstrate(keep_serving=not leave)


@app.command()
def serve() -> None:
    """Startet Server, Dienste und Worker und läuft bis Strg-C."""
    with System(report=_say) as system:
        _tell_where(system)
        _wait_for_the_end()


@app.command()
def audit(
    url: Annotated[
        list[str] | None,
        typer.Option(help="Adresse eines Dienstes, mehrfach; ohne: was hier läuft"),
    ] = None,
    token: Annotated[
        str, typer.Option(envvar="KUNDENTAKT_TOKEN", help="Zugriffstoken der Installation")
    ] = "",
) -> None:
    """Prüft das Betreuungsbuch: Jede fällige Betreuung steht an genau einer Stelle."""
    from kundentakt.cli.audit import run_audit
    from kundentakt.cli.audited import NothingToAudit, at_addresses, running_here

    if url and not token:
        raise typer.BadParameter("Zu --url gehört --token.")
    try:
        stands = run_audit(at_addresses(url, token) if url else running_here())
    except NothingToAudit as error:
        console.print(f"[red]{escape(str(error))}[/]")
        raise typer.Exit(2) from None
    raise typer.Exit(0 if stands else 1)


@app.command()
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="nur prüfen, ob Migrationen und Tabellen übereinstimmen")
    ] = False,
) -> None:
    """Legt Rollen und Datenbanken an und bringt alle drei auf den neuesten Stand."""
    if check:
        from kundentakt.cli.drift import drifted_services

        differences = drifted_services()
        for service, difference in differences.items():
            console.print(f"[red]{service}[/]: {escape(difference)}")
        raise typer.Exit(1 if differences else 0)
    given = callers_environment()
    with EmbeddedServers(environment=given, with_redis=False) as servers:
        databases = service_databases(installation=servers.installation, environment=given)
        prepare_databases(servers=servers, databases=databases, given=given)
    for database in databases:
        console.print(f"{database.service}: {database.database} ist auf dem neuesten Stand")


@app.command()
def token(
    agency: Annotated[str, typer.Option(help="Agentur; * für Dienste")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="Recht, mehrfach möglich")] = None,
    service: Annotated[
        str, typer.Option(help="statt Agentur und Rechten: der Dienst, dem das Token gehört")
    ] = "",
    subject: Annotated[str, typer.Option(help="für wen")] = "operator",
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_TOKEN_DAYS, help="Gültigkeit in Tagen")
    ] = 90,
    public_keys: Annotated[
        bool, typer.Option("--public-keys", help="stattdessen den Wert für TOKEN_KEYS ausgeben")
    ] = False,
) -> None:
    """Stellt ein Zugriffstoken aus; nur dieser Befehl kennt den privaten Schlüssel."""
    from shared.access import is_agency, is_name
    from shared.contracts.access import EVERY_AGENCY, SCOPES, SERVICE_SCOPES

    key = SigningKey.of(Installation.of_checkout())
    if public_keys:
        print(key.public_jwks())
        return
    if service:
        if service not in SERVICE_SCOPES or agency or scope:
            raise typer.BadParameter(f"--service steht allein: {', '.join(SERVICE_SCOPES)}")
        agency, scope, subject = EVERY_AGENCY, [*SERVICE_SCOPES[service]], f"service:{service}"
    unknown = sorted(set(scope or ()) - set(SCOPES))
    if not agency or not scope or unknown:
        wrong = f"Unbekannt: {', '.join(unknown)}. " if unknown else ""
        known = "\n".join(f"  {name}: {meaning}" for name, meaning in SCOPES.items())
        raise typer.BadParameter(f"{wrong}Nötig sind --agency und --scope aus:\n{known}")
    if not is_agency(agency):
        raise typer.BadParameter("--agency: Kleinbuchstaben, Ziffern und Striche, höchstens 40")
    if not is_name(subject):
        raise typer.BadParameter("--subject: eine Zeile, höchstens 200 Zeichen")
    print(
        key.issue_token(agency=agency, scopes=scope, subject=subject, lifetime=timedelta(days=days))
    )


@app.command()
def doctor() -> None:
    """Sagt, was benutzt wird, was falsch ist und wie es zu beheben ist."""
    from kundentakt.cli.doctor import examine

    findings = examine(installation=Installation.of_checkout(), environment=callers_environment())
    table = Table(show_header=False, box=None, pad_edge=False)
    for finding in findings:
        mark = "[green]gut[/]" if finding.mend is None else "[red]falsch[/]"
        mend = "" if finding.mend is None else f"\n→ {finding.mend}"
        table.add_row(mark, finding.topic, escape(finding.fact + mend))
    console.print(table)
    raise typer.Exit(1 if any(finding.mend for finding in findings) else 0)


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="nur prüfen, nichts schreiben")] = False,
) -> None:
    """Schreibt openapi/<Dienst>.json oder prüft, ob sie dem Code entsprechen."""
    from kundentakt.cli.openapi import check_documents, write_documents

    if not check:
        for path in write_documents():
            console.print(str(path))
        return
    differing = check_documents()
    for name in differing:
        console.print(f"[red]{name}[/] entspricht nicht dem Code: `make openapi` schreibt es neu")
    raise typer.Exit(1 if differing else 0)


def _demonstrate(*, keep_serving: bool) -> None:
    from kundentakt.demo.run import run_demo

    with System(report=_say, now=demo_instant(datetime.now(UTC))) as system:
        succeeded = run_demo(system)
        if keep_serving:
            _tell_where(system)
            _wait_for_the_end()
    raise typer.Exit(0 if succeeded else 1)


def _tell_where(system: System) -> None:
    for service in system.addresses.ports:
        console.print(f"{service:<11} {system.url(service)}/docs")
    if system.mails is not None:
        console.print(f"E-Mails     {system.mails.directory}")
    console.print(f"Protokolle  {system.installation.logs}\nStrg-C beendet alles.")


def _wait_for_the_end() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Wird beendet ...")


def _say(line: str) -> None:
    console.print(f"[dim]{line}[/]")


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Handle SIGTERM and a closed terminal like Ctrl-C, so that every process is stopped."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, interrupt)
    yield


def main() -> None:
    """Entry of the command `kundentakt`."""
    try:
        with _ended_like_ctrl_c():
            app()
    except _MENDABLE as error:
        console.print(f"[red]{escape(str(error))}[/]")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
