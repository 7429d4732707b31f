"""Who does whose work on a day."""

from datetime import date

import pytest

from services.scheduler.domain.standing_in import doers_on
from shared.contracts.staff import Absence, Staff, StaffRole

DAY = date(2026, 11, 23)


def person(staff_id: str, deputy: str | None = None, *, away: str = "", role: StaffRole = "adviser",
           active: bool = True) -> Staff:  # fmt: skip
    first, _, last = (away or "2020-01-01/2020-01-02").partition("/")
    absences = [Absence(first_day=date.fromisoformat(first), last_day=date.fromisoformat(last))]
    return Staff(
        staff_id=staff_id, role=role, name=staff_id, deputy=deputy, active=active,
        absences=absences if away else [],
    )  # fmt: skip


TODAY = "2026-11-23/2026-11-23"


@pytest.mark.parametrize(
    ("staff", "doer"),
    [
        ([person("S-1", "S-2"), person("S-2")], "S-1"),
        ([person("S-1", "S-2", away=TODAY), person("S-2")], "S-2"),
        # the day before and the day after
        ([person("S-1", "S-2", away="2026-11-01/2026-11-22"), person("S-2")], "S-1"),
        ([person("S-1", "S-2", away="2026-11-24/2026-12-24"), person("S-2")], "S-1"),
        # the deputy's deputy, and one further on
        ([person("S-1", "S-2", away=TODAY), person("S-2", "S-3", away=TODAY),
          person("S-3")], "S-3"),
        ([person("S-1", "S-2", away=TODAY), person("S-2", "S-3", away=TODAY),
          person("S-3", "S-4", active=False), person("S-4")], "S-4"),
        # two who stand in for each other are both away: the owner
        ([person("S-1", "S-2", away=TODAY), person("S-2", "S-1", away=TODAY),
          person("S-8"), person("S-9", role="owner")], "S-9"),
        # no deputy, a deputy nobody knows, oneself
        ([person("S-1", away=TODAY), person("S-9", role="owner")], "S-9"),
        ([person("S-1", "S-7", away=TODAY), person("S-9", role="owner")], "S-9"),
        ([person("S-1", "S-1", away=TODAY), person("S-9", role="owner")], "S-9"),
        # the owner is away as well: whoever is here, advisers first
        ([person("S-1", away=TODAY), person("S-2", role="back_office"), person("S-3"),
          person("S-9", role="owner", away=TODAY)], "S-3"),
        # who left for good
        ([person("S-1", "S-2", active=False), person("S-2")], "S-2"),
        # nobody is here
        ([person("S-1", "S-2", away=TODAY), person("S-2", away=TODAY)], "S-1"),
    ],
)  # fmt: skip
def test_work_is_with_somebody_who_is_here(staff: list[Staff], doer: str) -> None:
    assert doers_on(staff, DAY)["S-1"] == doer
