"""Which version rules when: activated, calibrated by the worker, replaced, calibrated anew."""

from datetime import date, timedelta

import pytest

from services.classifier.store import reclassifications
from services.classifier.usecases import slices
from services.classifier.usecases.calibration import calibrate_book
from services.classifier.usecases.classification import reclassify_marked
from shared.turns import UNLIMITED
from tests.classifier.conftest import Agency
from tests.classifier.rules import (
    PARETO,
    TODAY,
    activate,
    commission,
    four_customers,
    post,
    run_day,
    run_of,
    segments,
    work,
)
from tests.fixtures.turns import TurnOfSlices


@pytest.fixture
async def book(agency: Agency) -> Agency:
    """Four customers, classified by the default policy: BBCC."""
    return await four_customers(agency)


async def test_amounts_rule_at_once_and_the_book_follows(book: Agency) -> None:
    assert await segments(book) == "BBCC"
    version = await post(book, revenue={"threshold": {"kind": "amount", "cents": 90_000}})
    activated = await activate(book, version)
    assert (activated["from"], activated["calibration"]) == ("2026-11-20", 2)
    assert activated["replaced"] is None
    active = await book.get("/policies/active")
    assert (active["version"], active["revenue_cents"]) == (version, 90_000)
    queued = await run_of(book, activated)
    assert (queued["state"], queued["phase"], queued["calibration"]) == (
        "waiting",
        "classifying",
        2,
    )
    await work(book)
    assert await segments(book) == "BCCC"
    done = await run_of(book, activated)
    assert (done["state"], done["units"], done["changed"]) == ("done", 4, 4)
    again = await activate(book, version)
    assert again == activated


async def test_a_share_is_calibrated_by_the_worker_while_the_old_version_rules(
    book: Agency,
) -> None:
    version = await post(book, **PARETO)
    activated = await activate(book, version)
    assert activated["calibration"] is None
    queued = await run_of(book, activated)
    assert (queued["phase"], queued["policy_version"]) == ("calibrating", version)
    # A customer who changes meanwhile is classified by the version before.
    assert (await book.get("/policies/active"))["version"] == 1
    assert (await book.get("/activations"))["items"][0]["state"] == "calibrating"
    await commission(book, "K-4", 40_000)
    resources = book.service.resources
    await reclassify_marked(
        database=resources.database, agency=book.agency, now=resources.clock.now()
    )
    found = await book.get("/customers/K-4/classification")
    assert (found["policy_version"], found["segment"]) == (1, "B")
    await work(book)
    done = await run_of(book, activated)
    assert (done["state"], done["phase"], done["calibration"]) == ("done", "classifying", 2)
    assert (done["units_calibrated"], done["units_expected"], done["units"]) == (4, 4, 4)
    (calibration,) = (await book.get(f"/policies/{version}/calibrations"))["items"]
    # 1,000, 500, 500 and 200 euros: 80 % of 2,200 are reached with the third.
    found = await book.get("/customers/K-2/classification")
    assert calibration["revenue_cents"] == found["facts"]["revenue_cents"]
    assert (calibration["calibration"], calibration["as_of"]) == (2, "2026-11-20")
    assert (found["policy_version"], found["calibration"]) == (version, 2)
    assert await segments(book) == "BBCB"
    assert (await book.get("/activations"))["items"][0] | {"activated_at": ""} == {
        "from": "2026-11-20",
        "version": version,
        "calibration": 2,
        "next_version": None,
        "state": "in_force",
        "reclassification_id": activated["reclassification_id"],
        "activated_at": "",
        "activated_by": "a test",
    }


