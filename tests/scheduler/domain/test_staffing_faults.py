"""What is wrong with who does what."""

from typing import Any, get_args

import pytest

from services.scheduler.domain.area_names import REQUEST_NAMES, ROLE_NAMES
from services.scheduler.domain.staffing_faults import Staffing, staffing_faults
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.usecases.staff import REQUEST_WORDS
from shared.contracts.events import RequestKind
from shared.contracts.staff import Responsibilities, Staff, StaffRole
from shared.csv.cells import folded

CATALOGUE = starting_catalogue("revenue_potential")
OWNER = Staff(staff_id="S-1", role="owner", name="Jana Vogt", capacity=10)
OFFICE = Staff(staff_id="S-2", role="back_office", name="Ina Roth")


def faults(*people: Staff, **facts: Any) -> list[tuple[str, str | None, str | None]]:
    known: dict[str, Any] = {"customers": {}, "lines": [], "beyond_minutes": {}, **facts}
    staffing = Staffing(people=people, catalogue=CATALOGUE, **known)
    return [
        (each.kind, each.staff_id, area)
        for each in staffing_faults(staffing)
        for area in (*each.areas,) or (each.area,)
    ]


def named(person: Staff, *requests: str, lines: tuple[str, ...] = ()) -> Staff:
    areas = Responsibilities(requests=list(requests), lines=list(lines))
    return person.model_copy(update={"responsibilities": areas})


def test_a_staff_in_order_has_no_fault() -> None:
    assert faults(OWNER, OFFICE, customers={"S-1": 10, "S-2": 500}) == []


def test_customers_beyond_the_places_are_told() -> None:
    assert faults(OWNER, OFFICE, customers={"S-1": 12}) == [("beyond_places", "S-1", None)]


def test_an_owner_without_places_who_gets_everybody_is_told() -> None:
    endless = OWNER.model_copy(update={"capacity": None})
    assert faults(endless, OFFICE) == [("places_not_stated", "S-1", None)]
    assert faults(endless) == []


def test_a_person_above_their_hours_is_told() -> None:
    assert faults(OWNER, OFFICE, beyond_minutes={"S-2": 90}) == [("beyond_hours", "S-2", None)]


def test_customers_of_who_left_are_nobodys() -> None:
    assert faults(OWNER, customers={None: 3}) == [("carer_left", None, None)]
    gone = OWNER.model_copy(update={"active": False})
    assert faults(gone, customers={None: 3}) == [("nobody_active", None, None)]


def test_carers_whom_nobody_on_the_staff_is_are_told_with_their_customers() -> None:
    told = {"S-9": 12, "S-8": 1}
    assert faults(OWNER, OFFICE, told_unknown=told) == [
        ("told_carer_unknown", "S-9", None), ("told_carer_unknown", "S-8", None)
    ]  # fmt: skip


def test_areas_of_who_left_and_areas_that_were_never_given_are_told() -> None:
    gone = named(OFFICE, "claim").model_copy(update={"active": False})
    found = faults(named(OWNER, "callback"), gone)
    assert ("area_without_person", None, "claim") in found
    assert ("area_without_person", None, "complaint") in found
    assert ("area_without_person", None, "callback") not in found


def test_lines_that_customers_need_and_nobody_is_named_for_are_told() -> None:
    found = faults(named(OWNER, lines=("motor",)), lines=["legal", "motor"])
    assert found == [("area_without_person", None, "legal")]
    assert faults(OWNER, lines=["legal"]) == []


def test_areas_of_one_cause_are_one_fault_that_says_who_does_them_and_how_to_mend_it() -> None:
    gone = named(OFFICE, "claim").model_copy(update={"active": False})
    staffing = Staffing(
        people=(named(OWNER, "callback"), gone),
        customers={},
        lines=[],
        catalogue=CATALOGUE,
        beyond_minutes={},
    )
    left, never = (f for f in staffing_faults(staffing) if f.kind == "area_without_person")
    assert (left.area, left.areas) == ("claim", ["claim"])
    assert left.de.startswith("1 Anliegen der Art (Schaden): Wer dafür zuständig war, ist nicht")
    assert (never.area, len(never.areas)) == (None, 8)
    assert never.de.startswith("8 Anliegen der Art (")
    for each in (left, never):
        assert "der Betreuer des Kunden, ohne Betreuer der Inhaber" in each.de
        assert "Mitarbeiterliste" in each.de
        assert "niemand zuständig" not in each.de


def test_faults_are_told_by_names_and_never_by_keys() -> None:
    gone = named(OFFICE, lines=("Yachten",)).model_copy(update={"active": False})
    staffing = Staffing(
        people=(named(OWNER, "callback", lines=("motor",)), gone),
        customers={"S-1": 12},
        lines=["legal", "motor"],
        catalogue=CATALOGUE,
        beyond_minutes={"S-1": 90},
    )
    told = staffing_faults(staffing)
    german = " ".join(each.de for each in told)
    for name in ("Jana Vogt", "Bescheinigung", "Rechtsschutz", "Yachten"):
        assert name in german, german
    for each in told:
        keys = ("certificate", "legal", "back_office", "S-1", "end_of_mandate")
        assert not any(key in each.de for key in keys), each.de
    assert all("_" not in each.en for each in told)


def test_every_kind_of_request_has_a_name_and_words() -> None:
    assert set(ROLE_NAMES) == set(get_args(StaffRole))
    assert set(REQUEST_NAMES) == set(get_args(RequestKind)) == set(REQUEST_WORDS.values())
    for kind, name in REQUEST_NAMES.items():
        assert REQUEST_WORDS[folded(name.de)] == kind


@pytest.mark.parametrize(
    "word", ["Bescheinigung", "Nachweise", "eVB", "grüne karte", "BESTÄTIGUNG"]
)
def test_words_for_papers_are_understood_as_certificate(word: str) -> None:
    assert REQUEST_WORDS[folded(word)] == "certificate"
