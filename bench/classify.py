"""Classifying a whole book against the plain SQL statement that computes and updates the class.

Ours is the real path: a queued run, facts from Postgres, classes, reasons, history and feed, in a
process of its own whose memory is measured. Before each round new bookings move two units of a
hundred; both sides then do the same work once, in alternating order, and must agree on every
class. Books of a tenth and a hundredth of the size tell whether a customer costs the same in each.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import asyncpg

from bench.book import AGENCY, change_two_percent, fill, vacuum
from bench.class_floor import TABLE, update_classes
from bench.class_worker import Run, WorkerProcess
from bench.figures import at_most, seconds
from bench.servers import classifier_database
from services.classifier.domain.needs import default_policy
from shared.db.kernel_tables import Protected, protect

CUSTOMERS = 1_000_000
ROUNDS = 3
ROUNDS_OF_THE_WHOLE = 2
"""A round of a million takes some minutes, most of them the plain statement's."""
SMALLEST_BOOK = 10_000
"""Of fewer, two of a hundred are too few to be two of a hundred."""
LIMIT = 2.0
FIRST_LIMIT = 4.0
"""Of the first classification, which writes every class, reason and entry of the feed."""
MEMORY_LIMIT_GB = 1.0
FLAT_LIMIT = 1.5


class ClassesDiffer(Exception):
    """the two sides do not agree on every class"""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a book of one size took: rounds of two percent, and its first classification."""

    units: int
    rounds: list[tuple[float, float]]
    first: tuple[float, float]
    """Seconds of ours and of the plain statement when every class is new."""
    peak_gigabytes: float

    @property
    def microseconds(self) -> float:
        """Of ours, for each unit of the book."""
        return statistics.median(mine for mine, _ in self.rounds) / self.units * 1e6


async def one_round(
    number: int,
    worker: WorkerProcess,
    plain_connection: asyncpg.Connection,
    admin: asyncpg.Connection,
) -> tuple[Run, float]:
    """Move two percent, then both sides in turns; gives what ours took and the peer's seconds."""
    await change_two_percent(admin, round_number=number)
    await vacuum(admin)
    if number % 2:
        peer = await plain(plain_connection)
        mine = await worker.run()
    else:
        mine = await worker.run()
        peer = await plain(plain_connection)
    changed, units = await compare(admin)
    share = changed / units
    print(
        f"  round {number + 1}: ours {mine.seconds:.1f} s ({units / mine.seconds:,.0f} units/s),"
        f" plain {peer:.1f} s ({units / peer:,.0f} units/s), {share:.1%} changed",
        flush=True,
    )
    assert 0.015 < share < 0.025, f"{share:.1%} changed instead of 2 %"
    return mine, peer


async def measure(customers: int, *, rounds: int) -> Measured:
    """Fill a book of this size on a server of its own, and classify it in rounds."""
    async with classifier_database() as urls:
        admin = await asyncpg.connect(urls.admin_url)
        plain_connection = await asyncpg.connect(urls.app_url)
        started = perf_counter()
        await prepare(admin, urls.owner_url, customers=customers)
        print(f"  filled in {perf_counter() - started:.0f} s", flush=True)
        with WorkerProcess(url=urls.app_url) as worker:
            mine = await worker.run()
            print(f"  first classification: ours {mine.seconds:.1f} s", end=", ", flush=True)
            first = (mine.seconds, await plain(plain_connection))
            print(f"plain {first[1]:.1f} s")
            _, units = await compare(admin)
            print("  " + ", ".join(f"{row[0]} {row[1]}" for row in await admin.fetch(_SHARES)))
            done = [
                await one_round(number, worker, plain_connection, admin) for number in range(rounds)
            ]
        await plain_connection.close()
        await admin.close()
    return Measured(
        units=units,
        rounds=[(mine.seconds, peer) for mine, peer in done],
        first=first,
        peak_gigabytes=max(mine.peak_gigabytes for mine, _ in done),
    )


def report(measured: Measured) -> bool:
    """The medians, and the ratio of neighbours, so that a busy machine slows both alike."""
    seconds("ours", [mine for mine, _ in measured.rounds])
    seconds("plain statement", [peer for _, peer in measured.rounds])
    ratio = statistics.median(mine / peer for mine, peer in measured.rounds)
    kept = at_most("classify", ratio, limit=LIMIT)
    mine, peer = measured.first
    kept &= at_most("classify-first", mine / peer, limit=FIRST_LIMIT)
    peak = measured.peak_gigabytes
    return at_most("classify-memory-gb", peak, limit=MEMORY_LIMIT_GB) and kept


def report_flatness(smaller: Sequence[Measured], whole: Measured) -> bool:
    """What a unit costs in books of each size; the ratio is to a book of a tenth."""
    for one in (*smaller, whole):
        print(
            f"  book of {one.units:,} units: {one.microseconds:.1f} µs a unit,"
            f" {one.first[0] / one.units * 1e6:.1f} µs when everything is new"
        )
    tenth = smaller[-1].microseconds
    return at_most("classify-flat", whole.microseconds / tenth, limit=FLAT_LIMIT)


async def compared_sizes(customers: int) -> bool:
    """Print the figures; true where all bounds are kept."""
    sizes = (customers // 100, customers // 10)
    smaller = [await measure(size, rounds=ROUNDS) for size in sizes if size >= SMALLEST_BOOK]
    whole = await measure(customers, rounds=ROUNDS_OF_THE_WHOLE)
    kept = report(whole)
    return (not smaller or report_flatness(smaller, whole)) and kept


def main() -> int:
    """``python -m bench.classify [--customers N]``."""
    parser = argparse.ArgumentParser(prog="bench.classify")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    return 0 if asyncio.run(compared_sizes(parser.parse_args().customers)) else 1


if __name__ == "__main__":
    sys.exit(main())
