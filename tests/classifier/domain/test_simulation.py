"""A policy tried is the policy activated: the same classes, from slices as from the whole."""

from collections import Counter
from datetime import date
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.domain.simulation import (
    MOVERS,
    MOVERS_OF_A_MOVE,
    NEAREST,
    Simulated,
    Trial,
    measured,
    shown_movers,
    simulate,
    together,
)
from services.classifier.domain.thresholds import (
    BookValues,
    Calibration,
    book_values,
    calibrate,
    calibration_of,
)
from shared.contracts.policies import (
    AmountThreshold,
    Axis,
    ParetoThreshold,
    Policy,
    Stability,
    TopShareThreshold,
)
from tests.classifier.domain.builders import (
    FOUR,
    LIFE_WITHOUT_NEEDS,
    LIFE_WORTH_150,
    THREE,
    TODAY,
    VERSION,
    frame,
    members,
    next_day,
    unit,
    verdicts,
)
from tests.classifier.domain.test_properties import FACTS, LIVES

RULING = VERSION - 1
LEVEL = st.sampled_from(["high", "low"])
SINCE = st.none() | st.dates(date(2026, 8, 1), TODAY)
Fields = dict[str, Any]
PREVIOUS: st.SearchStrategy[Fields] = st.just(Fields()) | st.fixed_dictionaries(
    {
        "was_segment": st.sampled_from("ABOC"),
        "was_policy_version": st.sampled_from([RULING, VERSION]),
        "was_revenue_level": LEVEL,
        "was_revenue_below_since": SINCE,
        "was_potential_level": LEVEL,
        "was_potential_below_since": SINCE,
        "was_chance_since": SINCE,
    }
)
PINNED: st.SearchStrategy[Fields] = st.just(Fields()) | st.fixed_dictionaries(
    {"override_segment": st.sampled_from("ABOC"), "override_until": st.just(date(2027, 1, 31))}
)
THRESHOLD = st.one_of(
    st.builds(AmountThreshold, kind=st.just("amount"), cents=st.sampled_from([1, 15000, 30000])),
    st.builds(TopShareThreshold, kind=st.just("top_share"), share=st.sampled_from([0.1, 0.5])),
    st.builds(ParetoThreshold, kind=st.just("pareto"), share=st.sampled_from([0.2, 0.8])),
)
POLICIES = st.builds(
    lambda model, revenue, potential, upward: FOUR.model_copy(
        update={
            "model": model,
            "revenue": Axis(threshold=revenue),
            "potential": Axis(threshold=potential),
            "stability": Stability(upgrade_immediately=upward),
        }
    ),
    st.sampled_from([FOUR.model, THREE.model]),
    THRESHOLD,
    THRESHOLD,
    st.booleans(),
)
BOOKS = st.lists(st.tuples(FACTS, LIVES, PREVIOUS, PINNED), max_size=8)
NOBODY_ELSE = members()


def tried(
    *units: dict[str, Any],
    policy: Policy = FOUR,
    further: pl.DataFrame = NOBODY_ELSE,
    slice_of: int = 3,
    version: int = VERSION,
) -> tuple[Trial, Simulated]:
    """A policy tried on these units, in slices, against the default policy in force."""
    slices = [frame(*units[at : at + slice_of]) for at in range(0, len(units), slice_of)]
    values = [
        book_values(part, further_members=further, policy=policy, as_of=TODAY) for part in slices
    ]
    trial = Trial(
        policy=policy,
        version=version,
        calibration=calibration_of(BookValues.together(values), policy=policy),
        as_of=TODAY,
    )
    found = Simulated.nothing()
    for part in slices:
        here = further.join(part.select("unit_id"), on="unit_id", how="semi")
        now = measured(part, further_members=here, policy=FOUR, as_of=TODAY)
        found = together([found, simulate(part, further_members=here, now=now, trial=trial)])
    return trial, found


def moves(found: Simulated) -> Counter[tuple[str | None, str]]:
    """How many units go from where to where."""
    rows = found.moves.iter_rows(named=True)
    return Counter({(row["was_segment"], row["segment"]): row["units"] for row in rows})


@settings(deadline=None, max_examples=80)
@given(BOOKS, POLICIES, st.integers(1, 4))
def test_a_simulation_gives_every_unit_the_class_that_activation_then_gives(
    book: list[tuple[Fields, ...]], policy: Policy, slice_of: int
) -> None:
    units = [
        unit(f"K-{n}", **f, **life, **was, **pin) for n, (f, life, was, pin) in enumerate(book)
    ]
    trial, found = tried(*units, policy=policy, slice_of=slice_of)
    facts = frame(*units)
    assert trial.calibration == calibrate(
        facts, further_members=NOBODY_ELSE, policy=policy, as_of=TODAY
    )
    activated = {v.row["unit_id"]: v for v in verdicts(*units, policy=policy)}
    assert moves(found) == Counter((v.row["was_segment"], v.segment) for v in activated.values())
    moving = {key for key, v in activated.items() if v.row["was_segment"] != v.segment}
    assert set(found.movers["unit_id"]) == moving
    for row in (*found.movers.iter_rows(named=True), *found.near.iter_rows(named=True)):
        assert row["segment"] == activated[row["unit_id"]].segment


