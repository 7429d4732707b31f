"""How long an import of a list of 100,000 rows takes, against COPY of the rows that it makes.

Three lists of a broker, one after the other, as an agency that moves in sends them: customers
(Kundenliste), contracts (Vertragsliste), bookings (Courtageabrechnung). Each goes through the use
case that the worker runs, from the kept file to the last committed slice, with the feed, the marks
and the report of every row. The peer copies the same cleaned rows into tables of the same shape,
with their primary keys and indexes, in one transaction: no import can be faster.

Both write to the same server, durable as in production.
"""

import argparse
import asyncio
import resource
import sys
import time
from uuid import uuid4

import asyncpg

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
TABLES = {"customers": "customer", "contracts": "contract", "commissions": "commission"}
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


async def copied(owner: asyncpg.Connection, table: str) -> float:
    """Seconds for COPY of the rows of a table into one of the same shape."""
    found = await owner.fetch(f"SELECT * FROM {table}")
    columns, rows = list(found[0].keys()), [tuple(row) for row in found]
    await owner.execute(f"CREATE TABLE copied (LIKE {table} INCLUDING ALL)")
    started = time.perf_counter()
    await owner.copy_records_to_table("copied", records=rows, columns=columns)
    seconds = time.perf_counter() - started
    await owner.execute("DROP TABLE copied")
    return seconds


async def measured(rows: int) -> bool:
    """Import the lists, copy what they made, and print the ratio."""
    taken = peer = 0.0
    async with classifier_database() as urls:
        database = Database(service="classifier", url=urls.app_url, ring=_no_bell)
        owner = await asyncpg.connect(urls.admin_url)
        await owner.execute("SET row_security = off")
        async with database.transaction(AGENCY) as transaction:
            await ensure_agency(transaction)
        for kind, content in lists(rows).items():
            seconds = await imported(database, content)
            copy = await copied(owner, TABLES[kind])
            print(f"  {kind}: {seconds:.2f} s, COPY {copy:.2f} s, {seconds / copy:.1f} times")
            taken, peer = taken + seconds, peer + copy
        await owner.close()
        await database.close()
    print(f"  memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return at_most("csv_import", taken / peer, limit=LIMIT)


async def _no_bell(_: object) -> None:
    """Nobody is rung: the bench is the worker."""


def main() -> int:
    """Run the bench; ends with 1 where the bound is not kept."""
    parser = argparse.ArgumentParser(prog="bench.csv_import")
    parser.add_argument("--rows", type=int, default=ROWS)
    return 0 if asyncio.run(measured(parser.parse_args().rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
