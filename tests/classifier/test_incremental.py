"""Event by event, by the whole book and afresh over the final facts: the same classes.

Random lives of three customers, classified after each step as the worker would. At the end a run
over the book must find nothing to change, and an agency that is given only the final rows must
come to the same classes: with band and hold time off over the facts alone, with them on given
what stability remembers.
"""

from datetime import date, timedelta
from itertools import count, permutations
from typing import Any

import asyncpg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.classifier.usecases.classification import reclassify_book
from shared.contracts.policies import Policy
from tests.classifier.case_runner import CaseRunner
from tests.classifier.conftest import Agency, Service
from tests.classifier.domain.case_steps import (
    AS_OF,
    Begins,
    Rules,
    Sent,
    Step,
    booked,
    contact,
    contract,
    customer,
    flagged,
    happened,
    objected,
)
from tests.classifier.domain.worked_policies import NOTHING, OWNS, policy

WHO = ["K-1", "K-2", "K-3"]
UNSTABLE = {"stability": {"band": 0.0, "hold_days": 1}}
FACT_TABLES = ("customer", "connection", "flag", "objection", "contract", "commission",
               "interaction", "event")  # fmt: skip
REMEMBERED = ("care_class", "classification", "classified_member")
COMPARED = ("segment", "service_level", "development", "facts", "gaps", "reasons", "axes", "held",
            "care_unit")  # fmt: skip
_names = count(1)

who = st.sampled_from(WHO)
other = st.none() | who
euros = st.sampled_from([-300.0, 100.0, 149.99, 280.0, 300.0, 301.0])
days = st.sampled_from(["2025-11-15", "2025-11-21", "2025-12-05", "2026-06-01", "2026-11-20"])
lives = st.sampled_from([{}, NOTHING, OWNS, {"home": "rents", "pets": ["dog"]}])


def _customer(person: str, life: dict[str, Any], near: str | None, by: str | None,
              group: str | None, born: str | None, status: str) -> Step:  # fmt: skip
    links = {"household": near, "recommended_by": by, "company_group": group}
    known: dict[str, Any] = {name: to for name, to in links.items() if to != person}
    return customer(person, born=born, status=status, **known, **life)


def _gone(person: str) -> Step:
    return Sent(method="DELETE", path=f"/customers/{person}/contracts/V", body=None)


births = st.sampled_from([None, "1970-12-10", "2008-12-01", "1990-01-01"])
customers = st.builds(
    _customer, who, lives, other, other, other, births,
    st.sampled_from(["active", "active", "active", "former"]),
)  # fmt: skip
steps = st.one_of(
    customers,
    customers,
    st.builds(
        lambda person, line, foreign, code: contract(
            "V", line, 500, who=person, foreign=foreign, gdv_line=code
        ),
        who, st.sampled_from(["building", "household", "legal"]), st.booleans(),
        st.sampled_from([None, "131", "141"]),
    ),
    st.builds(_gone, who),
    st.builds(
        lambda amount, on, kind, of, person, number: booked(
            amount if kind != "clawback" else -abs(amount), on, kind, of=of, who=person,
            as_id=f"B-{number}",
        ),
        euros, days, st.sampled_from(["renewal", "initial", "clawback", "other"]),
        st.sampled_from([None, "V"]), who, st.integers(1, 4),
    ),
    st.builds(
        lambda minutes, topic, person: contact(minutes, "owner", topic=topic, who=person),
        st.sampled_from([5, 76]), st.sampled_from(["none", "advice", "claim"]), who,
    ),
    st.builds(
        lambda kind, on, person: happened(
            kind, on, who=person, **({"days": 20} if kind == "payment.late" else {})
        ),
        st.sampled_from(["payment.late", "price.disputed", "business.announced",
                         "business.delivered"]), days, who,
    ),
    st.builds(
        lambda pair: happened("referral.made", who=pair[0], referred_customer_id=pair[1]),
        st.sampled_from(list(permutations(WHO, 2))),
    ),
    st.builds(
        lambda mark, on, person, value: flagged(mark, on, who=person, value=value),
        st.sampled_from(["favourite", "conduct", "useful", "promising"]), days, who, st.booleans(),
    ),
    st.builds(
        lambda person, since: objected(who=person, profiling=since),
        who, st.sampled_from([None, "2026-06-01T10:00:00+02:00"]),
    ),
    st.integers(1, 20),
)  # fmt: skip
MODELS = st.sampled_from(["revenue_potential", "revenue_effort"])


async def carried_out(service: Service, rules: Policy, steps: list[Step | int]) -> CaseRunner:
    """An agency where all of it happened, classified after each step."""
    runner = CaseRunner(service.of(f"random-{next(_names)}"))
    await runner.set_out(rules, *(customer(person) for person in WHO))
    today = date.fromisoformat(AS_OF)
    for step in steps:
        if isinstance(step, int):
            today += timedelta(days=step)
            await runner.take(Begins(day=today.isoformat()))
        elif step == _gone("K-1") or step == _gone("K-2") or step == _gone("K-3"):
            assert isinstance(step, Sent)
            await runner.agency.call("DELETE", step.path)
        else:
            await runner.take(step)
        await runner.classify()
    return runner


