"""Who does whose work on a day."""

from datetime import date

import polars as pl
import pytest

from services.scheduler.domain.standing_in import doers_on, not_the_carers, with_stand_ins
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.calendar import WorkingCalendar
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
        # two who stand in for each other are both away: the team, then the owner
        ([person("S-1", "S-2", away=TODAY), person("S-2", "S-1", away=TODAY),
          person("S-8"), person("S-9", role="owner")], "S-8"),
        ([person("S-1", "S-2", away=TODAY), person("S-2", "S-1", away=TODAY),
          person("S-8", role="back_office"), person("S-9", role="owner")], "S-9"),
        # no deputy, a deputy nobody knows, oneself
        ([person("S-1", away=TODAY), person("S-9", role="owner")], "S-9"),
        ([person("S-1", "S-7", away=TODAY), person("S-9", role="owner")], "S-9"),
        ([person("S-1", "S-1", away=TODAY), person("S-9", role="owner")], "S-9"),
        # the owner is away as well: whoever is here, advisers first
        ([person("S-1", away=TODAY), person("S-2", role="back_office"), person("S-3"),
          person("S-9", role="owner", away=TODAY)], "S-3"),
        # who left for good
        ([person("S-1", "S-2", active=False), person("S-2")], "S-2"),
        # nobody is here: the owner's desk, if there is one
        ([person("S-1", "S-2", away=TODAY), person("S-2", away=TODAY),
          person("S-9", role="owner", away=TODAY)], "S-9"),
        ([person("S-1", "S-2", away=TODAY), person("S-2", away=TODAY)], "S-1"),
    ],
)  # fmt: skip
def test_work_is_with_somebody_who_is_here(staff: list[Staff], doer: str) -> None:
    assert doers_on(staff, DAY)["S-1"] == doer


FRIDAY = date(2026, 11, 27)


def stood_in_for(
    earliest: date, latest: date, *staff: Staff, minutes: int = 15, staff_id: str | None = "S-1"
) -> str | None:
    """Who gets a touchpoint of this window from Monday on."""
    window = {"earliest": earliest, "latest": latest, "minutes": minutes, "staff_id": staff_id}
    found = with_stand_ins(
        pl.DataFrame([window], schema_overrides={"staff_id": pl.String}),
        people=staff,
        calendar=WorkingCalendar(state="ST"),
        first_day=DAY,
    )
    doer: str | None = found["staff_id"][0]
    return doer


def test_a_window_that_is_all_absence_goes_to_who_stands_in() -> None:
    week = person("S-1", "S-2", away="2026-11-20/2026-11-29")
    deputy = person("S-2")
    assert stood_in_for(DAY, FRIDAY, week, deputy) == "S-2"
    assert stood_in_for(date(2026, 11, 20), date(2026, 11, 29), week, deputy) == "S-2"
    assert stood_in_for(DAY, date(2026, 11, 30), week, deputy) == "S-1", "back on Monday"
    assert stood_in_for(DAY, FRIDAY, week, deputy, minutes=0) == "S-1", "a message waits for nobody"
    assert stood_in_for(DAY, FRIDAY, week, deputy, staff_id=None) is None
    weekend = (date(2026, 11, 28), date(2026, 11, 29))
    assert stood_in_for(*weekend, week, deputy) == "S-1", "nobody works then"


def test_if_the_deputy_is_away_too_the_next_one_stands_in_and_without_anybody_nobody() -> None:
    away = "2026-11-20/2026-11-29"
    both = (person("S-1", "S-2", away=away), person("S-2", away=away))
    assert stood_in_for(DAY, FRIDAY, *both, person("S-3", role="owner")) == "S-3"
    assert stood_in_for(DAY, FRIDAY, *both) == "S-1"


def test_what_the_back_office_does_for_one_class_is_not_the_carers() -> None:
    catalogue = starting_catalogue("revenue_potential")
    service = catalogue.service("yearly_review")
    assert service is not None
    cells = {
        **service.segments,
        "B": service.segments["B"].model_copy(update={"who": "back_office"}),
    }
    given = service.model_copy(update={"key": "given_away", "segments": cells})
    extended = catalogue.model_copy(update={"services": [*catalogue.services, given]})
    found = not_the_carers(extended)
    assert ("given_away" in found, "yearly_review" in found) == (True, False)
