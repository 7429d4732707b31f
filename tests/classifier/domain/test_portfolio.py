"""Sums over the book: nobody counted twice, shares that grow, cells that hold everybody."""

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.domain.benchmarks import contracts_per_customer, coverage
from services.classifier.domain.concentration import concentration
from services.classifier.domain.portfolio import (
    UNIT_FIGURES,
    MovedUnits,
    class_figures,
    moves_by_month,
)
from services.classifier.domain.scatter import GRID, POINTS_AT_MOST, scatter
from services.classifier.domain.thresholds import Calibration
from shared.contracts.lines import mask_of

BLANK: dict[str, Any] = {
    "segment": "C", "customers": 1, "company": False, "deceased": False, "objects": False,
    "esteemed": False,
    "revenue_cents": 0, "effort_cents": 0, "counted_effort_cents": 0, "effort_minutes": 0,
    "too_costly": False, "potential_cents": 0, "contracts": 0, "covered_lines": 0, "own_lines": 0,
    "incomplete_lines": 0,
}  # fmt: skip
CALIBRATION = Calibration(revenue_cents=30_000, potential_cents=15_000)


def book_of(*units: dict[str, Any]) -> pl.DataFrame:
    """A frame of UNIT_FIGURES; ids are given by place where a unit has none."""
    rows = [{"unit_id": f"U-{place}", **BLANK, **unit} for place, unit in enumerate(units)]
    return pl.DataFrame(rows, schema=UNIT_FIGURES)


MONEY = st.integers(-(10**9), 10**9)
UNITS = st.lists(
    st.fixed_dictionaries(
        {
            "segment": st.sampled_from(["A", "B", "O", "C"]),
            "customers": st.integers(1, 9),
            "revenue_cents": MONEY,
            "effort_cents": st.integers(0, 10**8),
            "potential_cents": st.integers(0, 10**8),
        }
    ),
    max_size=60,
)
LINKS = st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), max_size=30)


@given(UNITS)
def test_the_classes_together_are_the_book(units: list[dict[str, Any]]) -> None:
    book = book_of(*units)
    classes = class_figures(book, model="revenue_potential")
    assert sum(each.units for each in classes) == len(units)
    assert sum(each.customers for each in classes) == sum(unit["customers"] for unit in units)
    assert sum(each.margin_cents for each in classes) == sum(
        unit["revenue_cents"] - unit["effort_cents"] for unit in units
    )
    assert all(each.pays_for_its_care == (each.note_de is None) for each in classes)


@given(UNITS, LINKS)
def test_a_larger_part_of_the_book_never_brings_less(
    units: list[dict[str, Any]], links: list[tuple[int, int]]
) -> None:
    named = [(f"U-{one}", f"U-{other}") for one, other in links]
    found = concentration(book_of(*units), named)
    for parts in (found.units, found.groups):
        shares = [top.share_of_revenue for top in parts]
        assert shares == sorted(shares)
        assert all(0 <= share <= 1 for share in shares)
        assert [top.count for top in parts] == sorted(top.count for top in parts)
    assert len({unit for pillar in found.largest for unit in pillar.unit_ids}) == sum(
        len(pillar.unit_ids) for pillar in found.largest
    )


def test_links_onwards_make_one_group_and_links_to_strangers_none() -> None:
    book = book_of(*({"revenue_cents": 100 * (place + 1)} for place in range(4)))
    found = concentration(book, [("U-0", "U-1"), ("U-1", "U-2"), ("U-3", "X")])
    assert found.largest[0].unit_ids == ["U-0", "U-1", "U-2"]
    assert found.largest[0].leaving_costs_cents == 600
    assert found.largest[1].unit_ids == ["U-3"]


def test_no_pillar_of_the_book_names_who_objected_to_profiling() -> None:
    book = book_of(
        {"revenue_cents": 900, "objects": True},
        {"revenue_cents": 500},
        {"revenue_cents": 400, "objects": True},
        {"revenue_cents": 300},
    )
    found = concentration(book, [("U-2", "U-3")])
    assert [pillar.unit_ids for pillar in found.largest] == [["U-1"]]
    assert found.largest[0].share_of_revenue == round(500 / 2100, 4)
    assert found.units[0].leaving_costs_cents == 900


def test_a_class_left_over_from_the_other_model_is_shown_after_those_of_this() -> None:
    book = book_of({"segment": "O"}, {"segment": "A"})
    found = class_figures(book, model="revenue_effort")
    assert [(each.segment, each.units) for each in found] == [
        ("A", 1), ("B", 0), ("C", 0), ("O", 1),
    ]  # fmt: skip


def test_coverage_counts_what_is_held_elsewhere_too_and_companies_apart() -> None:
    book = book_of(
        {"covered_lines": mask_of("liability")},  # may be a private liability: counts as one
        {},
        {"company": True, "covered_lines": mask_of("cyber")},
    )
    shares = {each.line: (each.covered, each.units) for each in coverage(book)}
    assert shares["private_liability"] == (1, 2)
    assert shares["cyber"] == (1, 1)
    empty = coverage(book_of())
    assert {each.share for each in empty} == {None}
    assert contracts_per_customer(book_of({"customers": 3, "contracts": 7})).value == 2.33


def test_a_large_book_is_shown_in_cells_that_hold_everybody_once() -> None:
    size = POINTS_AT_MOST + 1
    book = book_of(
        {"revenue_cents": -500, "objects": True},
        {"revenue_cents": 10**9, "potential_cents": 10**7},
        *({"revenue_cents": n, "potential_cents": n // 2} for n in range(-10, size - 11)),
    )
    shown = scatter(book, calibration=CALIBRATION)
    assert shown.points == []
    assert sum(cell.units for cell in shown.cells) == book.height - 1
    assert len(shown.cells) <= GRID * GRID
    richest = [cell for cell in shown.cells if cell.revenue_to_cents is None]
    assert sum(cell.units for cell in richest) >= 1
    assert all(
        cell.revenue_from_cents is None or cell.revenue_from_cents > 0 for cell in shown.cells
    )


def test_the_last_twelve_months_are_all_there() -> None:
    moved = MovedUnits(month=date(2026, 2, 1), from_segment="C", to_segment="B", units=3)
    months = moves_by_month([moved], as_of=date(2026, 3, 31))
    assert [months[0].month, months[-1].month] == ["2025-04", "2026-03"]
    assert [each.month for each in months if each.moves] == ["2026-02"]
