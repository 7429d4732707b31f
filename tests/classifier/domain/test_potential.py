"""Needs, gaps and what they are worth."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.classifier.domain.needs import default_policy
from shared.contracts.lines import BY_KEY, LINES, line_of_gdv, lines_in, mask_of
from shared.contracts.policies import Need, Policy
from tests.classifier.domain.builders import FOUR, members, unit, verdict

WHY: dict[str, Any] = {"reason_de": "…", "source": "…"}


def policy(*needs: dict[str, Any], **more: Any) -> Policy:
    return Policy.model_validate({"needs": [need | WHY for need in needs], **more})


DOG: dict[str, Any] = {
    "line": "animal_liability", "when": {"pets": ["dog", "horse"]},
    "expected_cents": 2001, "probability": 0.5,
}  # fmt: skip
WORKER: dict[str, Any] = {
    "line": "pension", "when": {"employment": ["employed", "self_employed"], "age": {"max": 55}},
    "expected_cents": 18000, "probability": 0.4,
}  # fmt: skip


def test_a_gap_names_its_line_its_worth_and_the_facts_that_raise_it() -> None:
    found = verdict(
        unit(birth_date=date(1984, 3, 12), employment="self_employed", pets=("horse",)),
        policy=policy(DOG, WORKER),
    )
    assert found.gaps == [
        {
            "line": "pension", "kind": "missing", "expected_cents": 18000, "value_cents": 7200,
            "because": ["employment=self_employed", "age<=55"],
        },
        {
            "line": "animal_liability", "kind": "missing", "expected_cents": 2001,
            "value_cents": 1001, "because": ["pets=horse"],
        },
    ]  # fmt: skip
    assert found.row["potential_cents"] == 8201


@pytest.mark.parametrize(
    ("as_of", "raised"), [(date(2026, 3, 11), True), (date(2026, 3, 12), False)]
)
def test_age_is_in_full_years_on_the_day(as_of: date, raised: bool) -> None:
    born_56_years_before = unit(birth_date=date(1970, 3, 12), employment="employed")
    found = verdict(born_56_years_before, policy=policy(WORKER), as_of=as_of)
    assert bool(found.gaps) is raised


def test_who_was_born_on_29_february_ages_on_1_march() -> None:
    grown = {**WORKER, "when": {"age": {"min": 18}}}
    born = unit(birth_date=date(2008, 2, 29))
    assert not verdict(born, policy=policy(grown), as_of=date(2026, 2, 28)).gaps
    assert verdict(born, policy=policy(grown), as_of=date(2026, 3, 1)).gaps


def test_what_is_unknown_raises_no_need() -> None:
    assert not verdict(unit(employment="employed"), policy=policy(WORKER)).gaps


@pytest.mark.parametrize("line", ["private_liability", "liability", "bundle"])
def test_any_contract_that_covers_the_need_closes_the_gap(line: str) -> None:
    adult = {**DOG, "line": "private_liability", "when": {"age": {"min": 18}}}
    person = unit(birth_date=date(1990, 1, 1), covered=[line])
    assert not verdict(person, policy=policy(adult)).gaps


def test_a_contract_held_elsewhere_covers_the_need_and_is_no_line_of_ours() -> None:
    found = verdict(
        unit(pets=("dog",), covered_lines=mask_of("animal_liability")), policy=policy(DOG)
    )
    assert found.gaps == []
    assert found.facts is not None
    assert found.facts["lines"] == []


def test_a_need_is_raised_when_one_member_alone_meets_all_its_conditions() -> None:
    couple = unit("K-1", birth_date=date(1950, 1, 1), employment="retired")
    young = {"unit_id": "K-1", "birth_date": date(1990, 1, 1), "employment": "employed"}
    split = {"unit_id": "K-1", "birth_date": date(1990, 1, 1)}
    found = verdict(couple, policy=policy(WORKER), further=members(split, young))
    assert found.gaps[0]["because"] == ["employment=employed", "age<=55"]
    mixed = unit("K-1", birth_date=date(1950, 1, 1), employment="employed")
    assert not verdict(mixed, policy=policy(WORKER), further=members(split)).gaps


def test_of_two_needs_for_one_line_the_first_that_applies_counts() -> None:
    second = {**DOG, "when": {"vehicles": {"min": 1}}, "expected_cents": 9000}
    both = verdict(unit(pets=("dog",), vehicles=1), policy=policy(DOG, second))
    assert [gap["expected_cents"] for gap in both.gaps] == [2001]
    only_second = verdict(unit(pets=(), vehicles=1), policy=policy(DOG, second))
    assert [gap["expected_cents"] for gap in only_second.gaps] == [9000]


def test_health_lines_are_off_until_the_agency_switches_them_on() -> None:
    person = unit(birth_date=date(1990, 1, 1), employment="employed")
    assert "disability" not in verdict(person).lines
    allowed = FOUR.model_copy(update={"health_data": True})
    assert "disability" in verdict(person, policy=allowed).lines


def test_a_building_without_natural_hazards_is_an_incomplete_cover() -> None:
    owner = unit(
        home="owns", covered=["building", "household"], incomplete_lines=mask_of("building")
    )
    gap = next(gap for gap in verdict(owner).gaps if gap["line"] == "building")
    assert (gap["kind"], gap["because"]) == ("incomplete", ["natural_hazards=none"])


def test_old_terms_are_something_to_talk_about_and_worth_nothing_more() -> None:
    found = verdict(unit(vehicles=0, covered=["legal"], old_lines=mask_of("legal")))
    assert [(gap["line"], gap["kind"]) for gap in found.gaps] == [("legal", "old")]
    assert found.row["potential_cents"] == 0


def test_a_wholly_unknown_life_gives_an_assumed_potential_and_no_gaps() -> None:
    found = verdict(unit(revenue_cents=4000, covered=["motor"]))
    assert found.row["potential_assumed"]
    assert found.segment == "O"
    assert found.gaps == []
    # by hand: every private line but motor, expected commission × share of households
    assert found.row["potential_cents"] == 1242 + 1824 + 2820 + 1680 + 3780 + 5520 + 884
    full = verdict(unit(covered=["motor", "household", "private_liability", "legal", "building"]))
    assert full.segment == "C"


def test_one_known_fact_ends_the_assumption() -> None:
    assert not verdict(unit(vehicles=0)).row["potential_assumed"]
    known_spouse = members({"unit_id": "K-0001", "birth_date": date(1990, 1, 1)})
    assert not verdict(unit(), further=known_spouse).row["potential_assumed"]


def test_an_unknown_company_is_measured_by_what_companies_hold() -> None:
    assert verdict(unit(company=True)).row["potential_cents"] == 16200 + 2340


def test_every_need_of_a_new_agency_can_be_raised_and_has_reason_and_source() -> None:
    needs = default_policy().needs
    assert len({need.line for need in needs}) >= 20
    assert all(need.reason_de and need.source for need in needs)
    assert {need.line for need in needs if BY_KEY[need.line].health} == {
        "disability", "health_supplement", "dental", "care",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("041", "private_liability"), ("050", "motor"), ("131", "household"),
        ("142", "building"), ("070", "legal"), ("010", "life"), ("777", "unknown"), ("", "unknown"),
    ],
)  # fmt: skip
def test_a_gdv_code_names_its_line(code: str, line: str) -> None:
    assert line_of_gdv(code) == line


def test_the_line_table_fits_into_a_mask_and_covers_only_lines_it_has() -> None:
    assert len(LINES) <= 63
    assert all(covered in BY_KEY for line in LINES for covered in line.covers)
    assert lines_in(mask_of("cyber", "motor")) == ("motor", "cyber")
    codes = [code for line in LINES for code in line.gdv]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"line": "spaceship"}, ("needs", 0, "line")),
        ({"when": {"shoe_size": [42]}}, ("needs", 0, "when", "shoe_size")),
        ({"when": {"employment": ["unknown"]}}, ("needs", 0, "when", "employment", 0)),
        ({"when": {"employment": []}}, ("needs", 0, "when", "employment")),
        ({"when": {"age": {"min": 60, "max": 18}}}, ("needs", 0, "when", "age")),
        ({"when": {}}, ("needs", 0)),
        ({"probability": 0.0}, ("needs", 0, "probability")),
        ({"probability": 1.1}, ("needs", 0, "probability")),
    ],
)
def test_a_need_that_cannot_apply_is_refused_with_its_place(
    change: dict[str, Any], place: tuple[str | int, ...]
) -> None:
    with pytest.raises(ValidationError) as refused:
        policy(WORKER | change)
    assert refused.value.errors()[0]["loc"][: len(place)] == place


@pytest.mark.parametrize(
    "change",
    [
        {"revenue": {"threshold": {"kind": "amount", "cents": 0}}},
        {"revenue": {"threshold": {"kind": "pareto", "share": 1.0}}},
        {"potential": {"threshold": {"kind": "top_share", "share": 0.0}}},
        {"potential": {"threshold": {"kind": "median"}}},
        {"stability": {"band": 1.0}},
        {"earning_months": {"initial": 0}},
        {"counts": {"late_payments": 0}},
    ],
)
def test_a_policy_out_of_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        policy(DOG, **change)


def test_a_policy_survives_its_own_json() -> None:
    again = Policy.model_validate_json(FOUR.model_dump_json())
    assert again == FOUR
    assert isinstance(again.needs[0], Need)
