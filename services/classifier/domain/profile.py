"""Ideal customers (Wunschkunden): what a class has in common, without telling of single people.

A value is shown if at least ten customers of the class carry it. A hidden count cannot be computed
by subtraction either:

- within a class, the values that are not shown form one remainder together with *unknown*, which
  does not say which values it contains or how many of each;
- across classes, a value's share in the book would betray what its classes with fewer than ten
  carry together. If those are fewer than ten, the share is computed as if they were nine, so the
  share is an upper bound and the lift a lower one, and both say so (``bounded``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.contracts.book import Profile, ProfileAttribute, ProfileAttributeName, ProfileValue
from shared.contracts.classifications import Segment
from shared.contracts.lines import BY_KEY

FEWEST: Final = 10

ATTRIBUTES: Final[dict[ProfileAttributeName, tuple[str, str]]] = {
    "kind": ("Art", "Kind"),
    "age_band": ("Alter", "Age"),
    "household": ("Haushalt", "Household"),
    "home": ("Wohnen", "Home"),
    "employment": ("Beruf", "Employment"),
    "children": ("Kinder", "Children"),
    "industry": ("Branche", "Industry"),
    "line": ("Sparte", "Line"),
    "came_by": ("Gekommen durch", "Came by"),
    "years_with_us": ("Jahre bei uns", "Years with us"),
    "federal_state": ("Bundesland", "Federal state"),
    "postcode_region": ("Postleitregion", "Postcode region"),
}
"""Every attribute that is compared, in the order shown, with its German and English name."""

HEALTH_LINES: Final = frozenset(line.key for line in BY_KEY.values() if line.health)
"""Never part of a profile: which health cover somebody holds is health data (GDPR art. 9)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How many customers of a class carry a value; ``segment`` None: not classified yet."""

    attribute: ProfileAttributeName
    value: str
    segment: Segment | None
    customers: int


def profile(
    carried: Iterable[Carried],
    *,
    customers: Mapping[Segment | None, int],
    segment: Segment,
    as_of: date,
) -> Profile:
    """The profile of a class.

    Args:
        carried: counts of every value in every class; what is unknown is left out.
        customers: how many customers each class has in all.
        segment: the class to tell of.
        as_of: the day of the counts.
    """
    cells: dict[ProfileAttributeName, dict[str, dict[Segment | None, int]]] = {}
    for each in carried:
        if not (each.attribute == "line" and each.value in HEALTH_LINES):
            values = cells.setdefault(each.attribute, {})
            values.setdefault(each.value, {})[each.segment] = each.customers
    in_class, in_book = customers.get(segment, 0), sum(customers.values())
    attributes = []
    for attribute, (de, en) in ATTRIBUTES.items():
        shown = [
            _shown(value, counts, segment, in_class, in_book)
            for value, counts in cells.get(attribute, {}).items()
            if counts.get(segment, 0) >= FEWEST
        ]
        if shown:
            shown.sort(key=lambda value: (-value.lift, -value.customers, value.value))
            attributes.append(
                ProfileAttribute(attribute=attribute, name_de=de, name_en=en, values=shown)
            )
    return Profile(
        as_of=as_of,
        segment=segment,
        customers=in_class,
        customers_in_book=in_book,
        fewest=FEWEST,
        attributes=attributes,
    )


def _shown(
    value: str, counts: Mapping[Segment | None, int], segment: Segment, in_class: int, in_book: int
) -> ProfileValue:
    told = sum(count for count in counts.values() if count >= FEWEST)
    hidden = sum(count for count in counts.values() if count < FEWEST)
    bounded = 0 < hidden < FEWEST
    everywhere = min(in_book, told + (FEWEST - 1 if bounded else hidden))
    share = counts[segment] / in_class
    share_in_book = everywhere / in_book
    return ProfileValue(
        value=value,
        customers=counts[segment],
        share=round(share, 4),
        share_in_book=round(share_in_book, 4),
        lift=round(share / share_in_book, 2),
        bounded=bounded,
    )
