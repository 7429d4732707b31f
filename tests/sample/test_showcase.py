"""What the default policy makes of the sample: four filled classes, one sure change of class."""

from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import pytest

from kundentakt.sample import write_sample_agency
from kundentakt.sample.bookings import bookings
from kundentakt.sample.households import BookOfPeople
from kundentakt.sample.portfolio import Portfolio
from kundentakt.sample.potential import potential_cents, revenue_cents
from kundentakt.sample.showcase import holding_of
from services.classifier.domain.needs import default_policy

AS_OF = date(2026, 11, 23)
REVENUE_HIGH, POTENTIAL_HIGH = 30000, 15000


def segment(revenue: int, potential: int) -> str:
    if revenue >= REVENUE_HIGH:
        return "A" if potential >= POTENTIAL_HIGH else "B"
    return "O" if potential >= POTENTIAL_HIGH else "C"


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_each_of_the_four_classes_holds_a_twelfth_of_the_customers(seed: int) -> None:
    policy = default_policy()
    portfolio = Portfolio(Random(f"{seed} portfolio"), as_of=AS_OF)
    chance = Random(f"{seed} bookings")
    people = BookOfPeople(Random(f"{seed} people"), customers=1500, as_of=AS_OF)
    classes: Counter[str] = Counter()
    for unit in people.units():
        contracts = portfolio.contracts(unit)
        booked = [one for each in contracts for one in bookings(chance, each, as_of=AS_OF)]
        revenue = revenue_cents(booked, contracts, policy, AS_OF)
        held = [holding_of(contract) for contract in contracts if contract.in_force]
        potential = potential_cents(unit.members, held, policy, AS_OF)
        classes[segment(revenue, potential)] += sum(one.cared_for for one in unit.members)
    assert set(classes) == {"A", "B", "O", "C"}
    assert min(classes.values()) / classes.total() >= 0.08


def test_cancelling_the_named_contract_changes_the_class(tmp_path: Path) -> None:
    cancellation = write_sample_agency(tmp_path, as_of=AS_OF).cancellation
    assert cancellation is not None
    revenue = cancellation.revenue_cents
    assert segment(revenue, cancellation.potential_before_cents) == cancellation.before
    assert segment(revenue, cancellation.potential_after_cents) == cancellation.after
    assert cancellation.before != cancellation.after
