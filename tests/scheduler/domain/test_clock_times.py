"""Times of day in a catalogue are those of the agency's clock."""

from datetime import time

import pytest
from pydantic import ValidationError

from shared.contracts.catalogues import AnswerWithin


@pytest.mark.parametrize("stated", ["15:00", "15:00:00"])
def test_a_time_of_day_is_read_with_or_without_seconds(stated: str) -> None:
    read = AnswerWithin.model_validate({"working_days": 1, "asked_by": stated})
    assert read.asked_by == time(15)
    assert AnswerWithin.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("stated", ["15:00Z", "15:00:00+01:00", "24:00", "15:00:00.5", 54000, "15"])
def test_a_time_that_the_agencys_clock_does_not_show_is_refused(stated: object) -> None:
    with pytest.raises(ValidationError):
        AnswerWithin.model_validate({"working_days": 1, "asked_by": stated})
