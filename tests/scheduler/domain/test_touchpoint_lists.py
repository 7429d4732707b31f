"""Where a touchpoint stands in a list."""

from datetime import date
from uuid import UUID

import pytest

from services.scheduler.domain.touchpoint_lists import NO_DAY, ListPosition, PositionNotValid

ONE = UUID("5d2b1c1e-6a0f-5a1e-9f5c-2f7f5c0d8a41")


def test_a_position_is_read_back_as_it_was_written() -> None:
    position = ListPosition(day=date(2026, 11, 23), touchpoint_id=ONE)
    assert ListPosition.parse(str(position)) == position


def test_what_has_no_day_comes_after_every_day() -> None:
    assert ListPosition.parse(f"{NO_DAY} {ONE}").day > date(2999, 1, 1)


@pytest.mark.parametrize("text", ["", "2026-11-23", f"2026-11-23 {ONE} more", "never x"])
def test_any_other_text_is_no_position(text: str) -> None:
    with pytest.raises(PositionNotValid):
        ListPosition.parse(text)