async def shown(agency: Agency) -> dict[str, Any]:
    """What the API shows of all three, but for when and under which number."""
    found: dict[str, Any] = {}
    for person in WHO:
        answer = (await agency.call("GET", f"/customers/{person}/classification")).json()
        found[person] = {name: answer.get(name) for name in COMPARED}
    return found


async def given_the_final_rows(runner: CaseRunner, rules: Policy, *tables: str) -> Agency:
    """Another agency with these tables as they are now, and the same rules and day."""
    service = runner.agency.service
    fresh = CaseRunner(service.of(f"random-{next(_names)}"))
    for (day,) in await runner.agency.rows("SELECT day::text FROM agency WHERE day IS NOT NULL"):
        await fresh.begin(day)
    await fresh.take(Rules(policy=rules))
    connection = await asyncpg.connect(service.database.admin_url)
    try:
        for table in tables:
            columns = await connection.fetch(
                "SELECT column_name FROM information_schema.columns WHERE table_name = $1"
                " AND column_name <> 'agency_id' AND is_generated = 'NEVER'",
                table,
            )
            names = ", ".join(row[0] for row in columns)
            await connection.execute(
                f"INSERT INTO {table} (agency_id, {names}) SELECT $1, {names} FROM {table}"
                " WHERE agency_id = $2",
                fresh.agency.agency,
                runner.agency.agency,
            )
    finally:
        await connection.close()
    return fresh.agency


async def changed_by_the_whole_book(agency: Agency) -> int:
    resources = agency.service.resources
    answer = await agency.call("POST", "/reclassifications")
    assert answer.status_code == 202, answer.text
    done = await reclassify_book(
        database=resources.database, agency=agency.agency, now=resources.clock.now()
    )
    return done.changed


LEFT_AND_CAME_BACK: list[Step | int] = [
    booked(300, who="K-1"),
    customer("K-1", status="former", **NOTHING),
    customer("K-1", **NOTHING),
    5,
    customer("K-1", status="former", **NOTHING),
    customer("K-1", **OWNS),
]
FORMED_AND_DISSOLVED: list[Step | int] = [
    booked(200, who="K-1"),
    booked(100, who="K-2"),
    customer("K-2", household="K-1", **NOTHING),
    happened("business.announced", "2026-06-01", who="K-1"),
    happened("business.delivered", "2026-11-20", who="K-2"),
    customer("K-2", **NOTHING),
    customer("K-2", household="K-1", status="former"),
    customer("K-2", household="K-1"),
    customer("K-2", recommended_by="K-1", **OWNS),
]
"""A unit that ends and begins again must go on in its own history."""
RECOMMENDED_AND_LINKED: list[Step | int] = [
    booked(301, "2025-11-15", of="V", who="K-2"),
    contract("V", "building", 500, who="K-2"),
    happened("referral.made", who="K-3", referred_customer_id="K-2"),
    customer("K-1", company_group="K-2", **NOTHING),
]
"""What somebody earns who counts for two units in two ways must count for each of them once."""

quick = settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@quick
@given(steps=st.lists(steps, max_size=14), model=MODELS)
@example(steps=LEFT_AND_CAME_BACK, model="revenue_potential")
@example(steps=FORMED_AND_DISSOLVED, model="revenue_effort")
@example(steps=RECOMMENDED_AND_LINKED, model="revenue_potential")
async def test_event_by_event_comes_to_what_the_whole_book_and_the_final_facts_come_to(
    lasting_service: Service, steps: list[Step | int], model: str
) -> None:
    rules = policy(model=model, **UNSTABLE)
    runner = await carried_out(lasting_service, rules, steps)
    by_event = await shown(runner.agency)
    assert await changed_by_the_whole_book(runner.agency) == 0
    assert await shown(runner.agency) == by_event
    fresh = await given_the_final_rows(runner, rules, *FACT_TABLES)
    await changed_by_the_whole_book(fresh)
    assert await shown(fresh) == by_event


@quick
@given(steps=st.lists(steps, max_size=14), model=MODELS)
@example(steps=LEFT_AND_CAME_BACK, model="revenue_potential")
@example(steps=FORMED_AND_DISSOLVED, model="revenue_effort")
async def test_with_band_and_hold_time_the_final_facts_and_what_is_remembered_decide(
    lasting_service: Service, steps: list[Step | int], model: str
) -> None:
    rules = policy(model=model)
    runner = await carried_out(lasting_service, rules, steps)
    by_event = await shown(runner.agency)
    assert await changed_by_the_whole_book(runner.agency) == 0
    fresh = await given_the_final_rows(runner, rules, *FACT_TABLES, *REMEMBERED)
    assert await changed_by_the_whole_book(fresh) == 0
    assert await shown(fresh) == by_event
