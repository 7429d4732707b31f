"""What a reader sees: every template, in both languages and forms of address."""

import re
from dataclasses import replace
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.notifier.domain.emails import EmailLinks, RenderedEmail
from services.notifier.domain.salutations import FormOfAddress, Language, Person
from services.notifier.domain.templates import (
    PurposeMismatch,
    TemplateNotFilled,
    TemplateUnknown,
    find_template,
    is_advertising,
)
from shared.contracts.templates import TEMPLATES as KNOWN
from tests.notifier.email.examples import (
    AGENCY,
    ANSWER,
    CARER,
    DATA,
    LINKS,
    TEMPLATES,
    TODAY,
    UNSUBSCRIBE,
    UTE,
)

EMAIL_TEMPLATES = [key for key, one in KNOWN.items() if "email" in one.media]


def rendered(template: str, language: Language = "de", **changes: Any) -> RenderedEmail:
    fields: dict[str, Any] = {
        "person": UTE,
        "carer": CARER,
        "agency": AGENCY,
        "data": DATA,
        "links": LINKS,
        "basis": "consent",
        "on": TODAY,
    }
    return TEMPLATES.render_email(template, language, **{**fields, **changes})


def seen(html: str) -> str:
    """The HTML as its reader sees it: without head and tags, entities read."""
    body = html.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<!--.*?-->|<[^>]+>", " ", body, flags=re.S)).split())


@pytest.mark.parametrize("form", ["sie", "du"])
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("template", EMAIL_TEMPLATES)
def test_every_mail_greets_signs_and_names_its_sender(
    template: str, language: Language, form: FormOfAddress
) -> None:
    mail = rendered(template, language, person=replace(UTE, form_of_address=form))
    greeting = {
        ("de", "sie"): "Sehr geehrte Frau Dr. Bergmann,",
        ("de", "du"): "Liebe Ute,",
        ("en", "sie"): "Dear Dr Bergmann,",
        ("en", "du"): "Dear Ute,",
    }[language, form]
    for part in (seen(mail.html), mail.text):
        assert part.count(greeting) == 1
        assert "Jonas Adler" in part
        assert "Marktplatz 3, 06526 Sangerhausen" in part
        assert "HRB 12345" in part
        assert "D-ABCD-12345-67" in part
        assert "{{" not in part
        assert "{%" not in part
    assert mail.subject
    assert "\n" not in mail.subject
    assert not re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", mail.text if form == "du" else "")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("template", EMAIL_TEMPLATES)
def test_advertising_shows_its_way_out_and_service_mails_carry_none(
    template: str, language: Language
) -> None:
    mail = rendered(template, language)
    advertises = is_advertising(KNOWN[template])
    objection = "widersprechen" if language == "de" else "object"
    assert (f'href="{UNSUBSCRIBE}"' in mail.html) is advertises
    assert (UNSUBSCRIBE in mail.text) is advertises
    assert (objection in seen(mail.html)) is advertises
    assert (objection in mail.text) is advertises
    assert (ANSWER in mail.html) is TEMPLATES.asks(template)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("basis", ["consent", "existing_customer"])
def test_a_blank_line_stands_between_the_reason_and_the_way_out(
    language: Language, basis: str
) -> None:
    footer = rendered("newsletter", language, basis=basis).text.partition("\n-- \n")[2]
    reason, way_out, sender = footer.split("\n\n")
    assert reason.startswith("Sie erhalten" if language == "de" else "You receive")
    assert way_out.endswith(f":\n{UNSUBSCRIBE}")
    assert sender.startswith(AGENCY.name)


@pytest.mark.parametrize("template", EMAIL_TEMPLATES)
def test_a_mail_loads_nothing_from_elsewhere(template: str) -> None:
    html = rendered(template).html
    assert not re.search(r"<(link|script|img|iframe)\b|@import|url\(", html)


def test_an_existing_customer_is_told_that_objecting_costs_nothing() -> None:
    mail = rendered("newsletter", basis="existing_customer")
    assert "Übermittlungskosten nach den Basistarifen" in mail.text
    assert "Übermittlungskosten nach den Basistarifen" in seen(mail.html)


def test_both_parts_say_the_same_in_their_main_sentences() -> None:
    mail = rendered(
        "cancellation_confirmation",
        data={**DATA, "contract_number": "HR-4711", "effective_on": "2026-12-31"},
    )
    for part in (seen(mail.html), mail.text):
        words = " ".join(part.split())
        assert "HR-4711" in words
        assert "am 20. November 2026 eingegangen" in words
        assert "Der Vertrag endet am 31. Dezember 2026." in words


def test_a_newsletter_brings_the_topics_of_its_quarter_unless_the_agency_wrote_its_own() -> None:
    assert "Stichtag 30. November" in rendered("newsletter").text
    spring = rendered("newsletter", on=TODAY.replace(month=4))
    assert "Starkregen" in spring.subject
    own = {"articles": [{"title": "Umzug", "text": "Wir ziehen um."}]}
    mail = rendered("newsletter", data=own)
    assert "Umzug" in mail.subject
    assert "Wir ziehen um." in seen(mail.html)
    assert "Stichtag" not in mail.text


def test_a_name_with_markup_is_shown_and_not_obeyed() -> None:
    mallory = Person(salutation="frau", last_name='<script>alert("1")</script>{{ 7 * 7 }}')
    mail = rendered("birthday", person=mallory)
    assert "<script>" not in mail.html
    assert "{{ 7 * 7 }}" in seen(mail.html)
    assert '<script>alert("1")</script>{{ 7 * 7 }}' in mail.text


@pytest.mark.parametrize(
    ("template", "data", "field"),
    [
        ("anniversary", {}, "years"),
        ("anniversary", {"years": "many"}, "years"),
        ("development", {"line": "no_such_line"}, "line"),
        ("life_event", {"change": "lottery"}, "change"),
        ("event_invitation", {**DATA, "starts_at": "soon"}, "starts_at"),
        ("cancellation_confirmation", {"cancelled_on": "soon"}, "cancelled_on"),
        ("newsletter", {"articles": [{"title": "Ohne Text"}]}, "articles/0/text"),
    ],
)
def test_what_is_missing_is_named_with_its_template(
    template: str, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(TemplateNotFilled) as failure:
        rendered(template, data=data)
    assert (failure.value.template, failure.value.field) == (template, field)


def test_advertising_without_a_way_out_is_not_made() -> None:
    with pytest.raises(TemplateNotFilled, match=r"links\.unsubscribe"):
        rendered("birthday", links=EmailLinks())


def test_a_template_is_ordered_by_its_name_and_for_its_own_purpose() -> None:
    with pytest.raises(TemplateUnknown):
        rendered("no_such_template")
    with pytest.raises(PurposeMismatch):
        find_template("newsletter", channel="email", purpose="service")


@pytest.mark.parametrize(
    ("starts_at", "clock"),
    [
        ("2026-12-03T17:30:00Z", "18:30"),
        ("2026-07-03T16:30:00+00:00", "18:30"),
        ("2026-12-03T12:30:00-05:00", "18:30"),
        ("2026-12-03T23:30:00Z", "4. Dezember 2026, 00:30"),
    ],
)
def test_an_event_is_told_by_the_clock_of_the_agency(starts_at: str, clock: str) -> None:
    mail = rendered(
        "event_invitation",
        data={**DATA, "starts_at": starts_at},
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert clock in mail.text.replace("\u00a0", " ")


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_screen_reader_is_told_the_language(language: Any) -> None:
    mail = rendered("birthday", language)
    assert re.findall(r'<html[^>]* lang="([a-z]+)"', mail.html) == [language]
