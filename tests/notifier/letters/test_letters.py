import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.notifier.channels.templates.sources import read_sources
from services.notifier.domain.permissions import Suppressed, permission
from services.notifier.domain.salutations import Language, Person
from services.notifier.domain.templates import TemplateNotFilled, find_template, question_of
from shared.contracts.contacts import ContactObjections
from shared.contracts.templates import TEMPLATES, TemplateDefinition
from tests.notifier.email.examples import NOW, TODAY, ute
from tests.notifier.email.test_rendering import rendered
from tests.notifier.letters.examples import BAKERY, UTE, a_letter

OFFERING = ("angebot", "rabatt", "abschließ", "sparen", "offer", "discount")
CANCELLED = {"contract_id": "V-4711", "cancelled_on": "2026-11-20"}
LETTERS = [one for one in TEMPLATES.values() if "letter" in one.media]
DATA: dict[str, Any] = {
    **CANCELLED,
    "line": "household",
    "change": "divorce",
    "years": 10,
    "at": "2027-01-19T10:00:00+01:00",
    "appointment": "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11",
    "way": "office",
    "minutes": 90,
    "sequence": 1,
}


@pytest.mark.parametrize("template", LETTERS, ids=lambda one: str(one.key))
def test_only_advertising_tells_how_to_object_and_service_offers_nothing(
    template: TemplateDefinition,
) -> None:
    letter = a_letter(template=template.key, data=DATA)
    words = " ".join([letter.subject, *(block.text for block in letter.blocks)]).lower()
    if template.purpose == "service":
        assert letter.notice is None
        assert not any(word in words for word in OFFERING)
    else:
        assert letter.notice is not None
        assert "Art. 21" in letter.notice
        assert "post@musterbetrieb.example" in letter.notice


def test_a_company_is_du_only_through_a_contact_person_with_a_first_name() -> None:
    for template in LETTERS:
        for contact in ("Herr Weiß", "Buchhaltung", "Herr Jörg Weiß / Frau Roth", None):
            formal = replace(BAKERY, contact_person=contact)
            familiar = replace(formal, form_of_address="du")
            written = a_letter(template=template.key, data=DATA, person=familiar)
            plain = a_letter(template=template.key, data=DATA, person=formal)
            assert replace(written, person=formal) == plain
        jörg = replace(BAKERY, form_of_address="du")
        letter = a_letter(template=template.key, data=DATA, person=jörg)
        assert letter.greeting == "Lieber Jörg,"
        said = " ".join(each.text + " ".join(each.items) for each in letter.blocks)
        assert not re.search(r"\b(Sie|Ihr|Ihre[mnrs]?|Ihnen)\b", said)


def test_a_newsletter_brings_the_topics_of_its_quarter_unless_the_agency_wrote_its_own() -> None:
    def headings(**changes: Any) -> list[str]:
        return [block.text for block in a_letter(**changes).blocks if block.kind == "heading"]

    assert "Gut vorbereitet auf den Winter" in headings(dated=date(2026, 11, 23))
    spring = headings(dated=date(2026, 4, 20))
    assert spring[0] == "Starkregen: ein Blick in den Keller"
    assert not any("Winter" in heading for heading in spring)
    english = replace(UTE, language="en")
    assert headings(dated=date(2026, 7, 1), person=english)[0] == "Off on holiday"
    own = [{"title": "Umzug", "text": "Wir ziehen um."}]
    letter = a_letter(data={"articles": own})
    assert headings(data={"articles": own}) == ["Umzug"]
    assert letter.blocks[2].text == "Wir ziehen um."
    assert (letter.blocks[-1].kind, letter.blocks[-1].text[:9]) == ("paragraph", "Haben Sie")


@pytest.mark.parametrize(
    ("sent", "title", "by_letter", "by_email"),
    [
        (date(2026, 11, 27), "Kfz: Stichtag 30. November", True, True),
        (date(2026, 11, 28), "Kfz: Stichtag 30. November", False, True),
        (date(2026, 12, 1), "Kfz: Stichtag 30. November", False, False),
        (date(2026, 3, 2), "Neues Jahr, neue Beiträge", False, False),
    ],
)
def test_a_topic_whose_deadline_has_passed_for_the_reader_is_left_out(
    sent: date, title: str, by_letter: bool, by_email: bool
) -> None:
    letter = a_letter(dated=sent)
    assert (title in [block.text for block in letter.blocks]) == by_letter
    assert (title in rendered("newsletter", on=sent, data={}).text) == by_email


