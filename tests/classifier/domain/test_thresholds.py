"""What "high" means: an amount, the top share, the Pareto share."""

import polars as pl
import pytest

from services.classifier.domain.thresholds import calibrate, threshold_amount
from shared.contracts.policies import (
    AmountThreshold,
    Axis,
    ParetoThreshold,
    Threshold,
    TopShareThreshold,
)
from tests.classifier.domain.builders import FOUR, TODAY, frame, members, unit


def top(share: float) -> TopShareThreshold:
    return TopShareThreshold(kind="top_share", share=share)


def pareto(share: float) -> ParetoThreshold:
    return ParetoThreshold(kind="pareto", share=share)


@pytest.mark.parametrize(
    ("threshold", "values", "amount"),
    [
        (AmountThreshold(kind="amount", cents=300), [], 300),
        (top(0.2), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 9),
        (top(0.2), [10, 9, 9, 9, 6, 5, 4, 3, 2, 1], 9),  # ties at the border are all high
        (top(0.2), [7, 6, 5, 4, 3, 2, 1], 6),  # 1.4 units: the one that reaches it included
        (top(0.5), [5, 0, 0, -3], 5),  # nothing but revenue is high
        (top(0.5), [0, 0, -3], None),
        (pareto(0.8), [50, 30, 15, 5], 30),  # exactly 80 of 100
        (pareto(0.81), [50, 30, 15, 5], 15),
        (pareto(0.8), [50, 30, 15, 5, -100, 0], 30),  # of the positive total
        (pareto(0.5), [10, 10, 10, 10], 10),
        (pareto(0.8), [0, -1], None),
        (pareto(0.8), [], None),
    ],
)
def test_a_threshold_becomes_an_amount(
    threshold: Threshold, values: list[int], amount: int | None
) -> None:
    assert threshold_amount(threshold, pl.Series(values, dtype=pl.Int64)) == amount


def test_who_objected_is_not_part_of_the_book() -> None:
    policy = FOUR.model_copy(update={"revenue": Axis(threshold=top(0.5))})
    book = frame(
        unit("K-1", revenue_cents=10),
        unit("K-2", revenue_cents=20),
        unit("K-3", revenue_cents=900, objects=True),
    )
    found = calibrate(book, further_members=members(), policy=policy, as_of=TODAY)
    assert found.revenue_cents == 20
