"""How level the live plan is: of the demo's own book, after its import and after changes of it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from kundentakt.sample import SampleAgency, write_sample_agency
from services.classifier.resources import ClassifierResources
from services.classifier.usecases import import_runs
from services.scheduler.domain.levelling import relaxed_optima, weekly_loads
from services.scheduler.domain.schemas import CAPACITY
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem, token
from tests.scheduler.conftest import databases, system
from tests.scheduler.domain.builders import CALENDAR, as_work

__all__ = ["databases", "system"]

LIMIT: Final = 1.05
LOADED: Final = 0.3
"""Of a fullest week below this, one visit is a third."""
MOVES_LIMIT: Final = 1.1
"""Contacts that move, over those whose service, day or person is no longer allowed."""

Rows = dict[str, dict[str, Any]]


async def imported(system: SchedulerSystem, sample: SampleAgency) -> None:
    """The sample as the demo imports it: people first, then all lists while planning goes on."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    staff = sample.staff_csv.read_bytes()
    assert (await system.call("POST", "/staff/imports", content=staff)).is_success
    resources = cast(ClassifierResources, system.classifier.state.resources)
    for path in (
        sample.customers_csv,
        sample.contracts_csv,
        sample.commissions_csv,
        sample.interactions_csv,
    ):
        files = {"file": (path.name, path.read_bytes())}
        headers = {"Authorization": f"Bearer {token(AGENCY)}"}
        answer = await system.classifier_client.post("/v1/imports", files=files, headers=headers)
        assert answer.status_code == 202, answer.text
        await import_runs.run_imports(
            database=resources.database, clock=resources.clock, agency=AGENCY
        )
        await system.finish_all_work()
    await system.open()
    await system.finish_all_work()


async def personal(system: SchedulerSystem) -> Rows:
    """What is planned with minutes, by id."""
    names = "touchpoint_id, staff_id, service, minutes, priority, earliest, latest, day"
    rows = await system.rows(
        f"SELECT {names} FROM touchpoint"
        " WHERE state = 'planned' AND minutes > 0 AND left_on IS NULL"
    )
    found = [dict(zip(names.split(", "), row, strict=True)) for row in rows]
    return {
        str(each["touchpoint_id"]): {**each, "touchpoint_id": str(each["touchpoint_id"])}
        for each in found
    }


async def level_of(system: SchedulerSystem, plan: Rows, *, since: date) -> float:
    """The highest weekly load over the best possible one, at its worst among all people."""
    days = (await system.get("/capacity"))["days"]
    monday = since + timedelta(days=-since.weekday() % 7)
    capacity = pl.DataFrame(days).select(
        "staff_id", pl.col("day").str.to_date(), pl.col("plannable_minutes").cast(pl.Int64)
    )
    capacity = capacity.select(list(CAPACITY)).filter(pl.col("day") >= monday)
    placed = pl.DataFrame([each for each in plan.values() if each["day"] and each["day"] >= monday])
    work = as_work(
        placed.select(
            "touchpoint_id", "staff_id", "service", "minutes", "priority",
            pl.max_horizontal("earliest", pl.lit(monday)).alias("earliest"), "latest",
        ).with_columns(pl.col("priority").cast(pl.Int8))
    )  # fmt: skip
    best = relaxed_optima(work=work, capacity=capacity)
    loads = weekly_loads(placed=placed, capacity=capacity)
    worst = loads.group_by("staff_id").agg(pl.col("load").max()).sort("staff_id")
    told = [(who, load, load / max(best[who], 1e-9)) for who, load in worst.iter_rows()]
    return float(max(ratio for _, load, ratio in told if load > LOADED))


def moved(before: Rows, after: Rows) -> tuple[int, int]:
    """How many contacts had to leave their day, and how many did so without having to."""
    must = need_not = 0
    for touchpoint_id, stood in before.items():
        now = after.get(touchpoint_id)
        if now is None or not now["earliest"] <= stood["day"] <= now["latest"]:
            must += 1
        elif (now["day"], now["staff_id"]) != (stood["day"], stood["staff_id"]):
            need_not += 1
    return must, need_not


async def test_the_demos_plan_is_level_after_import_a_new_policy_and_a_new_catalogue(
    system: SchedulerSystem, tmp_path: Path
) -> None:
    await imported(system, write_sample_agency(tmp_path, as_of=MONDAY))
    before = await personal(system)
    assert await level_of(system, before, since=MONDAY) <= LIMIT
    ahead = CALENDAR.add_working_days(MONDAY, 11)

    segments = dict(await system.rows("SELECT customer_id, segment FROM customer"))
    await stricter_policy(system)
    await system.finish_all_work()
    changed = [
        customer_id
        for customer_id, segment in await system.rows("SELECT customer_id, segment FROM customer")
        if segments[customer_id] != segment
    ]
    after = await personal(system)
    must, need_not = moved(before, after)
    assert len(changed) > 50
    assert await level_of(system, after, since=ahead) <= LIMIT
    assert must + need_not <= MOVES_LIMIT * must

    await more_calls(system)
    await system.finish_all_work()
    later = await personal(system)
    must, need_not = moved(after, later)
    assert await level_of(system, later, since=ahead) <= LIMIT
    assert need_not <= (MOVES_LIMIT - 1) * (must + len(later) - len(after))


async def stricter_policy(system: SchedulerSystem) -> None:
    """Activate a policy that takes more for high revenue."""
    (ruling, *_) = (await system.tell_classifier("GET", "/policies"))["items"]
    policy = {**ruling["policy"], "name": "500 Euro"}
    policy["revenue"] = {"threshold": {"kind": "amount", "cents": 50_000}}
    made = await system.tell_classifier("POST", "/policies", policy)
    await system.tell_classifier("POST", f"/policies/{made['version']}/activation", {})


async def more_calls(system: SchedulerSystem) -> None:
    """Activate a catalogue that asks how somebody is twice as often."""
    (ruling, *_) = (await system.get("/catalogues"))["items"]
    catalogue = ruling["catalogue"]
    (calls,) = (each for each in catalogue["services"] if each["key"] == "how_are_you")
    for cell in calls["segments"].values():
        cell["every_months"] = 6
    made = await system.call("POST", "/catalogues", json=catalogue)
    assert made.status_code == 201, made.text
    path = f"/catalogues/{made.json()['version']}/activation"
    assert (await system.call("POST", path)).is_success
