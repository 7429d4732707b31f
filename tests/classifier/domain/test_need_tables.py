"""The tables of needs against the rule as it is written: all conditions hold for one person."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.classifier.domain.facts import EMPLOYMENTS, HOMES, HOUSEHOLDS, PETS
from services.classifier.domain.potential import read_life_situations
from shared.contracts.policies import Policy, Range
from tests.classifier.domain.builders import members

TODAY = date(2026, 11, 21)
NUMBERS = st.integers(0, 4)
RANGES = st.one_of(
    st.builds(lambda low: {"min": low}, NUMBERS),
    st.builds(lambda high: {"max": high}, NUMBERS),
    st.builds(lambda low, more: {"min": low, "max": low + more}, NUMBERS, NUMBERS),
    st.lists(NUMBERS, min_size=1, max_size=3),
)
CODES = st.sampled_from(["bakery", "care", "none of these"])


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=3, unique=True)


CATEGORIES = {
    "household": st.sampled_from(list(HOUSEHOLDS.categories)),
    "home": st.sampled_from(list(HOMES.categories)),
    "employment": st.sampled_from(list(EMPLOYMENTS.categories)),
    "industry": CODES,
    "income_band": CODES,
}
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        **{field: listed(values) for field, values in CATEGORIES.items()},
        "pets": listed(st.sampled_from(PETS)),
        **dict.fromkeys(("children", "vehicles", "employees", "age"), RANGES),
    },
).filter(bool)
LIVES = st.fixed_dictionaries(
    {
        **{field: st.none() | values for field, values in CATEGORIES.items()},
        "pets": st.none() | st.integers(0, 15),
        **{field: st.none() | NUMBERS for field in ("children", "vehicles", "employees")},
        "birth_date": st.none() | st.dates(date(2021, 1, 1), TODAY),
    }
)


def meets(life: dict[str, Any], field: str, asked: Range | list[Any]) -> bool:
    value = life["age"] if field == "age" else life[field]
    if value is None:
        return False
    if isinstance(asked, Range):
        return bool((asked.min or 0) <= value <= (99 if asked.max is None else asked.max))
    if field == "pets":
        return any(value >> PETS.index(pet) & 1 for pet in asked)
    return value in asked


def age(born: date | None) -> int | None:
    if born is None:
        return None
    return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


@given(st.lists(CONDITIONS, min_size=1, max_size=60), st.lists(LIVES, min_size=1, max_size=5))
def test_a_life_raises_the_needs_whose_conditions_it_meets(
    asked: list[dict[str, Any]], lives: list[dict[str, Any]]
) -> None:
    why = {"line": "household", "expected_cents": 1, "probability": 1.0}
    told = {"reason_de": "…", "source": "…"}
    policy = Policy.model_validate({"needs": [{**why, **told, "when": when} for when in asked]})
    read = read_life_situations(members(*lives), policy=policy, as_of=TODAY)
    for life, found, unknown in zip(lives, read.needs, read.unknown, strict=True):
        full = life | {"age": age(life["birth_date"])}
        expected = [
            all(
                meets(full, field, getattr(need.when, field))
                for field in type(need.when).model_fields
                if getattr(need.when, field) is not None
            )
            for need in policy.needs
        ]
        assert [bool(int(found) >> place & 1) for place in range(len(expected))] == expected
        known = [value for field, value in life.items() if field != "income_band"]
        assert unknown == all(value is None for value in known)
