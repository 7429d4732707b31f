"""What an agency's own rows may call themselves, and what no class may be denied."""

from typing import Any

import pytest

from services.scheduler.domain.catalogues import require_allowed
from services.scheduler.domain.starting_catalogues import starting_catalogue
from tests.scheduler.domain.builders import catalogue, require_refused

ANSWERED: dict[str, Any] = {"channel": "phone", "minutes": 30, "answer": {"working_days": 1}}
OWN = {"key": "cross_sell", "name_de": "Verkaufsanruf", "purpose": "service"}
FOUR = starting_catalogue("revenue_potential")
DOUBT = "cross_sell: in doubt advertising; set the purpose to advertising"


@pytest.mark.parametrize("channel", ["phone", "visit", "office", "video", "card"])
def test_own_contact_of_a_person_that_comes_by_itself_is_advertising(channel: str) -> None:
    cell = {"channel": channel, "minutes": 15, "every_months": 12}
    row = {**OWN, "occasion": "interval", "segments": {"A": cell}}
    require_refused(row, "/services/0/segments/A/channel", DOUBT)
    require_allowed(catalogue(**{**row, "purpose": "advertising"}))
    campaign = {**OWN, "occasion": "campaign", "segments": {"A": {**cell, "months": [3]}}}
    require_refused(campaign, "/services/0/segments/A/channel", DOUBT)


def test_own_calls_for_a_cause_are_in_doubt_advertising_and_visits_are_not() -> None:
    viewing = {"channel": "visit", "minutes": 60}
    raised = {**OWN, "occasion": "raised"}
    require_allowed(catalogue(**raised, segments={"A": viewing}))
    call = {**viewing, "fallback": "phone", "fallback_minutes": 15}
    require_refused({**raised, "segments": {"A": call}}, "/services/0/segments/A/fallback", DOUBT)


def test_own_message_by_a_template_of_service_stays_service() -> None:
    cell = {"channel": "email", "every_months": 12}
    require_allowed(
        catalogue(**OWN, occasion="interval", template="change_questionnaire", segments={"A": cell})
    )


@pytest.mark.parametrize("key", ["callback", "email_answer", "offer"])
def test_answers_are_never_taken_from_one_class(key: str) -> None:
    row = {"key": key, "purpose": "service", "occasion": "raised", "duty": True}
    quick, slow = ANSWERED, {**ANSWERED, "answer": {"working_days": 2}}
    some = {**row, "segments": {"A": quick, "B": slow}}
    require_refused(some, "/services/0/segments", f"{key}: no answer for C")
    require_allowed(catalogue(**row, segments={"A": quick, "B": slow, "C": slow}))


@pytest.mark.parametrize(
    "key", ["cancellation_confirmation", "winding_up", "condolence", "contract_expiry"]
)
def test_duties_are_never_taken_from_one_class(key: str) -> None:
    row = next(each for each in FOUR.services if each.key == key).model_dump(mode="json")
    del row["segments"]["B"]
    require_refused(row, "/services/0/segments", f"{key}: no cell for B")


@pytest.mark.parametrize("key", ["claim", "complaint", "condolence"])
def test_what_is_owed_to_all_is_a_duty(key: str) -> None:
    row = next(each for each in FOUR.services if each.key == key).model_dump(mode="json")
    told = f"{key}: is a duty to every class; set duty to true"
    require_refused({**row, "duty": False}, "/services/0/duty", told)
