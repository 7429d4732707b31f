"""How long an import of a list of 100,000 rows takes, against COPY of the rows that it leaves.

Three lists of a broker, one after the other, as an agency that moves in sends them: customers
(Kundenliste), contracts (Vertragsliste), bookings (Courtageabrechnung). Each goes through the use
case that the worker runs, from the kept file to the last committed slice, with the feed, the marks
and the report of every row. The peer copies every row that the import left behind, whatever table
it stands in (customers with their provenance, marks, the feed, the digests of numbers, the job),
into tables of the same shape with the same keys, indexes and checks: no import can be faster.

Both write to the same server, durable as in production. Beside the time, the seconds that the
processor worked are told, because time says little on a machine that has other work.
"""

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import psutil

from bench.book import AGENCY
from bench.figures import at_most
from bench.servers import classifier_database
from services.classifier.store.agencies import ensure_agency
from services.classifier.usecases.import_runs import run_imports
from services.classifier.usecases.imports import import_report, start_import
from shared.clock import Clock
from shared.db.database import Database

ROWS = 100_000
LIMIT = 5.0
MAIN = {"customers": "customer", "contracts": "contract", "commissions": "commission"}
"""The table of each list."""
TABLES = """
    SELECT relname FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
COLUMNS = """
    SELECT attname FROM pg_attribute
     WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     ORDER BY attnum
