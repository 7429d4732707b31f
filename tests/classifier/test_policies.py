"""Versions of the rules over HTTP: refused, told apart, activated, calibrated."""

from datetime import date, timedelta
from time import monotonic
from typing import Any

import pytest

from services.classifier.store import reclassifications
from services.classifier.usecases.calibration import calibrate_book
from services.classifier.usecases.classification import reclassify_book, reclassify_dirty
from tests.classifier.conftest import Agency

TODAY = date(2026, 11, 20)
NEED = {
    "line": "household",
    "when": {"home": ["owns"]},
    "expected_cents": 40000,
    "probability": 0.5,
    "reason_de": "Hausrat",
    "source": "Annahme",
}
PARETO = {"revenue": {"threshold": {"kind": "pareto", "share": 0.8}}}


def policy(**fields: Any) -> dict[str, Any]:
    return {"needs": [NEED], **fields}


async def post(agency: Agency, **fields: Any) -> int:
    created = await agency.call("POST", "/policies", json=policy(**fields))
    assert created.status_code == 201, created.text
    return int(created.json()["version"])


async def activate(agency: Agency, version: int, **body: Any) -> dict[str, Any]:
    answer = await agency.call("POST", f"/policies/{version}/activation", json=body)
    assert answer.status_code == 202, answer.text
    activated: dict[str, Any] = answer.json()
    return activated


async def work(agency: Agency) -> None:
    """What the worker does when it is rung."""
    resources = agency.service.resources
    now = resources.clock.now()
    await reclassify_dirty(database=resources.database, agency=agency.agency, now=now)
    await reclassify_book(database=resources.database, agency=agency.agency, now=now)


async def run_day(agency: Agency, day: date) -> dict[str, Any]:
    answer = await agency.call("POST", f"/days/{day}/run")
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def commission(agency: Agency, customer: str, cents: int) -> None:
    booking = {
        "commission_id": f"{customer}-{cents}",
        "customer_id": customer,
        "booked_on": "2025-11-21",
        "kind": "other",
        "amount_cents": cents,
    }
    answer = await agency.call("POST", "/commissions", json={"items": [booking]})
    assert answer.status_code == 200, answer.text


@pytest.fixture
async def book(agency: Agency) -> Agency:
    """Four customers who earned 1,000, 500, 200 and 100 euros, classified by the default policy."""
    for customer, cents in (("K-1", 100_000), ("K-2", 50_000), ("K-3", 20_000), ("K-4", 10_000)):
        await agency.customer(customer, life={"vehicles": 0})
        await commission(agency, customer, cents)
    await work(agency)
    return agency


async def segments(agency: Agency) -> str:
    items = (await agency.get("/classifications"))["items"]
    return "".join(each["segment"] for each in items)


