"""A real worker killed -9 in the midst of a run over the book: another goes on, and in the end
nobody could tell. Two agencies have the same book; only over the second one is a worker killed."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.db.rings import Ring
from tests.classifier.conftest import Agency, Service
from tests.classifier.rules import PARETO, TODAY, activate, post, run_day, run_of, work
from tests.faults.classifier_worker import SLICE_UNITS
from tests.fixtures.programs import Program, kill, running
from tests.fixtures.waiting import SOMEBODY_WAITS, eventually

NOWHERE = "http://127.0.0.1:9"
CUSTOMERS, UNITS = 600, 540
"""Of ten customers one lives with the one before."""

_BOOK = (
    f"""
    INSERT INTO customer (agency_id, customer_id, unit_id, kind, status, last_name, form_of_address,
                          language, country, mandate_contract, mandate_power_of_attorney,
                          vehicles, home, identities)
    SELECT :agency, 'K-' || lpad(n::text, 4, '0'),
           'K-' || lpad((CASE WHEN n % 10 = 9 THEN n - 1 ELSE n END)::text, 4, '0'),
           'person', 'active', 'Muster', 'sie', 'de', 'DE', true, true, n % 3,
           (ARRAY['owns', 'rents'])[1 + n % 2], '{{}}'
      FROM generate_series(1, {CUSTOMERS}) AS n
    """,
    """
    INSERT INTO connection (agency_id, customer_id, other_id, kind)
    SELECT :agency, customer_id, unit_id, 'household' FROM customer WHERE unit_id <> customer_id
    """,
    """
    INSERT INTO commission (agency_id, commission_id, customer_id, booked_on, kind, amount_cents)
    SELECT :agency, 'B-' || customer_id, customer_id, '2025-11-21', 'other',
           1000 + substr(customer_id, 3)::bigint * 7919 % 90001
      FROM customer
    """,
)


async def with_book(agency: Agency) -> Agency:
    """The same book for whoever asks, classified by the default policy."""
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        for statement in _BOOK:
            await transaction.execute(statement)
    await run_day(agency, TODAY)
    await work(agency)
    return agency


def worker(log: Path) -> AbstractContextManager[Program]:
    """A worker of the service, whose settings the environment of this process holds; its
    neighbours are away."""
    away = {"SCHEDULER_URL": NOWHERE, "NOTIFIER_URL": NOWHERE}
    return running("tests.faults.classifier_worker", environment=away, log=log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A place in a run: the worker waits there for a row that somebody else holds."""

    phase: str
    held: str
    between_parts: bool = False
    """A part of the slice is committed, and the slice is not noted yet."""

    def is_where(self, run: dict[str, Any]) -> bool:
        """Whether a run that goes no further has come there: some slices are done, some not."""
        done = run["units_calibrated" if self.phase == "calibrating" else "units"]
        inside = 0 < run["written"] - done < SLICE_UNITS if self.between_parts else True
        return bool(run["phase"] == self.phase and 0 < done < UNITS - SLICE_UNITS and inside)


_RUN = "SELECT FROM reclassification WHERE agency_id = :agency AND state <> 'done' FOR UPDATE"
_FEED = "SELECT FROM feed_head WHERE agency_id = :agency FOR UPDATE"
EDGES = {
    "a slice is read and its values are not kept": Edge(phase="calibrating", held=_RUN),
    "a part of a slice is committed": Edge(phase="classifying", held=_RUN, between_parts=True),
    "a part of a slice is written and not told": Edge(phase="classifying", held=_FEED),
}
_WHERE_IT_IS = """
    SELECT phase, units_calibrated, units,
           (SELECT count(*) FROM care_class
             WHERE care_class.agency_id = :agency
               AND care_class.policy_version = run.policy_version) AS written
      FROM reclassification AS run WHERE agency_id = :agency AND state <> 'done'
"""