def test_every_day_of_the_year_has_topics_for_whoever_reads_them() -> None:
    sources = read_sources()
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        german, english = (
            len(sources.topics_for(language, read_on=day)) for language in ("de", "en")
        )
        assert german == english >= 2, day


def test_no_text_says_how_often_it_comes() -> None:
    """The catalogue of each agency does."""
    often = re.compile(
        r"quartal|quarterly|vierteljähr|(ein|zwei|vier) ?mal im jahr|alle zwei jahre"
        r"|every two years|(once|twice|times) a year|jedes jahr|every year"
    )
    for key, text in read_sources().texts.items():
        assert not often.search(text.model_dump_json().lower()), key


def test_days_are_written_as_the_reader_writes_them() -> None:
    german = a_letter(template="cancellation_confirmation", data=CANCELLED)
    assert "am 20. November 2026 eingegangen" in german.blocks[0].text
    reader = Person(salutation="herr", last_name="Smith", language="en")
    english = a_letter(template="cancellation_confirmation", data=CANCELLED, person=reader)
    assert "on 20 November 2026" in english.blocks[0].text


@pytest.mark.parametrize(
    ("language", "ends", "ended", "gone"),
    [
        (
            "de",
            "Der Vertrag endet am 31. Dezember",
            "Der Vertrag endete am 30. September",
            "seitdem",
        ),
        (
            "en",
            "The contract ends on 31 December",
            "The contract ended on 30 September",
            "Since then",
        ),
    ],
)
def test_the_end_of_a_contract_that_was_told_late_is_told_as_past(
    language: Language, ends: str, ended: str, gone: str
) -> None:
    for day, expected, past in (("2026-12-31", ends, False), ("2026-09-30", ended, True)):
        data = {"cancelled_on": "2026-08-01", "effective_on": day, "line": "household"}
        letter = a_letter(
            template="cancellation_confirmation", data=data, person=replace(UTE, language=language)
        )
        written = " ".join(item for block in letter.blocks for item in block.items)
        mailed = rendered("cancellation_confirmation", language=language, data=data).text
        for text in (written, " ".join(mailed.split())):
            assert expected in text
            assert (gone in text) is past


def test_codes_are_written_by_their_names_and_years_as_a_span() -> None:
    assert a_letter(template="development", data=DATA).subject.endswith("Thema Hausrat")
    assert "Veränderung in der Familie" in a_letter(template="life_event", data=DATA).blocks[0].text
    assert a_letter(template="anniversary", data=DATA).subject == "10 Jahre gemeinsam"
    assert a_letter(template="anniversary", data={"years": 1}).subject == "1 Jahr gemeinsam"


def test_a_letter_about_a_line_that_nobody_knows_is_not_composed() -> None:
    with pytest.raises(TemplateNotFilled) as caught:
        a_letter(template="development", data={"line": "line_17"})
    assert caught.value.field == "line"


def test_what_was_seen_in_a_profile_is_not_written_to_who_objected_to_profiling() -> None:
    objected = ute(objections=ContactObjections(profiling=NOW))
    question = question_of(find_template("development", channel="letter"), "letter")
    written = permission(question, objected, as_of=TODAY)
    assert isinstance(written, Suppressed)
    assert written.reason == "objection_profiling"


def test_only_what_winds_up_is_written_after_the_mandate() -> None:
    former = ute(status="former")
    for template in LETTERS:
        question = question_of(template, "letter")
        suppressed = isinstance(permission(question, former, as_of=TODAY), Suppressed)
        assert suppressed is (template.key not in ("winding_up", "cancellation_confirmation"))


def test_a_letter_whose_data_is_missing_is_not_composed() -> None:
    with pytest.raises(TemplateNotFilled) as caught:
        a_letter(template="anniversary", data={"contract_id": "V-1"})
    assert caught.value.field == "years"


def test_braces_in_a_name_are_not_taken_for_a_placeholder() -> None:
    letter = a_letter(
        template="cancellation_confirmation",
        data={"contract_number": "{carer_email}", "cancelled_on": "2026-11-20"},
        person=UTE,
    )
    assert "(Nr. {carer_email})" in letter.blocks[0].text
