"""A catalogue beside another one, and what equal treatment costs."""

from services.scheduler.domain.simulations import creeping_hours, simulated
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.catalogues import Catalogue, Segment, Service
from tests.scheduler.domain.builders import customer, customers, year_of

PRESENT = starting_catalogue("revenue_potential")
BOOK = (customer("K-1"), customer("K-2", segment="B"), customer("K-3", segment="C"))


def with_review(**changes: object) -> Catalogue:
    """The starting catalogue with another yearly review for A; None takes it away."""
    rows = []
    for row in PRESENT.services:
        if row.key == "yearly_review":
            cells = dict(row.segments)
            first: Segment = "A"
            if changes:
                cells[first] = cells[first].model_copy(update=changes)
            else:
                del cells[first]
            rows.append(Service.model_validate({**dict(row), "segments": cells}))
        else:
            rows.append(row)
    return PRESENT.model_copy(update={"services": rows})


def changes(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    found = simulated(
        after=year_of(*BOOK, catalogue=catalogue),
        before=year_of(*BOOK, catalogue=PRESENT),
        classes=customers(*BOOK),
    )
    return found.changes.select("service", "segment", "change").rows()


def test_the_catalogue_in_force_changes_nothing() -> None:
    assert changes(PRESENT) == []


def test_what_a_class_loses_is_named() -> None:
    assert changes(with_review()) == [("yearly_review", "A", "lost")]


def test_longer_and_more_frequent_and_otherwise_are_told_apart() -> None:
    assert changes(with_review(minutes=200)) == [("yearly_review", "A", "longer")]
    assert changes(with_review(every_months=6)) == [("yearly_review", "A", "more")]
    assert changes(with_review(channel="video")) == [("yearly_review", "A", "other_channel")]


def test_loads_hold_both_catalogues_and_add_up() -> None:
    found = simulated(
        after=year_of(*BOOK, catalogue=with_review()),
        before=year_of(*BOOK, catalogue=PRESENT),
        classes=customers(*BOOK),
    )
    lost = found.loads.filter(service="yearly_review", segment="A")
    assert (lost["minutes"].sum(), lost["minutes_before"].sum()) == (0, 130)
    for counted in ("touchpoints", "touchpoints_before"):
        assert found.loads[counted].sum() == found.months[counted].sum()


def test_equal_treatment_makes_the_day_longer() -> None:
    found = creeping_hours(
        alike=6_000, by_catalogue=3_000, plannable=60_000, customers=1_300, looked_at=100
    )
    assert found is not None
    assert (found.needed_alike, found.needed_by_catalogue) == (10.4, 5.2)
    assert found.days == [
        (8, 1_000, 2_000),
        (10, 1_250, 2_500),
        (12, 1_500, 3_000),
        (14, 1_750, 3_500),
    ]


def test_without_hours_there_is_nothing_to_compare() -> None:
    assert creeping_hours(alike=1, by_catalogue=1, plannable=0, customers=1, looked_at=1) is None
