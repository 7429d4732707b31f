"""Customers worked by hand from the field's rules, against what the API shows of them.

Each case is an agency of its own: sent over HTTP, classified by the worker's use cases, read back.
"""

from collections.abc import Sequence

import pytest

from tests.classifier.case_runner import CaseRunner
from tests.classifier.conftest import Service
from tests.classifier.domain import worked_four, worked_revenue, worked_three
from tests.classifier.domain.case_steps import Case

CASES: Sequence[Case] = [*worked_revenue.CASES, *worked_four.CASES, *worked_three.CASES]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_a_worked_life_comes_out_as_worked(lasting_service: Service, case: Case) -> None:
    await CaseRunner(lasting_service.of(f"case-{CASES.index(case)}")).run(case)


def test_the_table_is_whole() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    models = [case.policy.model for case in CASES]
    assert min(models.count("revenue_potential"), models.count("revenue_effort")) >= 30
