"""The registry of services, the starting catalogues and the templates tell the same."""

from typing import get_args

import pytest

from services.scheduler.domain.services import ANSWERS, KINDS, REQUESTS
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.catalogues import Cell, Segment, Service
from shared.contracts.changes.classifier import RECORDED_TYPES
from shared.contracts.events import RequestKind
from shared.contracts.policies import Model
from shared.contracts.templates import TEMPLATES

MODELS: tuple[Model, ...] = ("revenue_potential", "revenue_effort")

RHYTHMS: dict[str, dict[str, str]] = {
    "yearly_review": {"A": "visit 12", "B": "visit 12", "O": "office 12", "C": "office asked"},
    "change_questionnaire": {"C": "letter 24"},
    "newsletter": {"A": "letter 4x", "B": "letter 4x", "O": "email 4x", "C": "email 2x"},
    "how_are_you": {"A": "phone 12", "B": "phone 12"},
    "development": {"A": "phone 6", "O": "phone 3"},
    "birthday": {"A": "phone 12", "B": "phone 12", "O": "email 12"},
    "anniversary": {"A": "phone 60", "B": "phone 60", "O": "email 60"},
    "customer_event": {"A": "letter", "B": "letter", "O": "email"},
    "life_event": {"A": "phone", "B": "phone", "O": "phone", "C": "email"},
    "contract_expiry": {"A": "phone", "B": "phone", "O": "phone", "C": "email"},
    "referral_thanks": {"A": "card", "B": "card", "O": "card", "C": "email"},
    "welcome": dict.fromkeys("ABOC", "office"),
}
"""The table of services that a four-class agency promises: way, and months between or times a
year."""

ANSWERED_WITHIN: dict[str, dict[str, int]] = {
    "callback": {"A": 0, "B": 0, "O": 1, "C": 1},
    "email_answer": {"A": 1, "B": 1, "O": 2, "C": 2},
    "offer": {"A": 2, "B": 2, "O": 3, "C": 5},
    "claim": dict.fromkeys("ABOC", 0),
    "complaint": dict.fromkeys("ABOC", 1),
}
"""Working days within which a request is answered."""

B_OF_THREE: dict[str, str] = {
    "yearly_review": "phone 12",
    "newsletter": "email 4x",
    "development": "phone 3",
    "birthday": "email 12",
    "anniversary": "email 60",
}
"""What the middle class of three is promised: by phone or in writing, without visits."""


def rows(model: Model) -> dict[str, Service]:
    return {service.key: service for service in starting_catalogue(model).services}


def promise(cell: Cell) -> str:
    if cell.on_request:
        return f"{cell.channel} asked"
    if cell.months:
        return f"{cell.channel} {len(cell.months)}x"
    every = cell.interval_months
    return cell.channel if every is None else f"{cell.channel} {every}"


@pytest.mark.parametrize("model", MODELS)
def test_every_service_of_a_starting_catalogue_is_registered_as_it_stands_there(
    model: Model,
) -> None:
    assert set(rows(model)) == set(KINDS)
    for key, row in rows(model).items():
        kind = KINDS[key]
        assert (kind.occasion, kind.purpose) == (row.occasion, row.purpose), key


@pytest.mark.parametrize("key", sorted(RHYTHMS))
def test_four_classes_are_promised_what_the_table_says(key: str) -> None:
    row = rows("revenue_potential")[key]
    assert {segment: promise(cell) for segment, cell in row.segments.items()} == RHYTHMS[key]


@pytest.mark.parametrize("key", sorted(ANSWERED_WITHIN))
@pytest.mark.parametrize("model", MODELS)
def test_who_asks_is_answered_within_what_the_table_says(model: Model, key: str) -> None:
    found = {
        segment: cell.answer.working_days
        for segment, cell in rows(model)[key].segments.items()
        if cell.answer is not None
    }
    classes = ANSWERED_WITHIN[key]
    if model == "revenue_effort":  # its B is answered as the O of four
        classes = {"A": classes["A"], "B": classes["O"], "C": classes["C"]}
    assert found == classes


def test_the_classes_a_and_c_of_three_are_served_as_those_of_four() -> None:
    four, three = rows("revenue_potential"), rows("revenue_effort")
    ends: tuple[Segment, ...] = ("A", "C")
    for key in KINDS:
        for segment in ends:
            assert three[key].segments.get(segment) == four[key].segments.get(segment), key


def test_the_class_b_of_three_gets_no_visits() -> None:
    three = rows("revenue_effort")
    for key, promised in B_OF_THREE.items():
        assert promise(three[key].segments["B"]) == promised
    middle = [row.segments["B"] for row in three.values() if "B" in row.segments]
    assert {cell.channel for cell in middle}.isdisjoint({"visit", "video"})


def test_every_template_of_a_kind_exists_and_has_its_purpose() -> None:
    by_hand = {"condolence", *(kind.key for kind in ANSWERS.values())}
    for kind in KINDS.values():
        if kind.key not in by_hand:
            assert TEMPLATES[kind.template or kind.key].purpose == kind.purpose, kind.key


def test_every_request_has_an_answer_and_every_event_that_raises_is_told_by_the_feed() -> None:
    assert set(ANSWERS) == set(get_args(RequestKind))
    assert REQUESTS == {"claim.reported": "claim", "complaint.filed": "complaint"}
    causes = {cause for kind in KINDS.values() for cause in kind.raised_by}
    assert causes - {"carer_changed"} <= RECORDED_TYPES