async def test_a_killed_calibration_goes_on_after_its_last_slice(
    book: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await post(book, **PARETO)
    activated = await activate(book, version)
    database, agency = book.service.resources.database, book.agency
    async with database.transaction(agency) as transaction:
        run = await reclassifications.lease_run(transaction)
    assert run is not None
    # A slice is begun within the turn, the next one would be after it.
    turn = TurnOfSlices(1)
    with monkeypatch.context() as small:
        small.setattr(slices, "SLICE_UNITS", 2)
        left = await calibrate_book(database=database, agency=agency, run=run, turn=turn)
    assert left is None
    assert (await run_of(book, activated))["units_calibrated"] == 2
    # The next worker is killed: its lease keeps others away until it runs out.
    async with database.transaction(agency) as transaction:
        killed = await reclassifications.lease_run(transaction)
        assert killed is not None
        assert await reclassifications.lease_run(transaction) is None
        await transaction.execute("UPDATE reclassification SET leased_until = now()")
    await work(book)
    done = await run_of(book, activated)
    assert (done["state"], done["units_calibrated"], done["units"]) == ("done", 4, 4)
    assert await book.rows("SELECT count(*) FROM calibration_slice") == [(0,)]
    assert await segments(book) == "BBCC"
    # What the killed one still does comes to nothing.
    late = await calibrate_book(database=database, agency=agency, run=killed, turn=UNLIMITED)
    assert late is None
    assert len((await book.get(f"/policies/{version}/calibrations"))["items"]) == 1
    assert (await run_of(book, activated))["state"] == "done"


async def test_a_calibration_in_slices_finds_what_one_pass_finds(
    book: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = await post(book, **PARETO)
    await activate(book, version)
    database, agency = book.service.resources.database, book.agency
    async with database.transaction(agency) as transaction:
        run = await reclassifications.lease_run(transaction)
    assert run is not None
    with monkeypatch.context() as small:
        small.setattr(slices, "SLICE_UNITS", 1)
        await calibrate_book(database=database, agency=agency, run=run, turn=UNLIMITED)
    in_slices = (await book.get("/policies/active"))["revenue_cents"]
    answer = await book.call("POST", f"/policies/{version}/calibrations")
    assert answer.status_code == 202
    await work(book)
    assert (await book.get("/policies/active"))["revenue_cents"] == in_slices


async def test_a_coming_day_is_calibrated_when_it_is_run(book: Agency) -> None:
    tomorrow = TODAY + timedelta(days=1)
    version = await post(book, **PARETO)
    activated = await activate(book, version, **{"from": str(tomorrow)})
    assert (activated["calibration"], activated["reclassification_id"]) == (None, None)
    await run_day(book, TODAY)
    await work(book)
    assert (await book.get("/customers/K-1/classification"))["policy_version"] == 1
    assert (await book.get("/activations"))["items"][0]["state"] == "planned"
    run = await run_day(book, tomorrow)
    assert (run["phase"], run["policy_version"]) == ("calibrating", version)
    assert (await book.get("/policies/active"))["version"] == 1, "no half state"
    await work(book)
    found = await book.get("/customers/K-1/classification")
    assert (found["policy_version"], found["as_of"]) == (version, str(tomorrow))
    (calibration,) = (await book.get(f"/policies/{version}/calibrations"))["items"]
    assert calibration["as_of"] == str(tomorrow)
    assert (await book.get(f"/policies/active?day={TODAY}"))["version"] == 1


async def test_a_second_activation_from_the_same_day_takes_the_first_ones_place(
    book: Agency,
) -> None:
    first = await post(book, revenue={"threshold": {"kind": "amount", "cents": 90_000}})
    second = await post(book, **PARETO)
    begins = {"from": "2026-12-01"}
    assert (await activate(book, first, **begins))["replaced"] is None
    assert (await activate(book, second, **begins))["replaced"] == first
    listed = (await book.get("/activations"))["items"]
    assert [(each["from"], each["version"], each["next_version"]) for each in listed] == [
        ("2026-12-01", None, second),
        ("1900-01-01", 1, None),
    ]
    assert (await activate(book, first, **begins))["replaced"] == second
    await run_day(book, date(2026, 12, 1))
    await work(book)
    assert (await book.get("/policies/active"))["version"] == first


async def test_an_activation_that_was_replaced_while_it_calibrated_ends(book: Agency) -> None:
    first = await activate(book, await post(book, **PARETO))
    amounts = await post(book, revenue={"threshold": {"kind": "amount", "cents": 90_000}})
    second = await activate(book, amounts)
    assert second["replaced"] == first["version"]
    await work(book)
    ended = await run_of(book, first)
    assert (ended["state"], ended["phase"], ended["calibration"]) == ("done", "superseded", None)
    assert (await book.get("/policies/active"))["version"] == amounts
    assert await segments(book) == "BCCC"


async def test_no_policy_rules_the_past(book: Agency) -> None:
    await run_day(book, TODAY)
    answer = await book.call(
        "POST", "/policies/1/activation", json={"from": str(TODAY - timedelta(days=1))}
    )
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/activation-in-past")
    assert answer.json()["errors"][0]["pointer"] == "/from"
    before_all = await book.call("GET", "/policies/active?day=1899-12-31")
    assert before_all.status_code == 422
    assert (await book.get("/policies/active?day=1900-01-01"))["version"] == 1
    missing = await book.call("POST", "/policies/9/activation", json={})
    assert missing.status_code == 404


async def test_the_version_in_force_is_calibrated_anew_on_request(book: Agency) -> None:
    version = await post(book, **PARETO)
    activated = await activate(book, version)
    await work(book)
    for customer in ("K-2", "K-3"):
        await commission(book, customer, 200_000)
    await work(book)
    assert await segments(book) == "BBBC", "a new customer never moves the threshold by itself"
    key = {"headers": {"Idempotency-Key": "quartal"}}
    answer = await book.call("POST", f"/policies/{version}/calibrations", **key)
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert (run["reason"], run["phase"], run["calibration"]) == ("calibration", "calibrating", None)
    assert (await book.get("/policies/active"))["calibration"] == 2, "the old amounts rule"
    meanwhile = await book.call("POST", f"/policies/{version}/calibrations")
    assert meanwhile.json()["reclassification_id"] == run["reclassification_id"]
    await work(book)
    again = await book.call("POST", f"/policies/{version}/calibrations", **key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (run, "true")
    now = await book.get(f"/reclassifications/{run['reclassification_id']}")
    assert (now["state"], now["calibration"]) == ("done", 3)
    listed = (await book.get(f"/policies/{version}/calibrations"))["items"]
    assert [each["calibration"] for each in listed] == [3, 2]
    assert listed[0]["revenue_cents"] > listed[1]["revenue_cents"]
    assert await segments(book) == "CBBC"
    assert (await book.get("/customers/K-2/classification"))["calibration"] == 3
    (now, _) = (await book.get("/activations"))["items"]
    assert (now["version"], now["from"]) == (version, activated["from"])
    refused = await book.call("POST", "/policies/1/calibrations")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/policy-not-in-force")


async def test_a_run_of_an_earlier_day_does_not_take_a_later_one_back(book: Agency) -> None:
    await activate(book, await post(book, needs=[]))
    await run_day(book, TODAY + timedelta(days=30))
    await work(book)
    found = await book.get("/customers/K-1/classification")
    assert found["as_of"] == str(TODAY + timedelta(days=30))
    assert await book.rows("SELECT state FROM reclassification") == [
        ("done",),
        ("done",),
    ]