@settings(deadline=None, max_examples=40)
@given(BOOKS, POLICIES)
def test_trying_the_version_that_was_just_activated_moves_nobody(
    book: list[tuple[Fields, ...]], policy: Policy
) -> None:
    units = [
        unit(f"K-{n}", **f, **life, **was, **pin) for n, (f, life, was, pin) in enumerate(book)
    ]
    after = [next_day(verdict) for verdict in verdicts(*units, policy=policy)]
    _, found = tried(*after, policy=policy)
    assert found.movers.is_empty()


def test_a_value_in_the_band_falls_under_a_new_version_and_stays_under_the_one_that_rules() -> None:
    was = {"was_segment": "B", "was_revenue_level": "high", "was_potential_level": "low"}
    ruled = unit(
        "K-1", revenue_cents=29_000, was_policy_version=RULING, **was, **LIFE_WITHOUT_NEEDS
    )
    _, found = tried(ruled, version=VERSION)
    assert moves(found) == {("B", "C"): 1}
    _, found = tried(ruled, version=RULING)
    assert moves(found) == {("B", "B"): 1}


def test_sums_count_every_member_and_measure_now_by_the_rules_in_force() -> None:
    worthless = FOUR.model_copy(update={"needs": FOUR.needs[:1]})
    couple = unit("K-1", revenue_cents=40_000, effort_minutes=90, effort_cents=9_000,
                  was_segment="A", **LIFE_WORTH_150)  # fmt: skip
    alone = unit("K-2", revenue_cents=10_000, effort_minutes=30, **LIFE_WITHOUT_NEEDS)
    _, found = tried(couple, alone, policy=worthless, further=members({"unit_id": "K-1"}))
    rows = {row["segment"]: row for row in found.moves.iter_rows(named=True)}
    assert rows["B"]["was_segment"] == "A"
    assert (rows["B"]["units"], rows["B"]["customers"], rows["B"]["effort_minutes"]) == (1, 2, 90)
    assert rows["B"]["potential_cents_now"] > rows["B"]["potential_cents_then"] == 900
    assert rows["B"]["effort_cents_then"] == 9_000
    assert rows["C"]["was_segment"] is None
    assert rows["C"]["revenue_cents_then"] == 10_000


def test_the_ten_nearest_stand_on_either_side_of_a_border() -> None:
    values = [30_000 + 100 * step for step in range(-15, 15)]
    units = [unit(f"K-{n:02}", revenue_cents=cents) for n, cents in enumerate(values)]
    objects = unit("K-99", revenue_cents=30_000, objects=True)
    _, found = tried(*units, objects, slice_of=4)
    near = found.near.filter(pl.col("axis") == "revenue")
    above, below = near.filter("high"), near.filter(~pl.col("high"))
    assert above["distance_cents"].to_list() == [100 * step for step in range(NEAREST)]
    assert below["distance_cents"].to_list() == [-100 * step for step in range(1, NEAREST + 1)]
    assert above["unit_id"][0] == "K-15"


def test_the_movers_shown_are_the_largest_of_every_move_in_turns() -> None:
    rising = [
        unit(f"K-{n:03}", revenue_cents=50_000 + n, was_segment="C", **LIFE_WITHOUT_NEEDS)
        for n in range(60)
    ]
    first = [unit(f"N-{n}", revenue_cents=n, **LIFE_WITHOUT_NEEDS) for n in range(3)]
    gone = unit("O-1", revenue_cents=10**6, objects=True, was_segment="A")
    _, found = tried(*rising, *first, gone, slice_of=7)
    shown = shown_movers(found.movers)
    assert shown["unit_id"].to_list() == [
        "O-1",
        *(f"K-{n:03}" for n in range(59, 59 - MOVERS_OF_A_MOVE, -1)),
        "N-2",
        "N-1",
        "N-0",
    ]


def test_no_more_movers_are_shown_than_can_be_read_and_no_move_is_left_out() -> None:
    units = [
        unit(f"K-{was}{n:02}-{cents}", revenue_cents=cents + n, was_segment=was, **life)
        for was in "ABOC"
        for n in range(25)
        for cents in (0, 50_000)
        for life in ({**LIFE_WITHOUT_NEEDS, "promising": was in "AC"},)
    ]
    _, found = tried(*units, slice_of=50)
    shown = shown_movers(found.movers)
    assert shown.height == MOVERS
    of_move = Counter(shown.select("was_segment", "segment").iter_rows())
    assert set(of_move) == {move for move in moves(found) if move[0] != move[1]}
    assert max(of_move.values()) - min(of_move.values()) <= 1


def test_an_empty_book_is_tried_too() -> None:
    relative = FOUR.model_copy(
        update={"revenue": Axis(threshold=ParetoThreshold(kind="pareto", share=0.8))}
    )
    trial, found = tried(policy=relative)
    assert trial.calibration == Calibration(revenue_cents=None, potential_cents=15_000)
    assert (found.moves.height, found.near.height, shown_movers(found.movers).height) == (0, 0, 0)
