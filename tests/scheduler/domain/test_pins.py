"""Which pins hold and which are broken, by what is due now."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from services.scheduler.domain.pins import PINS, Break, judged_pins, with_fixed
from services.scheduler.domain.promises import Hold
from services.scheduler.domain.schemas import TOUCHPOINTS, WORK
from shared.calendar import WorkingCalendar
from shared.contracts.staff import Staff
from tests.scheduler.domain.builders import MONDAY, room

TUESDAY = MONDAY + timedelta(days=1)
PIN: dict[str, Any] = {
    "touchpoint_id": "t-1", "day": TUESDAY, "staff_id": "S-2", "state": "planned",
    "reason": None, "stands_on": TUESDAY, "kept": False, "held": False, "merged": False,
}  # fmt: skip
CONTACT: dict[str, Any] = {
    "touchpoint_id": "t-1", "staff_id": "S-1", "service": "review", "minutes": 60, "priority": 1,
    "earliest": MONDAY, "latest": MONDAY + timedelta(days=9), "day": TUESDAY,
    "standing_staff_id": "S-2", "rank": 3, "hold": 0, "others": ["S-2"], "area": None,
}  # fmt: skip


def judged(pin: dict[str, Any], contact: dict[str, Any] | None, **days: Any) -> Any:
    """The pin beside one contact (None: it is not due), with two people who work all week."""
    work = pl.DataFrame([CONTACT | contact] if contact is not None else [], schema=WORK)
    due = pl.DataFrame(
        [{"touchpoint_id": "t-1"}] if contact is not None or days.get("due") else [],
        schema={"touchpoint_id": TOUCHPOINTS["touchpoint_id"]},
    )
    return judged_pins(
        pl.DataFrame([PIN | pin], schema=PINS),
        work=work,
        due=due,
        capacity=pl.concat(room(who, MONDAY, [120] * 12) for who in ("S-1", "S-2")),
        people=[Staff(staff_id=who, role="adviser", name=who) for who in ("S-1", "S-2")],
        calendar=WorkingCalendar(state="ST"),
        first_day=days.get("first_day", MONDAY),
        as_of=days.get("as_of", MONDAY),
    )


def test_a_pin_that_holds_fixes_day_and_person() -> None:
    found = judged({}, {})
    assert found.fixed.rows() == [("t-1", TUESDAY, "S-2")]
    assert found.broken == {}
    work = with_fixed(pl.DataFrame([CONTACT | {"day": MONDAY}], schema=WORK), found.fixed)
    (row,) = work.to_dicts()
    assert (row["day"], row["standing_staff_id"], row["hold"]) == (TUESDAY, "S-2", Hold.TOLD)


def test_a_pin_of_a_day_alone_goes_with_whoever_is_responsible() -> None:
    assert judged({"staff_id": None}, {}).fixed.rows() == [("t-1", TUESDAY, "S-1")]


@pytest.mark.parametrize(
    ("because", "pin", "contact", "days"),
    [
        ("carer_changed", {}, {"others": []}, {}),
        ("carer_changed", {}, {"others": None}, {}),
        ("person_left", {"staff_id": "S-9"}, {}, {}),
        ("outside_window", {}, {"earliest": TUESDAY + timedelta(days=1)}, {}),
        ("day_passed", {}, {}, {"first_day": TUESDAY + timedelta(days=1)}),
        ("closed", {"day": MONDAY + timedelta(days=5)}, {}, {}),
        ("nobody_responsible", {"staff_id": None}, {"staff_id": None, "others": None}, {}),
        ("not_permitted", {}, None, {"due": True}),
        ("no_longer_owed", {}, None, {}),
        ("no_longer_owed", {"state": "cancelled", "reason": "no_longer_owed"}, None, {}),
        ("customer_merged", {"merged": True}, None, {}),
        ("appointment_agreed", {"held": True, "stands_on": MONDAY}, None, {}),
    ],
)
def test_a_pin_breaks_with_its_cause(
    because: str, pin: Any, contact: dict[str, Any] | None, days: Any
) -> None:
    found = judged(pin, contact, **days)
    assert found.fixed.is_empty()
    assert [each.because for each in found.broken.values()] == [because]
    assert isinstance(found.broken["t-1"], Break)


@pytest.mark.parametrize(
    ("pin", "days"),
    [
        ({"state": "cancelled", "reason": "deceased"}, {}),
        ({"kept": True}, {}),
        ({"held": True}, {}),
        ({"stands_on": MONDAY}, {"as_of": TUESDAY}),
    ],
    ids=["ended_by_itself", "kept_promise", "agreed_for_this_day", "still_to_leave"],
)
def test_of_what_has_ended_or_is_kept_anyway_nothing_is_said(pin: Any, days: Any) -> None:
    found = judged(pin, None, **days)
    assert found.fixed.is_empty()
    assert found.broken == {}


def test_a_full_day_breaks_no_pin() -> None:
    assert judged({}, {"minutes": 400}).broken == {}
