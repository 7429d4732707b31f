"""An instant is written as RFC 3339 says, and nothing else is read as one."""

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.vocabulary import Instant


@pytest.mark.parametrize("text", ["0.5", "1700000000", "-1", "2026-11-21", "2026-11-21T10:00:00"])
def test_a_number_or_an_instant_without_its_offset_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)
