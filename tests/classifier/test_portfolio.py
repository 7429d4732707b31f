"""Overview of the portfolio and the profile of its best customers, over HTTP."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency
from tests.classifier.known_book import LONE, YOUNG, Book, by_segment, small_book


@pytest.fixture
async def book(agency: Agency) -> Book:
    """An empty book."""
    return Book(agency)


async def test_the_portfolio_sums_every_class_and_names_the_one_that_does_not_pay(
    book: Book,
) -> None:
    await small_book(book)
    portfolio = await book.agency.get("/portfolio")
    classes = by_segment(portfolio["classes"])
    assert {letter: each["units"] for letter, each in classes.items()} == {
        "A": 2, "B": 1, "O": 1, "C": 3,
    }  # fmt: skip
    assert (portfolio["units"], portfolio["customers"]) == (7, 8)
    assert portfolio["unclassified_units"] == 0
    assert classes["A"]["customers"] == 3
    assert classes["A"]["revenue_cents"] == 160_000
    assert classes["A"]["effort_cents"] == 14_000
    assert classes["A"]["hours"] == 2.0
    assert classes["A"]["share_of_customers"] == 0.375
    assert (classes["A"]["pays_for_its_care"], classes["A"]["note_de"]) == (True, None)
    assert classes["C"]["margin_cents"] == 7_000 - 35_000
    assert classes["C"]["pays_for_its_care"] is False
    assert "350,00 €" in classes["C"]["note_de"]
    assert "€70.00" in classes["C"]["note_en"]
    assert portfolio["as_of"] == "2026-11-20"
    assert portfolio["policy_version"] == 1


async def test_concentration_counts_who_is_linked_as_one(book: Book) -> None:
    await small_book(book)
    concentration = (await book.agency.get("/portfolio"))["concentration"]
    units = {top["percent"]: top for top in concentration["units"]}
    # 1,000 + 600 + 400 + 100 + 20: what is below zero brings nothing, and so takes nothing away.
    assert units[1]["count"] == 1
    assert units[1]["leaving_costs_cents"] == 100_000
    assert units[1]["share_of_revenue"] == round(100_000 / 212_000, 4)
    assert units[20]["count"] == 2
    assert units[20]["leaving_costs_cents"] == 160_000
    groups = {top["percent"]: top for top in concentration["groups"]}
    assert groups[1]["leaving_costs_cents"] == 140_000
    assert groups[1]["freed_effort_cents"] == 14_000
    assert concentration["largest"][0]["unit_ids"] == ["A-1", "B-1"]
    assert concentration["largest"][1]["unit_ids"] == ["A-2"]
    assert concentration["largest"][1]["customers"] == 2


async def test_the_book_stands_beside_the_trade_with_its_sources(book: Book) -> None:
    await small_book(book)
    portfolio = await book.agency.get("/portfolio")
    contracts = portfolio["contracts_per_customer"]
    assert (contracts["contracts"], contracts["customers"], contracts["value"]) == (3, 8, 0.38)
    assert [each["value"] for each in contracts["benchmarks"]] == [4.4, 3.1, 6.0]
    assert all(each["source"] for each in contracts["benchmarks"])
    coverage = {(each["line"], each["basis"]): each for each in portfolio["coverage"]}
    liability = coverage["private_liability", "private_units"]
    assert (liability["covered"], liability["units"]) == (1, 7)
    assert liability["benchmark"]["value"] == 0.828
    assert "Einkommens- und Verbrauchsstichprobe" in liability["benchmark"]["source"]
    hazards = coverage["building", "units_insured_here"]
    assert (hazards["covered"], hazards["units"], hazards["share"]) == (1, 2, 0.5)
    assert hazards["benchmark"]["value"] == 0.52


async def test_the_scatter_shows_each_unit_but_not_who_objects_to_profiling(book: Book) -> None:
    await small_book(book)
    answer = await book.agency.put(
        "/customers/C-2/objections", {"profiling": "2026-11-01T10:00:00+01:00"}
    )
    assert answer.status_code < 300, answer.text
    await book.classify()
    scatter = (await book.agency.get("/portfolio"))["scatter"]
    points = {point["unit_id"]: point for point in scatter["points"]}
    assert sorted(points) == ["A-1", "A-2", "B-1", "C-1", "C-3", "O-1"]
    assert (points["A-1"]["revenue_cents"], points["A-1"]["segment"]) == (100_000, "A")
    assert scatter["cells"] == []
    assert scatter["revenue_threshold_cents"] == 30_000


async def test_moves_are_counted_in_the_month_in_which_they_happened(book: Book) -> None:
    await book.customer("K-1", life=LONE, birth_date="1940-01-01")
    await book.run_day("2026-09-15")
    await book.earned("K-1", 60_000, on="2026-05-01")
    await book.run_day("2026-11-20")
    months = (await book.agency.get("/portfolio"))["moves"]
    assert [month["month"] for month in months][::11] == ["2025-12", "2026-11"]
    assert [month["moves"] for month in months if month["moves"]] == [
        [{"from_segment": "C", "to_segment": "B", "units": 1}]
    ]


async def test_an_empty_book_has_a_portfolio_too(book: Book) -> None:
    portfolio = await book.agency.get("/portfolio")
    assert portfolio["units"] == 0
    assert portfolio["contracts_per_customer"]["value"] is None
    assert [each["units"] for each in portfolio["classes"]] == [0, 0, 0, 0]
    profile = await book.agency.get("/portfolio/profile")
    assert (profile["customers"], profile["attributes"]) == (0, [])


async def profiled_book(book: Book) -> None:
    """Ten employed and two self-employed A customers; twelve retired ones of class C."""
    for number in range(12):
        life = {**YOUNG, "employment": "employed" if number < 10 else "self_employed"}
        fields: dict[str, Any] = {"came_by": "recommendation"} if number < 9 else {}
        await book.customer(f"A-{number}", life=life, birth_date="1985-05-05", **fields)
        await book.earned(f"A-{number}", 50_000)
        await book.contract(f"A-{number}", f"V-{number}", "disability")
        await book.contract(f"A-{number}", f"W-{number}", "legal")
    for number in range(12):
        await book.customer(f"C-{number}", life=LONE, birth_date="1940-01-01")
    await book.classify()


async def test_the_profile_shows_what_ten_share_and_nothing_that_nine_do(book: Book) -> None:
    await profiled_book(book)
    profile = await book.agency.get("/portfolio/profile")
    assert (profile["segment"], profile["customers"], profile["customers_in_book"]) == ("A", 12, 24)
    shown = {
        (attribute["attribute"], value["value"]): value
        for attribute in profile["attributes"]
        for value in attribute["values"]
    }
    employed = shown["employment", "employed"]
    assert (employed["customers"], employed["share"]) == (10, round(10 / 12, 4))
    assert employed["share_in_book"] == round(10 / 24, 4)
    assert employed["lift"] == 2.0
    assert shown["age_band", "40-49"]["lift"] == 2.0
    assert shown["line", "legal"]["customers"] == 12
    assert ("line", "disability") not in shown, "health data"
    assert ("employment", "self_employed") not in shown, "two customers"
    assert not any(attribute == "came_by" for attribute, _ in shown), "nine customers"
    others = await book.agency.get("/portfolio/profile?segment=C")
    assert {attribute["attribute"] for attribute in others["attributes"]} >= {"employment", "home"}
    assert (await book.agency.get("/portfolio/profile?segment=B"))["attributes"] == []


async def test_what_a_unit_was_while_its_first_day_was_still_being_sent_is_no_move(
    book: Book,
) -> None:
    await book.customer("K-1", life=LONE, birth_date="1940-01-01")
    await book.classify()
    await book.earned("K-1", 50_000)
    await book.classify()

    assert (await book.agency.get("/customers/K-1/classification"))["previous_segment"] == "C"
    months = (await book.agency.get("/portfolio"))["moves"]
    assert [month["moves"] for month in months if month["moves"]] == []
