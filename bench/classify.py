"""Classifying a whole book against the plain SQL statement that computes and updates the class.

Ours is the real path: a queued run, facts from Postgres, classes, reasons, history and feed. Before
each round new bookings move two units of a hundred; both sides then do the same work once, in
alternating order, and must agree on every class.
"""

import argparse
import asyncio
import resource
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg

from bench.book import AGENCY, AS_OF, change_two_percent, fill, settle
from bench.class_floor import TABLE, update_classes
from bench.figures import at_most, seconds
from bench.servers import classifier_database
from services.classifier.domain.needs import default_policy
from services.classifier.store.facts import UnitsBetween, end_of_slice, facts_of
from services.classifier.store.reclassifications import queue_run
from services.classifier.usecases import classification
from services.classifier.usecases.classification import SLICE_UNITS, reclassify_book
from services.classifier.usecases.policies import policy_in_force
from shared.database import Database
from shared.kernel_tables import Protected, protect
from shared.queue import Ring

ROUNDS = 3
LIMIT = 2.0
MEMORY_LIMIT_GB = 1.0
NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")


class ClassesDiffer(Exception):
    """the two sides do not agree on every class"""


async def ours(database: Database) -> float:
    """Seconds of a run over the book, from its queuing to its end."""
    started = perf_counter()
    async with database.transaction(AGENCY) as transaction:
        await queue_run(transaction, reclassification_id=uuid4(), reason="requested", as_of=AS_OF)
    units = 1
    while units:  # turns end after some seconds and ring again
        units = (await reclassify_book(database=database, agency=AGENCY, now=NOW)).units
    return perf_counter() - started


async def plain(connection: asyncpg.Connection) -> float:
    """Seconds of the one statement, with the memory that our reads allow themselves."""
    statement = update_classes(default_policy())
    started = perf_counter()
    async with connection.transaction():
        await connection.execute("SELECT set_config('kundentakt.agency', $1, true)", AGENCY)
        await connection.execute("SET LOCAL work_mem = '64MB'")
        await connection.execute(statement)
    return perf_counter() - started


_DIFFERENT = """
    SELECT count(*) FILTER (WHERE ours.segment IS DISTINCT FROM plain.class) AS different,
           count(*) AS units
      FROM care_class AS ours FULL JOIN floor_class AS plain USING (agency_id, unit_id)
"""
_SHARES = "SELECT segment, count(*) FROM care_class GROUP BY segment ORDER BY segment"
_CHANGED = "SELECT changed, units FROM reclassification ORDER BY finished_at DESC LIMIT 1"


async def compare(admin: asyncpg.Connection) -> tuple[int, int]:
    """Changed units of the last run and units in all; raises ClassesDiffer."""
    different, units = (await admin.fetch(_DIFFERENT))[0]
    if different or not units:
        raise ClassesDiffer(f"{different} of {units} classes differ")
    changed, looked_at = (await admin.fetch(_CHANGED))[0]
    if looked_at != units:
        raise ClassesDiffer(f"a run looked at {looked_at} of {units} units")
    return changed, units


async def prepare(admin: asyncpg.Connection, owner_url: str, *, customers: int) -> None:
    """The book, and the narrow table of the other side under the same protection."""
    await fill(admin, customers=customers)
    owner = await asyncpg.connect(owner_url)
    statements = [TABLE]
    protect(statements.append, Protected("floor_class"))
    for statement in statements:
        await owner.execute(statement)
    await owner.close()
    await admin.execute(
        "INSERT INTO floor_class SELECT DISTINCT agency_id, unit_id FROM customer"
        " WHERE status = 'active'"
    )


async def one_round(
    number: int, database: Database, plain_connection: asyncpg.Connection, admin: asyncpg.Connection
) -> tuple[float, float]:
    """Move two percent, then both sides in turns; gives their seconds."""
    await change_two_percent(admin, round_number=number)
    await settle(admin)
    if number % 2:
        peer = await plain(plain_connection)
        mine = await ours(database)
    else:
        mine = await ours(database)
        peer = await plain(plain_connection)
    changed, units = await compare(admin)
    share = changed / units
    print(
        f"  round {number + 1}: {units / mine:,.0f} units/s, plain {units / peer:,.0f} units/s,"
        f" {share:.1%} changed",
        flush=True,
    )
    assert 0.015 < share < 0.025, f"{share:.1%} changed instead of 2 %"
    return mine, peer


async def show_steps(database: Database) -> None:
    """Where our time goes: each step over the whole book, nothing written."""
    reading = deciding = 0.0
    after: str | None = ""
    while after is not None:
        async with database.transaction(AGENCY) as transaction:
            started = perf_counter()
            until = await end_of_slice(transaction, after=after, size=SLICE_UNITS)
            ruling = await policy_in_force(transaction, AS_OF)
            loaded = await facts_of(
                transaction,
                UnitsBetween(after, until),
                policy=ruling.policy,
                as_of=AS_OF,
                zone=ZONE,
            )
        read = perf_counter()
        classification._decide(loaded, ruling, AS_OF)
        reading, deciding = reading + read - started, deciding + perf_counter() - read
        after = until
    print(f"  of ours: facts from SQL {reading:.2f} s, arithmetic {deciding:.2f} s,")
    print("  the rest is explaining and writing what changed")


async def measure(customers: int) -> bool:
    """Print the figures; true where both bounds are kept."""
    async with classifier_database() as urls:
        admin = await asyncpg.connect(urls.admin_url)
        database = Database(service="classifier", url=urls.app_url, ring=_unheard)
        plain_connection = await asyncpg.connect(urls.app_url)
        await prepare(admin, urls.owner_url, customers=customers)
        print(f"  first classification: ours {await ours(database):.1f} s", end=", ", flush=True)
        print(f"plain {await plain(plain_connection):.1f} s")
        await compare(admin)
        print("  " + ", ".join(f"{row[0]} {row[1]}" for row in await admin.fetch(_SHARES)))
        rounds = [
            await one_round(number, database, plain_connection, admin) for number in range(ROUNDS)
        ]
        await show_steps(database)
        await plain_connection.close()
        await admin.close()
        await database.close()
    return report(rounds)


async def _unheard(rings: Sequence[Ring]) -> None:
    """No worker follows in this bench."""


def report(rounds: Sequence[tuple[float, float]]) -> bool:
    """The medians, and the ratio of neighbours, so that a busy machine slows both alike."""
    seconds("ours", [mine for mine, _ in rounds])
    seconds("plain statement", [peer for _, peer in rounds])
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    ratio = statistics.median(mine / peer for mine, peer in rounds)
    kept = at_most("classify", ratio, limit=LIMIT)
    return at_most("classify-memory-gb", gigabytes, limit=MEMORY_LIMIT_GB) and kept


def main() -> int:
    """``python -m bench.classify [--customers N]``."""
    parser = argparse.ArgumentParser(prog="bench.classify")
    parser.add_argument("--customers", type=int, default=100_000)
    return 0 if asyncio.run(measure(parser.parse_args().customers)) else 1


if __name__ == "__main__":
    sys.exit(main())
