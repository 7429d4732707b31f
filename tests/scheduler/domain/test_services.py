"""What a row of the catalogue becomes as a message, and rows that could never be sent."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from services.scheduler.domain.catalogue_law import RULES
from services.scheduler.domain.catalogues import CatalogueNotAllowed, require_allowed
from services.scheduler.domain.dispatches import dispatch_of
from services.scheduler.domain.services import (
    KINDS,
    SubjectNotOfService,
    kind_of_row,
    require_subject,
    template_of,
)
from services.scheduler.domain.starting_catalogues import model_of, starting_catalogue
from services.scheduler.domain.subjects import (
    CancellationSubject,
    ContractSubject,
    GapSubject,
    LifeChangeSubject,
    PreviousCarerSubject,
    Subject,
    YearsSubject,
    subject_of,
)
from shared.contracts.dispatches import DispatchData
from shared.contracts.policies import Model
from tests.scheduler.domain.builders import (
    catalogue,
    customer,
    of,
    owed,
    require_refused,
    year_of,
)


@pytest.mark.parametrize("model", ["revenue_potential", "revenue_effort"])
def test_the_starting_catalogues_can_be_sent_and_serve_their_model(model: Model) -> None:
    require_allowed(starting_catalogue(model))
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
    require_refused(row, place, told)


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
    with pytest.raises(CatalogueNotAllowed, match=f"{key}: comes by the occasion") as refused:
        require_allowed(catalogue(key=key, **row))
    assert refused.value.pointers[0]["pointer"] == "/services/0/occasion"


def test_a_row_of_the_agency_may_wait_for_a_caller_to_raise_it() -> None:
    cell = {"channel": "phone", "minutes": 10}
    row = catalogue(occasion="raised", segments={"A": cell})
    require_allowed(row)
    assert kind_of_row(row.services[0]).raised_by_callers
    assert [kind.key for kind in KINDS.values() if kind.raised_by_callers] == ["customer_event"]


@pytest.mark.parametrize("occasion", ["raised", "campaign"])
def test_a_promised_answer_spares_no_row_of_the_agency_its_template(occasion: str) -> None:
    cell = {"channel": "email", "months": [7], "answer": {"working_days": 1}}
    with pytest.raises(CatalogueNotAllowed, match="there is no template summer_greeting"):
        require_allowed(catalogue(occasion=occasion, segments={"A": cell}))


def test_an_invitation_may_be_a_campaign_since_it_speaks_of_nothing() -> None:
    require_allowed(catalogue(key="customer_event", purpose="events"))


def test_a_row_of_the_agency_may_use_a_template_that_exists() -> None:
    require_allowed(catalogue(template="how_are_you"))
    require_allowed(catalogue(template="newsletter", purpose="newsletter"))
    assert template_of("summer_greeting", named="how_are_you", has_subject=False) == "how_are_you"


def test_what_takes_somebodys_minutes_needs_no_template() -> None:
    cell = {"channel": "letter", "minutes": 10, "months": [7]}
    require_allowed(catalogue(segments={"A": cell}))


def test_a_message_speaks_of_what_raised_it() -> None:
    def data(service: str, subject: Subject | None) -> DispatchData:
        item = dispatch_of(
            touchpoint_id="5f0c1c5e-6a1b-5a0e-9b7e-0d8a3a3f2b11",
            customer_id="K-1",
            service=service,
            template=None,
            channel="email",
            purpose="service",
            staff_id=None,
            because="interval",
            subject=subject,
            due=date(2026, 11, 23),
            run_day=date(2026, 11, 23),
        )
        return {
            k: v for k, v in item.data.items() if k not in ("service", "because", "run_day", "due")
        }

    assert data("development", GapSubject(line="household")) == {"line": "household"}
    assert data("anniversary", YearsSubject(years=10)) == {"years": 10}
    cancelled = CancellationSubject(contract_id="V-1", cancelled_on=date(2026, 11, 23))
    assert data("cancellation_confirmation", cancelled) == {
        "contract_id": "V-1",
        "cancelled_on": "2026-11-23",
    }
    known = CancellationSubject(
        contract_id="V-1",
        cancelled_on=date(2026, 6, 30),
        effective_on=date(2026, 12, 31),
        line="building",
        insurer="Muster AG",
        contract_number="WG-1",
    )
    assert data("cancellation_confirmation", known) == {
        "contract_id": "V-1",
        "cancelled_on": "2026-06-30",
        "effective_on": "2026-12-31",
        "line": "building",
        "insurer": "Muster AG",
        "contract_number": "WG-1",
    }
    assert data("newsletter", None) == {}
    assert template_of("development", named=None, has_subject=False) == "how_are_you"
    assert template_of("referral_thanks", named=None, has_subject=False) == "thank_you"


@pytest.mark.parametrize(
    ("text", "type_", "told"),
    [
        ('{"line": "household"}', GapSubject, "household"),
        ('{"years": 10}', YearsSubject, "10"),
        ('{"change": "birth"}', LifeChangeSubject, "birth"),
        ('{"contract_id": "V-1"}', ContractSubject, "V-1"),
        ('{"cancelled_on": "2026-11-23", "contract_id": "V-1"}', CancellationSubject, "V-1"),
        ('{"previous_staff_id": "S-2"}', PreviousCarerSubject, "S-2"),
    ],
)
def test_the_fields_of_a_subject_tell_its_type(text: str, type_: type[Subject], told: str) -> None:
    subject = subject_of(text)
    assert type(subject) is type_
    assert subject_of(json.loads(text)) == subject
    assert subject is not None
    assert subject.detail == told


@pytest.mark.parametrize("text", ['{"years": "10"}', '{"line": "home", "years": 1}', "{}", "1"])
def test_what_is_no_subject_is_refused(text: str) -> None:
    for kept in (text, json.loads(text)):
        with pytest.raises(ValidationError):
            subject_of(kept)


@pytest.mark.parametrize(
    ("service", "last"),
    [
        ("birthday", date(2026, 11, 23)),
        ("anniversary", date(2026, 12, 4)),
        ("newsletter", None),
    ],
)
def test_an_order_carries_its_last_sensible_day(service: str, last: date | None) -> None:
    item = dispatch_of(
        touchpoint_id="5f0c1c5e-6a1b-5a0e-9b7e-0d8a3a3f2b11",
        customer_id="K-1",
        service=service,
        template=None,
        channel="email",
        purpose="advertising",
        staff_id=None,
        because="birthday",
        subject=None,
        due=date(2026, 11, 20),
        run_day=date(2026, 11, 30),
    )
    assert item.last_sensible_day == last


def test_a_service_speaks_of_its_own_subject_alone() -> None:
    require_subject(KINDS["saving"], ContractSubject(contract_id="V-1"))
    with pytest.raises(SubjectNotOfService, match="saving does not speak of YearsSubject"):
        require_subject(KINDS["saving"], YearsSubject(years=3))


@pytest.mark.parametrize("template", ["anniversary", "birthday"])
def test_an_agencys_own_row_of_years_knows_them(template: str) -> None:
    cells = {"A": {"channel": "email", "every_months": 12}}
    row = {"key": "our_day", "occasion": template, "template": template, "segments": cells}
    require_allowed(catalogue(**row))
    plan = year_of(customer(), catalogue=catalogue(**row))
    assert [type(subject_of(each["subject"])) for each in of(plan, "our_day")] == [YearsSubject]


AT_ONCE = {"channel": "phone", "minutes": 30, "answer": {"working_days": 0}}
ANSWERED = {**AT_ONCE, "answer": {"working_days": 1}}
SLOWLY = {**ANSWERED, "answer": {"working_days": 30}}
BY_NINE = {**AT_ONCE, "answer": {"working_days": 0, "asked_by": "09:00"}}


@pytest.mark.parametrize(
    ("row", "place", "told"),
    [
        (
            {"key": "newsletter", "purpose": "service"},
            "/services/0/purpose",
            "is newsletter by law, not service",
        ),
        (
            {"key": "how_are_you", "purpose": "service", "occasion": "interval",
             "segments": {"A": {"channel": "phone", "minutes": 10, "every_months": 12}}},
            "/services/0/purpose",
            "is advertising by law, not service",
        ),
        (
            {"key": "name_day", "purpose": "service", "occasion": "birthday",
             "segments": {"A": {"channel": "card", "minutes": 10}}},
            "/services/0/purpose",
            "is advertising by law, not service",
        ),
        (
            {"key": "complaint", "purpose": "service", "occasion": "raised",
             "segments": {"A": ANSWERED, "B": ANSWERED, "C": SLOWLY}},
            "/services/0/segments/C/answer",
            "the same time for every class",
        ),
        (
            {"key": "claim", "purpose": "service", "occasion": "raised",
             "segments": {"A": AT_ONCE, "O": AT_ONCE}},
            "/services/0/segments",
            "claim: no answer for B, C; every class must have one",
        ),
        (
            {"key": "complaint", "purpose": "service", "occasion": "raised",
             "segments": dict.fromkeys("ABC", SLOWLY)},
            "/services/0/segments/A/answer",
            "complaint: must be answered within 1 working day, whatever the class",
        ),
        (
            {"key": "claim", "purpose": "service", "occasion": "raised",
             "segments": dict.fromkeys("ABC", ANSWERED)},
            "/services/0/segments/B/answer",
            "claim: must be answered on the same working day",
        ),
        (
            {"key": "claim", "purpose": "service", "occasion": "raised",
             "segments": dict.fromkeys("ABC", BY_NINE)},
            "/services/0/segments/C/answer",
            "claim: must be answered on the same working day at any time of it",
        ),
        (
            {"key": "yearly_review", "purpose": "service", "occasion": "interval",
             "segments": {"A": {"channel": "visit", "on_request": True, "guaranteed": True}}},
            "/services/0/segments/A/guaranteed",
            "a guarantee says how often",
        ),
        (
            {"key": "yearly_review", "purpose": "service", "occasion": "interval",
             "segments": {"A": {"channel": "visit", "every_months": 24, "guaranteed": True}}},
            "/services/0/segments/A/every_months",
            "guaranteed at least every 12 months",
        ),
        (
            {"key": "our_check", "purpose": "service", "occasion": "interval",
             "segments": {"A": {"channel": "phone", "minutes": 15, "every_months": 6,
                                "counts_in": "claim"}}},
            "/services/0/segments/A/counts_in",
            "which the class never has",
        ),
    ],
)  # fmt: skip
def test_a_row_that_the_law_forbids_is_refused_with_its_place(
    row: dict[str, Any], place: str, told: str
) -> None:
    require_refused(row, place, told)


def test_a_catalogue_without_a_row_for_claims_or_complaints_is_refused() -> None:
    with pytest.raises(CatalogueNotAllowed) as refused:
        require_allowed(catalogue(owed("claim", 0), template="newsletter", purpose="newsletter"))
    (fault,) = refused.value.pointers
    assert fault["pointer"] == "/services"
    assert "complaint: there is no such row; every class is owed it" in fault["detail"]


def test_a_class_is_raised_only_to_one_that_has_a_review() -> None:
    rows = catalogue(template="newsletter", purpose="newsletter")
    raised = rows.model_copy(update={"raised_to": {"C": "B"}})
    with pytest.raises(
        CatalogueNotAllowed, match="yearly_review: C is raised to B, which has none"
    ):
        require_allowed(raised)


def test_every_rule_of_the_table_names_its_source() -> None:
    assert all(rule.source for rule in RULES)


def test_what_is_service_may_be_held_to_the_stricter_rules_of_advertising() -> None:
    cell = {"channel": "phone", "minutes": 15, "every_months": 12}
    require_allowed(catalogue(key="yearly_review", occasion="interval", segments={"A": cell}))


@pytest.mark.parametrize(
    ("because", "named"), [("campaign", "stand_in_id"), ("carer_changed", "answers_to_id")]
)
def test_an_order_names_who_does_the_work_of_who_is_away(because: str, named: str) -> None:
    def data(stand_in: str | None) -> DispatchData:
        return dispatch_of(
            touchpoint_id="5f0c1c5e-6a1b-5a0e-9b7e-0d8a3a3f2b11",
            customer_id="K-1",
            service="newsletter",
            template=None,
            channel="email",
            purpose="newsletter",
            staff_id="S-1",
            stand_in=stand_in,
            because=because,
            subject=None,
            due=date(2026, 11, 23),
            run_day=date(2026, 11, 23),
        ).data

    assert data("S-2") == {**data(None), named: "S-2"}
