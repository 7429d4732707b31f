"""A year for 100,000 customers in 100 agencies, against COPY of the same touchpoints.

Planning is the real path of the worker's job: facts from Postgres, carers, a year of touchpoints,
levelled, written and noted for the feed, two agencies at a time as two cores allow. The peer copies
the rows that came out, in binary, into a table with the same keys and indexes and nothing else.
"""

import argparse
import asyncio
import io
import sys
from collections.abc import Sequence
from time import perf_counter

import asyncpg

from bench.care_book import NO_TOKEN, NOW, fill, name_of
from bench.class_worker import peak_gigabytes, unheard
from bench.figures import at_most
from bench.servers import database_of
from services.scheduler.usecases.planning import plan_marked_units
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp
from shared.db.database import Database

AGENCIES = 100
CUSTOMERS = 1_000
LIMIT = 4.0
MEMORY_LIMIT_GIGABYTES = 1.0
AT_ONCE = 2
FREEZE_WORKING_DAYS = 10


class NothingWasPlanned(Exception):
    """an agency was not planned"""


async def planned(database: Database, agencies: Sequence[str]) -> float:
    """Seconds until all are planned."""
    # Nobody is asked: these agencies are known and their facts are fresh.
    classifier = ClassifierClient(ServiceHttp(url="http://127.0.0.1:9", token=NO_TOKEN))
    places = asyncio.Semaphore(AT_ONCE)

    async def plan(agency: str) -> None:
        async with places:
            done = await plan_marked_units(
                database=database,
                classifier=classifier,
                agency=agency,
                now=NOW,
                freeze_working_days=FREEZE_WORKING_DAYS,
                facts_wait_seconds=0,
            )
        if done is None:
            raise NothingWasPlanned(agency)

    started = perf_counter()
    await asyncio.gather(*(plan(each) for each in agencies))
    return perf_counter() - started


async def copied(admin: asyncpg.Connection) -> float:
    """Seconds of COPY of the same rows."""
    rows = io.BytesIO()
    await admin.copy_from_table("touchpoint", output=rows, format="binary")
    await admin.execute("CREATE TABLE copied (LIKE touchpoint INCLUDING ALL)")
    rows.seek(0)
    started = perf_counter()
    await admin.copy_to_table("copied", source=rows, format="binary")
    return perf_counter() - started


async def measure(agencies: int, customers: int) -> bool:
    """Print the figures; true where the bounds are kept."""
    async with database_of("scheduler") as urls:
        admin = await asyncpg.connect(urls.admin_url)
        database = Database(service="scheduler", url=urls.app_url, ring=unheard)
        await fill(admin, agencies=agencies, customers=customers)
        ours = await planned(database, [name_of(each + 1) for each in range(agencies)])
        memory = peak_gigabytes()
        rows = await admin.fetchval("SELECT count(*) FROM touchpoint")
        unplaced = await admin.fetchval(
            "SELECT count(*) FROM touchpoint WHERE day IS NULL AND state = 'planned'"
        )
        peer = await copied(admin)
        await admin.close()
        await database.close()
    print(
        f"  {agencies} agencies of {customers} customers: {rows} touchpoints ({unplaced} without a"
        f" day) planned in {ours:.1f} s, copied in {peer:.1f} s; memory at most {memory:.2f} GB",
        flush=True,
    )
    kept = at_most("plan a year", ours / peer, limit=LIMIT)
    return at_most("plan a year, memory", memory, limit=MEMORY_LIMIT_GIGABYTES) and kept


def main() -> int:
    """``python -m bench.plan_year [--agencies N] [--customers N]``."""
    parser = argparse.ArgumentParser(prog="bench.plan_year")
    parser.add_argument("--agencies", type=int, default=AGENCIES)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    given = parser.parse_args()
    return 0 if asyncio.run(measure(given.agencies, given.customers)) else 1


if __name__ == "__main__":
    sys.exit(main())
