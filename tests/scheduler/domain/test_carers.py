"""Who cares for whom."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.carers import Carer, NobodyToCare, assign_carers
from services.scheduler.domain.schemas import UNITS

OWNER = Carer(staff_id="S-owner", role="owner", places=350)
ADVISER = Carer(staff_id="S-adviser", role="adviser", places=500)
OFFICE = Carer(staff_id="S-office", role="back_office", places=650)
HOUSE = (OFFICE, ADVISER, OWNER)


def book(*rows: tuple[str, int, str, int, str | None, str | None]) -> pl.DataFrame:
    """Units in care for long, whose carers know them."""
    return pl.DataFrame([(*row, True) for row in rows], schema=UNITS, orient="row")


def equal_book(count: int, current: str | None = None) -> pl.DataFrame:
    return book(
        *((f"U-{n:05}", 1, "ABOC"[n * 4 // count], 10_000 - n, None, current) for n in range(count))
    )


def carers_of(frame: pl.DataFrame) -> dict[str, str]:
    return dict(frame.select("unit_id", "staff_id").iter_rows())


def test_fifteen_hundred_customers_divide_into_350_500_and_650() -> None:
    assigned = assign_carers(units=equal_book(1_500), staff=HOUSE)
    assert Counter(assigned.carers["staff_id"].to_list()) == {
        "S-owner": 350,
        "S-adviser": 500,
        "S-office": 650,
    }
    assert assigned.beyond_places == {}


def test_class_goes_before_margin_and_margin_before_id() -> None:
    units = book(
        ("U-rich-c", 1, "C", 900_000, None, None),
        ("U-poor-a", 1, "A", 10, None, None),
        ("U-rich-a", 1, "A", 20, None, None),
    )
    assigned = assign_carers(units=units, staff=HOUSE)
    assert assigned.carers["unit_id"].to_list() == ["U-rich-a", "U-poor-a", "U-rich-c"]


def test_one_person_alone_cares_for_everybody() -> None:
    alone = (Carer(staff_id="S-1", role="owner", places=100),)
    assigned = assign_carers(units=equal_book(120), staff=alone)
    assert set(assigned.carers["staff_id"]) == {"S-1"}
    assert assigned.beyond_places == {"S-1": 20}


def test_a_pin_wins_over_rank_and_takes_a_place() -> None:
    units = equal_book(20).with_columns(
        pinned_staff_id=pl.when(pl.col("unit_id") == "U-00019").then(pl.lit("S-1"))
    )
    staff = (
        Carer(staff_id="S-1", role="owner", places=5),
        Carer(staff_id="S-2", role="adviser", places=None),
    )
    carers = carers_of(assign_carers(units=units, staff=staff).carers)
    assert {unit for unit, person in carers.items() if person == "S-1"} == {
        "U-00000",
        "U-00001",
        "U-00002",
        "U-00003",
        "U-00019",
    }


def test_a_customer_just_past_the_border_keeps_the_carer() -> None:
    settled = assign_carers(units=equal_book(1_500), staff=HOUSE).carers
    moved = equal_book(1_500).join(
        settled.select("unit_id", current="staff_id"), on="unit_id", how="left"
    )
    # Number 349 (the owner's last) falls behind the adviser's first five, who rise past it.
    swapped = moved.with_columns(
        current_staff_id="current",
        margin_cents=pl.when(pl.col("unit_id") == "U-00349")
        .then(10_000 - 355)
        .otherwise(pl.col("margin_cents")),
    ).select(list(UNITS))
    again = assign_carers(units=swapped, staff=HOUSE).carers
    assert again["changed"].sum() == 0


def test_on_their_first_day_in_care_customers_go_where_their_rank_belongs() -> None:
    # While a book is being imported its first classes put the later customers first.
    early = assign_carers(units=equal_book(1_500), staff=HOUSE).carers
    units = (
        equal_book(1_500)
        .drop("current_staff_id")
        .join(early.select("unit_id", current_staff_id="staff_id"), on="unit_id", how="left")
        .with_columns(margin_cents=-pl.col("margin_cents"), in_care=pl.lit(value=False))
    )
    final = assign_carers(units=units.select(list(UNITS)), staff=HOUSE).carers
    assert Counter(final["staff_id"]) == {"S-owner": 350, "S-adviser": 500, "S-office": 650}
    assert final["staff_id"].to_list() == sorted(
        final["staff_id"], key=["S-owner", "S-adviser", "S-office"].index
    )


def test_a_customer_far_past_the_border_changes_the_carer() -> None:
    settled = equal_book(1_500, current=None).drop("current_staff_id")
    carers = assign_carers(units=equal_book(1_500), staff=HOUSE).carers
    units = settled.join(
        carers.select("unit_id", current_staff_id="staff_id"), on="unit_id", how="left"
    ).with_columns(
        segment=pl.when(pl.col("unit_id") == "U-00010")
        .then(pl.lit("C"))
        .otherwise(pl.col("segment"))
    )
    again = assign_carers(units=units.select(list(UNITS)), staff=HOUSE).carers
    left = again.filter(pl.col("unit_id") == "U-00010").row(0, named=True)
    assert (left["previous_staff_id"], left["staff_id"]) == ("S-owner", "S-office")
    assert left["changed"]


def test_a_carer_who_left_is_replaced() -> None:
    assigned = assign_carers(units=equal_book(3, current="S-gone"), staff=HOUSE)
    assert set(assigned.carers["staff_id"]) == {"S-owner"}
    assert assigned.carers["changed"].all()


def test_without_staff_there_is_nobody_to_care() -> None:
    with pytest.raises(NobodyToCare):
        assign_carers(units=equal_book(3), staff=())


ROWS = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from("ABOC"),
        st.integers(-1_000, 1_000),
        st.sampled_from([None, "S-owner", "S-office"]),
        st.sampled_from([None, "S-owner", "S-adviser", "S-office", "S-gone"]),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(rows=ROWS, owner=st.integers(0, 40), adviser=st.integers(0, 40))
def test_places_hold_and_assigning_again_changes_nothing(
    rows: list[tuple[int, str, int, str | None, str | None]], owner: int, adviser: int
) -> None:
    staff = (
        Carer(staff_id="S-owner", role="owner", places=owner),
        Carer(staff_id="S-adviser", role="adviser", places=adviser),
        Carer(staff_id="S-office", role="back_office", places=None),
    )
    units = book(*((f"U-{n:03}", *row) for n, row in enumerate(rows)))
    first = assign_carers(units=units, staff=staff)
    pinned_to_owner = units.filter(pl.col("pinned_staff_id") == "S-owner")["customers"].sum()
    assert first.beyond_places.get("S-adviser", 0) == 0
    assert first.beyond_places.get("S-owner", 0) <= pinned_to_owner
    settled = units.drop("current_staff_id").join(
        first.carers.select("unit_id", current_staff_id="staff_id"), on="unit_id", how="left"
    )
    second = assign_carers(units=settled.select(list(UNITS)), staff=staff)
    assert carers_of(second.carers) == carers_of(first.carers)
