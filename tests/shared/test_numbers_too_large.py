"""No model of the contracts breaks on a number that no float holds; each refuses it as a fault."""

import json
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

import shared.contracts
from shared.contracts.customers import Contract

HUGE = 10**400
"""An integer of JSON that no float can hold: `float(HUGE)` raises OverflowError."""


def _models() -> Iterator[type[BaseModel]]:
    for file in sorted(Path(shared.contracts.__path__[0]).glob("*.py")):
        module = import_module(f"shared.contracts.{file.stem}")
        for found in vars(module).values():
            if isinstance(found, type) and issubclass(found, BaseModel) and found.model_fields:
                yield found


@pytest.mark.parametrize("number", [HUGE, -HUGE, float("inf"), float("nan")])
def test_every_field_of_every_model_refuses_or_takes_a_number_too_large(number: float) -> None:
    models = list(_models())
    assert Contract in models
    for model in models:
        for field, about in model.model_fields.items():
            body = {about.alias or field: number}
            with suppress(ValidationError):  # anything else would be answered with 500
                model.model_validate(body)
            with suppress(ValidationError):
                model.model_validate_json(json.dumps(body))


def test_a_commission_rate_is_refused_from_the_first_number_above_one() -> None:
    for rate in (2, HUGE, -1, -HUGE):
        with pytest.raises(ValidationError, match="commission_rate"):
            Contract(line="household", commission_rate=rate)
    assert Contract(line="household", commission_rate=1).commission_rate == 1.0
