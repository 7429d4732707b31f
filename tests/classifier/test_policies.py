"""Versions of the rules over HTTP: refused with the place, warned of, listed, told apart."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency
from tests.classifier.rules import NEED, activate, policy, post, work


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


async def test_every_fault_of_a_policy_is_reported_together(agency: Agency) -> None:
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
