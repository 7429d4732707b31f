"""Ideal customers: no number tells of fewer than ten people, alone or by subtraction."""

from datetime import date
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.classifier.domain.profile import ATTRIBUTES, FEWEST, Carried, profile
from shared.contracts.book import Profile, ProfileAttributeName
from shared.contracts.classifications import Segment

TODAY = date(2026, 11, 20)
SEGMENTS: tuple[Segment, ...] = ("A", "B", "O", "C")
COUNTS = st.lists(st.lists(st.integers(0, 25), min_size=4, max_size=4), min_size=1, max_size=5)


def told(counts: list[list[int]], segment: Segment) -> Profile:
    """The profile where value v of employment is carried by counts[v] customers of A, B, O, C."""
    carried = [
        Carried(attribute="employment", value=str(value), segment=letter, customers=count)
        for value, row in enumerate(counts)
        for letter, count in zip(SEGMENTS, row, strict=True)
    ]
    customers: dict[Segment | None, int] = {
        letter: sum(row[place] for row in counts) + 5 for place, letter in enumerate(SEGMENTS)
    }
    return profile(carried, customers=customers, segment=segment, as_of=TODAY)


@given(COUNTS)
def test_subtracting_all_classes_from_the_book_never_leaves_fewer_than_ten(
    counts: list[list[int]],
) -> None:
    published: dict[str, int] = {}
    in_book: dict[str, float] = {}
    bounded: dict[str, bool] = {}
    for segment in SEGMENTS:
        found = told(counts, segment)
        for attribute in found.attributes:
            for value in attribute.values:
                assert value.customers >= FEWEST
                published[value.value] = published.get(value.value, 0) + value.customers
                in_book[value.value] = value.share_in_book * found.customers_in_book
                bounded[value.value] = value.bounded
    for name, known in published.items():
        rest = round(in_book[name]) - known
        truth = sum(counts[int(name)]) - known
        assert rest == 0 or rest >= FEWEST or bounded[name]
        # What is bounded says nothing but "one to nine".
        assert rest == (FEWEST - 1 if bounded[name] else truth)


@given(COUNTS)
def test_a_bound_never_promises_more_lift_than_there_is(counts: list[list[int]]) -> None:
    for segment in SEGMENTS:
        found = told(counts, segment)
        for attribute in found.attributes:
            for value in attribute.values:
                row = counts[int(value.value)]
                own = row[SEGMENTS.index(segment)]
                truth = (own / found.customers) / (sum(row) / found.customers_in_book)
                assert value.lift <= round(truth, 2) + 1e-9


def test_health_lines_are_never_part_of_a_profile() -> None:
    carried = [
        Carried(attribute="line", value=line, segment="A", customers=50)
        for line in ("disability", "health", "care", "dental", "motor")
    ]
    found = profile(carried, customers={"A": 60}, segment="A", as_of=TODAY)
    assert [[value.value for value in each.values] for each in found.attributes] == [["motor"]]


def test_the_most_telling_value_comes_first_and_what_is_rarer_than_in_the_book_last() -> None:
    # 40 of A and 75 in the book: 15 of 40 against 15 of 75, and 20 of 40 against 40 of 75.
    found = told([[20, 0, 0, 20], [15, 0, 0, 0]], "A")
    shown = [(value.value, value.share, value.lift) for value in found.attributes[0].values]
    assert shown == [("1", 0.375, 1.88), ("0", 0.5, 0.94)]


def test_every_attribute_has_its_names() -> None:
    assert set(ATTRIBUTES) == set(get_args(ProfileAttributeName))