"""
LINES = ("Hausrat", "Privathaftpflicht", "Kfz", "Rechtsschutz", "Wohngebäude", "Unfall")
CITIES = ("06526;Sangerhausen", "04109;Leipzig", "39104;Magdeburg", "99084;Erfurt")


def lists(rows: int) -> dict[str, bytes]:
    """The three lists, as a broker system exports them."""
    people = [
        f"K-{n};{'Frau' if n % 2 else 'Herr'};Ute;Muster-{n};Lindenallee {n % 90};"
        f"{CITIES[n % 4]};{n % 28 + 1:02}.{n % 12 + 1:02}.{1950 + n % 50};"
        f"muster{n}@example.org;+49 3464 {n:06};01.05.{2000 + n % 25};ja;Familie;{n % 4}\n"
        for n in range(rows)
    ]
    agreed = [
        f"K-{n};V {n:08};Muster Versicherung;9999;{LINES[n % 6]};aktiv;01.0{n % 9 + 1}.2020;"
        f"{100 + n % 300},{n % 100:02};jährlich\n"
        for n in range(rows)
    ]
    booked = [
        f"V {n:08};9999;15.0{n % 9 + 1}.2026;Bestand;{10 + n % 90},{n % 100:02}\n"
        for n in range(rows)
    ]
    heads = {
        "customers": "Kundennummer;Anrede;Vorname;Nachname;Straße;PLZ;Ort;Geburtsdatum;E-Mail;"
        "Telefon;Kunde seit;Maklervertrag;Haushaltsart;Kinder\n",
        "contracts": "Kundennummer;Vertragsnummer;Gesellschaft;VU-Nr;Sparte;Status;Beginn;"
        "Beitrag netto;Zahlweise\n",
        "commissions": "Vertragsnummer;VU-Nr;Abrechnungsdatum;Courtageart;Betrag\n",
    }
    parts = {"customers": people, "contracts": agreed, "commissions": booked}
    return {kind: (heads[kind] + "".join(parts[kind])).encode() for kind in heads}


async def imported(database: Database, content: bytes) -> float:
    """Seconds from a kept file to its last committed row."""
    clock, import_id = Clock(), uuid4()
    await start_import(
        database=database, clock=clock, agency=AGENCY, content=content, filename="liste.csv",
        kind=None, import_id=import_id,
    )  # fmt: skip
    started = time.perf_counter()
    await run_imports(database=database, clock=clock, agency=AGENCY)
    seconds = time.perf_counter() - started
    report = await import_report(
        database=database, agency=AGENCY, import_id=import_id, after=0, limit=5
    )
    assert report.job.state == "done", report.job.problem_detail
    assert report.job.rejected == 0, report.rejections
    return seconds


@dataclass(frozen=True, slots=True)
class Left:
    """The rows of one table that an import left behind."""

    table: str
    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


async def left_behind(owner: asyncpg.Connection, *, since: int) -> list[Left]:
    """All rows that transactions from this one on wrote, and that are there still."""
    found = []
    for (table,) in await owner.fetch(TABLES):
        columns = [row[0] for row in await owner.fetch(COLUMNS, table)]
        rows = await owner.fetch(
            f"SELECT {', '.join(columns)} FROM {table} WHERE CAST(xmin::text AS bigint) >= $1",
            since,
        )
        if rows:
            found.append(Left(table, columns, [tuple(row) for row in rows]))
    return found


async def copied(owner: asyncpg.Connection, left: Sequence[Left]) -> float:
    """Seconds for COPY of these rows, in one transaction, into tables of the same shape."""
    for each in left:
        await owner.execute(f"CREATE TABLE copied_{each.table} (LIKE {each.table} INCLUDING ALL)")
    started = time.perf_counter()
    async with owner.transaction():
        for each in left:
            await owner.copy_records_to_table(
                f"copied_{each.table}", records=each.rows, columns=each.columns
            )
    seconds = time.perf_counter() - started
    for each in left:
        await owner.execute(f"DROP TABLE copied_{each.table}")
    return seconds


async def measured(rows: int) -> bool:
    """Import the lists, copy what they left behind, and print the ratio."""
    taken = peer = bare = 0.0
    async with classifier_database() as urls:
        database = Database(service="classifier", url=urls.app_url, ring=_no_bell)
        owner = await asyncpg.connect(urls.admin_url)
        await owner.execute("SET row_security = off")
        async with database.transaction(AGENCY) as transaction:
            await ensure_agency(transaction)
        for kind, content in lists(rows).items():
            since = await owner.fetchval("SELECT CAST(pg_current_xact_id() AS text)::bigint")
            before = await worked(owner)
            seconds = await imported(database, content)
            after = await worked(owner)
            left = await left_behind(owner, since=since)
            reading = await worked(owner)
            copy = await copied(owner, left)
            ended = await worked(owner)
            alone = await copied(owner, [each for each in left if each.table == MAIN[kind]])
            print(f"  {kind}: {seconds:.2f} s, COPY {copy:.2f} s, {seconds / copy:.1f} times")
            print(f"    COPY of {MAIN[kind]} alone {alone:.2f} s, {seconds / alone:.1f} times")
            print(f"    processor: import {after - before}; COPY {ended - reading}")
            print(f"    rows: {', '.join(f'{each.table} {len(each.rows)}' for each in left)}")
            taken, peer, bare = taken + seconds, peer + copy, bare + alone
        await owner.close()
        await database.close()
    print(f"  against COPY of customers, contracts and bookings alone: {taken / bare:.1f} times")
    print(f"  memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return at_most("csv_import", taken / peer, limit=LIMIT)


@dataclass(frozen=True, slots=True)
class Worked:
    """Seconds of the processor so far."""

    python: float
    postgres: float

    def __sub__(self, before: "Worked") -> "Worked":
        return Worked(self.python - before.python, self.postgres - before.postgres)

    def __str__(self) -> str:
        return f"{self.python:.2f} s Python + {self.postgres:.2f} s Postgres"


async def worked(owner: asyncpg.Connection) -> Worked:
    """What this process with those that read for it, and the server with all of its processes,
    have worked."""
    server = psutil.Process(await owner.fetchval("SELECT pg_backend_pid()")).parent()
    assert server is not None
    ended = server.cpu_times()
    readers = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [each.cpu_times() for each in server.children()]
    return Worked(
        python=time.process_time() + readers.ru_utime + readers.ru_stime,
        postgres=ended.children_user
        + ended.children_system
        + sum(each.user + each.system for each in living),
    )


async def _no_bell(_: object) -> None:
    """Nobody is rung: the bench is the worker."""


def main() -> int:
    """Run the bench; ends with 1 where the bound is not kept."""
    parser = argparse.ArgumentParser(prog="bench.csv_import")
    parser.add_argument("--rows", type=int, default=ROWS)
    return 0 if asyncio.run(measured(parser.parse_args().rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
