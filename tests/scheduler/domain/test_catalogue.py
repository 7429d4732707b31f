"""The starting catalogues hold what is promised, and bad catalogues are refused."""

import pytest
from pydantic import ValidationError

from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.catalogues import Catalogue, Segment

CONTRACT_EXAMPLE = """{"services": [{"key": "yearly_review", "name_de": "Jahresgespräch",
 "duty": false, "segments": {
   "A": {"every_months": 12, "channel": "visit", "minutes": 90, "who": "carer", "window_days": 30},
   "C": {"on_request": true, "channel": "office", "minutes": 45}}}]}"""


def test_the_example_of_the_contract_is_a_catalogue() -> None:
    read = Catalogue.model_validate_json(CONTRACT_EXAMPLE)
    cell = read.cell("yearly_review", "A")
    assert cell is not None
    assert (cell.interval_months, cell.channel) == (12, "visit")


@pytest.mark.parametrize(
    "catalogue", [starting_catalogue("revenue_potential"), starting_catalogue("revenue_effort")]
)
def test_a_catalogue_survives_being_written_and_read(catalogue: Catalogue) -> None:
    assert Catalogue.model_validate_json(catalogue.model_dump_json()) == catalogue


@pytest.mark.parametrize(
    ("catalogue", "classes"),
    [
        (starting_catalogue("revenue_potential"), "ABOC"),
        (starting_catalogue("revenue_effort"), "ABC"),
    ],
)
def test_duties_know_no_class(catalogue: Catalogue, classes: str) -> None:
    for service in catalogue.services:
        if service.duty:
            assert set(service.segments) == set(classes), service.key


def test_every_service_is_named_in_both_languages() -> None:
    for catalogue in (
        starting_catalogue("revenue_potential"),
        starting_catalogue("revenue_effort"),
    ):
        assert all(service.name_de and service.name_en for service in catalogue.services)


@pytest.mark.parametrize(("segment", "days"), [("A", 2), ("B", 2), ("O", 3), ("C", 5)])
def test_offers_are_owed_as_promised(segment: Segment, days: int) -> None:
    cell = starting_catalogue("revenue_potential").cell("offer", segment)
    assert cell is not None
    assert cell.answer is not None
    assert (cell.answer.working_days, cell.minutes) == (days, 45)


@pytest.mark.parametrize(
    "catalogue", [starting_catalogue("revenue_potential"), starting_catalogue("revenue_effort")]
)
def test_condolence_is_always_the_work_of_a_person(catalogue: Catalogue) -> None:
    condolence = catalogue.service("condolence")
    assert condolence is not None
    assert not any(cell.leaves_by_itself for cell in condolence.segments.values())


@pytest.mark.parametrize(
    ("cell", "allowed"),
    [
        ('{"channel": "letter"}', False),
        ('{"channel": "email"}', False),
        ('{"channel": "phone", "minutes": 15, "fallback": "letter"}', False),
        ('{"channel": "letter", "minutes": 30}', True),
        ('{"channel": "phone", "minutes": 15, "fallback": "card"}', True),
    ],
)
def test_no_catalogue_may_have_a_machine_write_to_the_bereaved(cell: str, allowed: bool) -> None:
    text = (
        '{"services": [{"key": "condolence", "name_de": "Kondolenz", "occasion": "raised",'
        f' "purpose": "service", "served": "bereaved", "segments": {{"A": {cell}}}}}]}}'
    )
    if allowed:
        assert Catalogue.model_validate_json(text).services
        return
    with pytest.raises(ValidationError, match="takes somebody's minutes"):
        Catalogue.model_validate_json(text)


@pytest.mark.parametrize(
    "cell",
    [
        '{"channel": "visit"}',
        '{"channel": "visit", "every_months": 12, "on_request": true}',
        '{"channel": "pigeon", "every_months": 12}',
        '{"channel": "visit", "every_months": 0}',
        '{"channel": "visit", "every_months": 12, "colour": "red"}',
    ],
)
def test_a_cell_that_makes_no_sense_is_refused(cell: str) -> None:
    text = f'{{"services": [{{"key": "x1", "name_de": "X", "segments": {{"A": {cell}}}}}]}}'
    with pytest.raises(ValidationError):
        Catalogue.model_validate_json(text)