async def kill_at(edge: Edge, process: Program, agency: Agency) -> None:
    """Kill the worker as soon as it waits at the edge."""
    database = agency.service.resources.database

    async def killed() -> bool:
        async with database.transaction(agency.agency) as transaction:
            await transaction.execute(edge.held)
            run = (await transaction.execute(_WHERE_IT_IS)).one_or_none()
            assert run is not None, "the run was over before the worker could be killed"
            if not edge.is_where(dict(run._mapping)):
                return False

            async def waits() -> bool:
                return bool((await transaction.execute(SOMEBODY_WAITS)).scalar_one())

            await eventually(waits)
            kill(process)
            return True

    while not await killed():
        assert process.poll() is None


async def finished(agency: Agency, activated: dict[str, Any]) -> dict[str, Any]:
    """Ring until the run is done."""

    async def done() -> bool:
        bell = Ring(service="classifier", job="reclassify_book", agency=agency.agency)
        await agency.service.resources.doorbell.ring([bell])
        return bool((await run_of(agency, activated))["state"] == "done")

    await eventually(done, seconds=60)
    return await run_of(agency, activated)


_OF_ITS_OWN = "'agency_id', 'at', 'change_id', 'classified_at', 'created_at', 'activated_at'"
"""What differs though all is the same: whose it is, and when it was written down."""
_TABLES = (
    "calibration",
    "care_class",
    "change",
    "classification",
    "classified_member",
    "work_mark",
)


async def all_of(agency: Agency) -> dict[str, list[Any]]:
    """Everything that a run leaves behind: classes, history, feed and calibrations."""
    return {
        table: await agency.rows(
            f"SELECT (to_jsonb(kept) - ARRAY[{_OF_ITS_OWN}])::text FROM {table} AS kept ORDER BY 1"
        )
        for table in _TABLES
    }


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A run that nobody disturbed, and all it left behind."""

    run: dict[str, Any]
    left: dict[str, list[Any]]


@pytest.fixture(scope="module")
async def undisturbed(
    lasting_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    """What must come out."""
    agency = await with_book(lasting_service.of("undisturbed"))
    with worker(tmp_path_factory.mktemp("undisturbed") / "worker.log"):
        run = await finished(agency, await activate(agency, await post(agency, **PARETO)))
    return Undisturbed(run, await all_of(agency))


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.replace(" ", "-"))
async def test_a_run_over_the_book_survives_the_death_of_its_worker(
    lasting_service: Service, undisturbed: Undisturbed, tmp_path: Path, edge: str
) -> None:
    agency = await with_book(lasting_service.of(f"disturbed-{len(edge)}"))
    log = tmp_path / "worker.log"
    version = await post(agency, **PARETO)
    with worker(log) as first:
        activated = await activate(agency, version)
        await kill_at(EDGES[edge], first, agency)
    assert (await run_of(agency, activated))["state"] == "running"
    with worker(log):
        run = await finished(agency, activated)

    counted = ("units_calibrated", "units_expected", "units", "changed", "calibration", "phase")
    assert [run[name] for name in counted] == [UNITS, UNITS, UNITS, UNITS, 2, "classifying"]
    assert [undisturbed.run[name] for name in counted] == [run[name] for name in counted]
    assert len((await agency.get(f"/policies/{version}/calibrations"))["items"]) == 1
    in_force, _ = (await agency.get("/activations"))["items"]
    assert (in_force["version"], in_force["state"]) == (version, "in_force")
    await check_each_change_is_told_once(agency)
    assert await agency.rows("SELECT * FROM calibration_slice") == []
    assert await all_of(agency) == undisturbed.left


async def check_each_change_is_told_once(agency: Agency) -> None:
    """By the default policy and by the new one: twice in the history, twice in the feed."""
    history = "SELECT count(*), count(DISTINCT (unit_id, policy_version)) FROM classification"
    assert await agency.rows(history) == [(2 * UNITS, 2 * UNITS)]
    assert await agency.rows(
        "SELECT max(revision) = count(*), count(*) FILTER (WHERE kind = 'classification.changed'),"
        "       count(DISTINCT (subject, payload)) FROM change"
    ) == [(True, 2 * CUSTOMERS, 2 * CUSTOMERS)]
    present = await agency.rows("SELECT segment, cardinality(members) FROM care_class")
    assert len(present) == UNITS
    assert sum(members for _, members in present) == CUSTOMERS
    assert len({segment for segment, _ in present}) > 1
