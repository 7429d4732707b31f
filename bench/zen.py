"""Our classification against the same rules in a decision-table engine, on one core each.

The other side is GoRules' ``zen-engine`` from PyPI: ``bench.zen_tables`` draws the default policy
as its decision tables (all needs with the three kinds of gap, the assumption for an unknown life,
both thresholds, promising, objection, pinned classes, the four classes, service level with
referrals and linked companies, development). Stability is not in it, as everything is classified
for the first time; ours looks at it all the same. Both sides get the facts of the bench's book,
units of one member, some of them flagged, pinned or objecting; each in memory in the form it takes,
so that only deciding is timed. They must agree on potential, class, service level and development
of every row.
"""

import argparse
import asyncio
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import polars as pl
import zen

from bench.book import AGENCY, AS_OF, fill
from bench.class_worker import unheard
from bench.figures import at_least
from bench.servers import classifier_database
from bench.zen_tables import decision_model
from services.classifier.domain.classify import classify
from services.classifier.domain.facts import (
    FACTS,
    LIFE,
    PETS,
    SEGMENTS,
    age_in_years,
    is_unknown_life,
    no_further_members,
)
from services.classifier.domain.needs import default_policy
from services.classifier.domain.thresholds import Calibration
from services.classifier.store.facts import UnitsBetween, facts_of
from shared.contracts.lines import lines_in
from shared.contracts.policies import AmountThreshold
from shared.db.database import Database

ROUNDS = 3
ZEN_ROWS = 20_000
"""The engine needs seconds for so many; ours gets the whole book."""
FLOOR = 50.0
DECIDED = ("potential_cents", "segment", "service_level", "development")


class RowsDiffer(Exception):
    """the two sides do not agree on every row"""


async def facts_of_book(customers: int) -> pl.DataFrame:
    """The facts of a new book, units of one member, some of them marked."""
    async with classifier_database() as urls:
        admin = await asyncpg.connect(urls.admin_url)
        await fill(admin, customers=customers)
        await admin.close()
        database = Database(service="classifier", url=urls.app_url, ring=unheard)
        async with database.transaction(AGENCY) as transaction:
            loaded = await facts_of(
                transaction,
                UnitsBetween("", None),
                policy=default_policy(),
                as_of=AS_OF,
                zone=ZoneInfo("Europe/Berlin"),
            )
        await database.close()
    alone = loaded.facts.join(loaded.further_members, on="unit_id", how="anti")
    return marked(alone).select(*FACTS)


def marked(facts: pl.DataFrame) -> pl.DataFrame:
    """Each mark on some of a hundred rows, so that every rule decides somewhere."""
    place = pl.int_range(pl.len()) % 100
    pinned = [pl.when(place == 90 + at).then(pl.lit(one)) for at, one in enumerate("ABOC")]
    return facts.with_columns(
        promising=place.is_between(0, 2),
        objects=place == 10,
        referral_value_cents=pl.when(place == 20).then(40_000).otherwise("referral_value_cents"),
        linked_revenue_cents=pl.when(place == 30).then(30_000).otherwise("linked_revenue_cents"),
        override_segment=pl.coalesce(pinned).cast(SEGMENTS),
        override_until=pl.when(place >= 90).then(pl.lit(date(2027, 1, 31))),
    )


def contexts(facts: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as the engine takes them: ages in years, sets as lists of names."""
    named = (
        facts.with_columns(age=age_in_years(AS_OF), life_unknown=is_unknown_life())
        .with_columns(pl.col(pl.Enum).cast(pl.String))
        .select(
            "age", "life_unknown", "company", "objects", "promising", "override_segment",
            "revenue_cents", "referral_value_cents", "linked_revenue_cents", *_SETS,
            *(name for name in LIFE if name not in ("birth_date", "income_band", "industry")),
        )
    )  # fmt: skip
    rows = []
    for row in named.iter_rows(named=True):
        pets = row["pets"]
        row["pets"] = None if pets is None else [p for bit, p in enumerate(PETS) if pets >> bit & 1]
        for column, name in _SETS.items():
            row[name] = list(lines_in(row.pop(column)))
        rows.append(row)
    return rows


_SETS = {"covered_lines": "covered", "old_lines": "old", "incomplete_lines": "incomplete"}


def decided_by_us(facts: pl.DataFrame) -> tuple[float, pl.DataFrame]:
    """Seconds for all rows, and what was decided."""
    policy = default_policy()
    revenue, potential = policy.revenue.threshold, policy.potential.threshold
    assert isinstance(revenue, AmountThreshold)
    assert isinstance(potential, AmountThreshold)
    calibration = Calibration(revenue_cents=revenue.cents, potential_cents=potential.cents)
    started = perf_counter()
    found = classify(
        facts,
        further_members=no_further_members(),
        policy=policy,
        policy_version=1,
        calibration=calibration,
        as_of=AS_OF,
    )
    return perf_counter() - started, found.select(DECIDED)


def decided_by_zen(rows: list[dict[str, Any]]) -> tuple[float, list[tuple[Any, ...]]]:
    """Seconds for all rows, and what was decided."""
    decision = zen.ZenEngine().create_decision(decision_model(default_policy()))
    decision.evaluate(rows[0])
    started = perf_counter()
    results = [decision.evaluate(row)["result"] for row in rows]
    took = perf_counter() - started
    return took, [tuple(result[name] for name in DECIDED) for result in results]


def measure(facts: pl.DataFrame) -> bool:
    """Print the figures; true where the bound is kept."""
    few = facts.head(ZEN_ROWS)
    rows = contexts(few)
    ratios = []
    for _ in range(ROUNDS):
        mine, found = decided_by_us(facts)
        theirs, decided = decided_by_zen(rows)
        _refuse_difference(found.head(few.height), decided)
        ours_a_second, theirs_a_second = facts.height / mine, len(rows) / theirs
        print(f"  ours {ours_a_second:,.0f} rows/s, zen {theirs_a_second:,.0f} rows/s", flush=True)
        ratios.append(ours_a_second / theirs_a_second)
    shares = found.head(few.height)["segment"].value_counts(sort=True).iter_rows()
    print("  all alike: " + ", ".join(f"{segment} {count}" for segment, count in shares))
    return at_least("zen", statistics.median(ratios), floor=FLOOR)


def _refuse_difference(found: pl.DataFrame, decided: list[tuple[Any, ...]]) -> None:
    different = [
        (place, mine, other)
        for place, (mine, other) in enumerate(zip(found.iter_rows(), decided, strict=True))
        if mine != (int(other[0]), *other[1:])
    ]
    if different:
        raise RowsDiffer(f"{len(different)} of {len(decided)} rows differ, first {different[0]}")


def on_one_core(facts: pl.DataFrame) -> int:
    """Measure in a process that has one core and one thread of the frame engine."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "facts.pickle"
        kept.write_bytes(pickle.dumps(facts))
        return subprocess.run(
            [sys.executable, "-m", "bench.zen", "--facts", str(kept)],
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
            check=False,
        ).returncode


def main() -> int:
    """``python -m bench.zen [--customers N]``."""
    parser = argparse.ArgumentParser(prog="bench.zen")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--facts", type=Path)
    given = parser.parse_args()
    if given.facts is None:
        print(f"  zen-engine {version('zen-engine')}", flush=True)
        return on_one_core(asyncio.run(facts_of_book(given.customers)))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return 0 if measure(pickle.loads(given.facts.read_bytes())) else 1


if __name__ == "__main__":
    sys.exit(main())