async def run_of(agency: Agency, activated: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = await agency.get(f"/reclassifications/{activated['reclassification_id']}")
    return run


@pytest.mark.parametrize(
    ("fields", "slug", "pointer", "words"),
    [
        ({"needs": [NEED, NEED]}, "policy-contradictory", "/needs/1/when", "/needs/0 stands"),
        (
            {"needs": [NEED | {"line": "legal", "kind": "incomplete"}]},
            "policy-contradictory",
            "/needs/0/kind",
            "building, household",
        ),
        (
            {"stability": {"band": 0.0, "upgrade_immediately": False}},
            "policy-contradictory",
            "/stability/upgrade_immediately",
            "band 0",
        ),
        (
            {"needs": [NEED | {"when": {"age": {"min": 60, "max": 30}}}]},
            "invalid-body",
            "/needs/0/when/age",
            "min lies above max",
        ),
        (
            {"needs": [NEED | {"when": {"age": {}}}]},
            "invalid-body",
            "/needs/0/when/age",
            "needs min or max",
        ),
        ({"needs": [NEED | {"when": {}}]}, "invalid-body", "/needs/0", "when is empty"),
        (
            {"needs": [NEED | {"line": "zeppelin"}]},
            "invalid-body",
            "/needs/0/line",
            "no line 'zeppelin'",
        ),
        (
            {"revenue": {"threshold": {"kind": "amount", "cents": 0}}},
            "invalid-body",
            "/revenue/threshold/cents",
            "greater than 0",
        ),
        (
            {"revenue": {"threshold": {"kind": "pareto"}}},
            "invalid-body",
            "/revenue/threshold/share",
            "required",
        ),
        (
            {"revenue": {"threshold": {"kind": "top_share", "share": 1.0}}},
            "invalid-body",
            "/revenue/threshold/share",
            "less than 1",
        ),
        ({"counts": {"late_payments": 0}}, "invalid-body", "/counts/late_payments", "1"),
        ({"effort": {"ratio_limit": 0.0}}, "invalid-body", "/effort/ratio_limit", "0"),
        ({"schwelle": 1}, "invalid-body", "/schwelle", "Extra"),
    ],
)
async def test_a_policy_that_cannot_be_meant_is_refused_with_the_place(
    agency: Agency, fields: dict[str, Any], slug: str, pointer: str, words: str
) -> None:
    answer = await agency.call("POST", "/policies", json=policy(**fields))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"].endswith(f"/{slug}")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert words in problem["errors"][0]["detail"]
    assert [each["version"] for each in (await agency.get("/policies"))["items"]] == [1]


async def test_every_fault_of_a_policy_is_told_at_once(agency: Agency) -> None:
    answer = await agency.call(
        "POST", "/policies", json=policy(needs=[NEED, NEED], stability={"hold_days": 1})
    )
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/needs/1/when", "/stability/hold_days"]


async def test_health_data_is_answered_with_a_warning_and_raises_needs_only_then(
    agency: Agency,
) -> None:
    await agency.customer("K-1", birth_date="1990-01-01", life={"employment": "employed"})
    await work(agency)

    async def lines() -> set[str]:
        found = await agency.get("/customers/K-1/classification")
        return {gap["line"] for gap in found["gaps"]}

    health = {"disability", "health_supplement", "dental", "care"}
    assert await lines()
    assert not await lines() & health
    default = (await agency.get("/policies/1"))["policy"]
    assert (await agency.get("/policies/1"))["warnings"] == []
    created = await agency.call("POST", "/policies", json=default | {"health_data": True})
    (warning,) = created.json()["warnings"]
    assert warning["pointer"] == "/health_data"
    assert "Art. 9 DSGVO" in warning["de"]
    assert "art. 9 GDPR" in warning["en"]
    assert (await agency.get("/policies/2"))["warnings"] == [warning]
    await activate(agency, 2)
    await work(agency)
    assert await lines() & health == {"disability", "health_supplement", "dental"}


async def test_versions_are_listed_page_by_page_and_told_apart_in_words(agency: Agency) -> None:
    await post(agency)
    await post(agency, revenue={"threshold": {"kind": "amount", "cents": 40000}})
    page = await agency.get("/policies?limit=2")
    rest = await agency.get(f"/policies?limit=2&cursor={page['next_cursor']}")
    assert [each["version"] for each in page["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    found = await agency.get("/policies/3/differences")
    assert (found["from"], found["to"]) == (2, 3)
    assert found["items"] == [
        {
            "pointer": "/revenue/threshold",
            "old": {"kind": "amount", "cents": 30000},
            "new": {"kind": "amount", "cents": 40000},
            "de": "Ertragsschwelle: von 300,00 € auf 400,00 € erhöht.",
            "en": "Revenue threshold: raised from €300.00 to €400.00.",
        }
    ]
    back = await agency.get("/policies/2/differences?from=3")
    assert back["items"][0]["de"] == "Ertragsschwelle: von 400,00 € auf 300,00 € gesenkt."
    assert len((await agency.get("/policies/3/differences?from=1"))["items"]) > 30
    assert (await agency.get("/policies/1/differences"))["items"] == []
    missing = await agency.call("GET", "/policies/3/differences?from=9")
    assert missing.status_code == 404
    wrong = await agency.call("GET", "/policies?cursor=eA")
    assert wrong.json()["type"].endswith("/cursor-not-valid")


async def test_the_same_key_adds_a_policy_once(agency: Agency) -> None:
    key = {"Idempotency-Key": "herbst"}
    answers = [await agency.call("POST", "/policies", json=policy(), headers=key) for _ in range(2)]
    assert [answer.json()["version"] for answer in answers] == [2, 2]


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
    await reclassify_dirty(
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


async def test_a_killed_calibration_goes_on_after_its_last_slice(book: Agency) -> None:
    version = await post(book, **PARETO)
    activated = await activate(book, version)
    database, agency = book.service.resources.database, book.agency
    async with database.transaction(agency) as transaction:
        run = await reclassifications.lease_run(transaction)
    assert run is not None
    turn_over = monotonic() - 1
    left = await calibrate_book(
        database=database, agency=agency, run=run, ends=turn_over, slice_units=2
    )
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
    late = await calibrate_book(database=database, agency=agency, run=killed, ends=turn_over)
    assert late is None
    assert len((await book.get(f"/policies/{version}/calibrations"))["items"]) == 1
    assert (await run_of(book, activated))["state"] == "done"


async def test_a_calibration_in_slices_finds_what_one_pass_finds(book: Agency) -> None:
    version = await post(book, **PARETO)
    await activate(book, version)
    database, agency = book.service.resources.database, book.agency
    async with database.transaction(agency) as transaction:
        run = await reclassifications.lease_run(transaction)
    assert run is not None
    await calibrate_book(
        database=database, agency=agency, run=run, ends=monotonic() + 60, slice_units=1
    )
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
    assert again.json()["reclassification_id"] == run["reclassification_id"]
    assert (again.json()["state"], again.json()["calibration"]) == ("done", 3)
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
