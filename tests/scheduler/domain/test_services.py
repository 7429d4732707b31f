"""What a row of the catalogue becomes as a message, and rows that could never be sent."""

from datetime import date
from typing import Any

import pytest

from services.scheduler.domain.catalogues import CatalogueNotSendable, require_sendable
from services.scheduler.domain.services import subject_data, template_of
from services.scheduler.domain.starting_catalogues import model_of, starting_catalogue
from shared.contracts.catalogues import Catalogue
from shared.contracts.policies import Model


def catalogue(**row: Any) -> Catalogue:
    own = {"key": "summer_greeting", "name_de": "Sommergruß", "occasion": "campaign"}
    cells = {"segments": {"A": {"channel": "email", "months": [7]}}}
    return Catalogue.model_validate({"services": [own | cells | row]})


@pytest.mark.parametrize("model", ["revenue_potential", "revenue_effort"])
def test_the_starting_catalogues_can_be_sent_and_serve_their_model(model: Model) -> None:
    require_sendable(starting_catalogue(model))
    assert model_of(starting_catalogue(model)) == model


@pytest.mark.parametrize(
    ("row", "place", "told"),
    [
        ({}, "/services/0/segments/A/channel", "there is no template summer_greeting"),
        ({"template": "greeting"}, "/services/0/template", "there is no template greeting"),
        (
            {"template": "newsletter"},
            "/services/0/segments/A/channel",
            "its purpose is advertising, and that of the template newsletter newsletter",
        ),
        (
            {"template": "event_invitation", "purpose": "events",
             "segments": {"A": {"channel": "letter", "months": [7]}}},
            "/services/0/segments/A/channel",
            "the template event_invitation is not sent by letter",
        ),
        (
            {"template": "anniversary"},
            "/services/0/segments/A/channel",
            "the template anniversary needs years",
        ),
        (
            {"segments": {"A": {"channel": "phone", "minutes": 10, "months": [7],
                                "fallback": "letter"}}},
            "/services/0/segments/A/fallback",
            "there is no template summer_greeting",
        ),
    ],
)  # fmt: skip
def test_a_row_that_the_notifier_would_refuse_is_told_with_its_place(
    row: dict[str, Any], place: str, told: str
) -> None:
    with pytest.raises(CatalogueNotSendable) as refused:
        require_sendable(catalogue(**row))
    assert place in [fault["pointer"] for fault in refused.value.pointers]
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("key", "row"),
    [
        ("anniversary", {"occasion": "interval", "segments": {"A": {"channel": "phone",
                         "every_months": 12, "minutes": 10}}}),
        ("life_event", {"purpose": "service"}),
        ("contract_expiry", {"purpose": "service", "occasion": "interval",
                             "segments": {"A": {"channel": "email", "every_months": 12}}}),
        ("condolence", {"purpose": "service"}),
        ("claim", {"purpose": "service"}),
    ],
)  # fmt: skip
def test_a_service_that_needs_its_occasion_is_refused_under_another(
    key: str, row: dict[str, Any]
) -> None:
    with pytest.raises(CatalogueNotSendable, match=f"{key}: comes by the occasion") as refused:
        require_sendable(catalogue(key=key, **row))
    assert refused.value.pointers[0]["pointer"] == "/services/0/occasion"


def test_a_row_of_the_agency_that_nothing_raises_is_refused() -> None:
    cell = {"channel": "phone", "minutes": 10}
    with pytest.raises(CatalogueNotSendable, match="nothing raises") as refused:
        require_sendable(catalogue(occasion="raised", segments={"A": cell}))
    assert [fault["pointer"] for fault in refused.value.pointers] == ["/services/0/occasion"]


def test_an_invitation_may_be_a_campaign_since_it_speaks_of_nothing() -> None:
    require_sendable(catalogue(key="customer_event", purpose="events"))


def test_a_row_of_the_agency_may_use_a_template_that_exists() -> None:
    require_sendable(catalogue(template="how_are_you"))
    require_sendable(catalogue(template="newsletter", purpose="newsletter"))
    assert template_of("summer_greeting", named="how_are_you", has_subject=False) == "how_are_you"


def test_what_takes_somebodys_minutes_needs_no_template() -> None:
    cell = {"channel": "letter", "minutes": 10, "months": [7]}
    require_sendable(catalogue(segments={"A": cell}))


def test_a_message_speaks_of_what_raised_it() -> None:
    due = date(2026, 11, 23)
    assert subject_data("development", "household", due) == {"line": "household"}
    assert subject_data("anniversary", "10", due) == {"years": 10}
    assert subject_data("cancellation_confirmation", "V-1", due) == {
        "contract_id": "V-1",
        "cancelled_on": "2026-11-23",
    }
    assert subject_data("newsletter", None, due) == {}
    assert template_of("development", named=None, has_subject=False) == "how_are_you"
    assert template_of("referral_thanks", named=None, has_subject=False) == "thank_you"
