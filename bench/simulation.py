"""Trying a policy on a book of 100,000 customers against classifying that book once.

Classifying is the real path of ``bench.classify``: a queued run with facts, classes, reasons and
history of the two percent that changed since the last. The policy tried has relative thresholds,
so that it is calibrated over the book first, as its activation would; one with fixed amounts is
timed beside it to inform.
"""

import argparse
import asyncio
import resource
import statistics
import sys
from collections.abc import Sequence
from time import perf_counter

import asyncpg

from bench.book import AGENCY, AS_OF, change_two_percent, fill, vacuum
from bench.class_worker import NOW, ours, unheard
from bench.figures import at_most, seconds
from bench.servers import classifier_database
from services.classifier.domain.needs import default_policy
from services.classifier.usecases.policies import add_policy
from services.classifier.usecases.simulation import SimulationTurns, simulate_policy
from shared.contracts.policies import (
    AmountThreshold,
    Axis,
    ParetoThreshold,
    Policy,
    TopShareThreshold,
)
from shared.contracts.simulations import Simulation
from shared.db.database import Database

CUSTOMERS = 100_000
ROUNDS = 3
LIMIT = 1.5

RELATIVE = default_policy().model_copy(
    update={
        "name": "80 % des Ertrags, oberes Fünftel des Potenzials",
        "revenue": Axis(threshold=ParetoThreshold(kind="pareto", share=0.8)),
        "potential": Axis(threshold=TopShareThreshold(kind="top_share", share=0.2)),
    }
)
AMOUNTS = default_policy().model_copy(
    update={
        "name": "500 € Ertrag",
        "revenue": Axis(threshold=AmountThreshold(kind="amount", cents=50_000)),
    }
)


class SimulationWentWrong(Exception):
    """what was simulated cannot be the book that was filled"""


async def version_of(database: Database, policy: Policy) -> int:
    """The policy, stored."""
    return await add_policy(database=database, agency=AGENCY, policy=policy, author="bench")


async def tried(database: Database, version: int) -> tuple[float, Simulation]:
    """Seconds of one simulation, and what it answers."""
    started = perf_counter()
    found = await simulate_policy(
        database=database,
        turns=SimulationTurns(),
        agency=AGENCY,
        version=version,
        as_of=AS_OF,
        now=NOW,
    )
    return perf_counter() - started, found


async def check(admin: asyncpg.Connection, found: Simulation) -> None:
    """The simulation saw every unit with its stored class; raises SimulationWentWrong."""
    rows = await admin.fetch("SELECT segment, count(*) AS units FROM care_class GROUP BY segment")
    stored = {row["segment"]: row["units"] for row in rows}
    now = {each.segment: each.units for each in found.now}
    if now != stored or not found.units_moving:
        raise SimulationWentWrong(f"stored {stored}, simulated {now}")


async def one_round(
    number: int, database: Database, admin: asyncpg.Connection, versions: tuple[int, int]
) -> tuple[float, float, float]:
    """Move two percent, then classify and try in turns; gives the seconds of all three."""
    await change_two_percent(admin, round_number=number)
    await vacuum(admin)
    relative, amounts = versions
    if number % 2 == 0:
        peer = await ours(database)
    mine, found = await tried(database, relative)
    await check(admin, found)
    if number % 2:
        peer = await ours(database)
    fixed, _ = await tried(database, amounts)
    print(
        f"  round {number + 1}: classified in {peer:.2f} s, tried in {mine:.2f} s"
        f" (fixed amounts {fixed:.2f} s), {found.units_moving} of {found.units} units would move",
        flush=True,
    )
    return mine, peer, fixed


async def measure(customers: int) -> bool:
    """Print the figures; true where the bound is kept."""
    async with classifier_database() as urls:
        admin = await asyncpg.connect(urls.admin_url)
        database = Database(service="classifier", url=urls.app_url, ring=unheard)
        await fill(admin, customers=customers)
        print(f"  first classification: {await ours(database):.1f} s", flush=True)
        versions = (await version_of(database, RELATIVE), await version_of(database, AMOUNTS))
        await tried(database, versions[0])
        rounds = [await one_round(number, database, admin, versions) for number in range(ROUNDS)]
        await admin.close()
        await database.close()
    return report(rounds)


def report(rounds: Sequence[tuple[float, float, float]]) -> bool:
    """The medians, and the ratio of neighbours, so that a busy machine slows both alike."""
    seconds("simulation", [mine for mine, _, _ in rounds])
    seconds("simulation, fixed amounts", [fixed for _, _, fixed in rounds])
    seconds("classification", [peer for _, peer, _ in rounds])
    gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    print(f"  memory at most {gigabytes:.2f} GB")
    ratio = statistics.median(mine / peer for mine, peer, _ in rounds)
    return at_most("simulation", ratio, limit=LIMIT)


def main() -> int:
    """``python -m bench.simulation [--customers N]``."""
    parser = argparse.ArgumentParser(prog="bench.simulation")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    return 0 if asyncio.run(measure(parser.parse_args().customers)) else 1


if __name__ == "__main__":
    sys.exit(main())
