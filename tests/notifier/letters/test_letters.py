import pytest

from services.notifier.channels.letters import letter_templates
from services.notifier.domain.letters import LetterTemplate, PlaceholderNotFilled, placeholders
from services.notifier.domain.salutations import Person
from tests.notifier.letters.cast import UTE, a_letter

OFFERING = ("angebot", "rabatt", "abschließ", "sparen", "offer", "discount")
CANCELLED = {"contract_id": "V-4711", "cancelled_on": "2026-11-20"}


@pytest.mark.parametrize("template", letter_templates().values(), ids=lambda one: str(one.key))
def test_only_advertising_tells_how_to_object_and_service_offers_nothing(
    template: LetterTemplate,
) -> None:
    letter = a_letter(template=template.key, data=CANCELLED)
    words = " ".join([letter.subject, *(block.text for block in letter.blocks)]).lower()
    if template.purpose == "service":
        assert letter.notice is None
        assert not any(word in words for word in OFFERING)
    else:
        assert letter.notice is not None
        assert "Art. 21" in letter.notice
        assert "post@musterbetrieb.example" in letter.notice


@pytest.mark.parametrize("template", letter_templates().values(), ids=lambda one: str(one.key))
def test_every_form_of_a_template_asks_for_the_same_data(template: LetterTemplate) -> None:
    assert placeholders(template.de) == placeholders(template.de_du) == placeholders(template.en)


def test_days_are_written_as_the_reader_writes_them() -> None:
    german = a_letter(template="cancellation_confirmation", data=CANCELLED)
    assert "am 20. November 2026 gekündigt" in german.blocks[0].text
    reader = Person(salutation="herr", last_name="Smith", language="en")
    english = a_letter(template="cancellation_confirmation", data=CANCELLED, person=reader)
    assert "on 20 November 2026" in english.blocks[0].text


def test_a_letter_whose_data_is_missing_is_not_composed() -> None:
    with pytest.raises(PlaceholderNotFilled) as caught:
        a_letter(template="cancellation_confirmation", data={"contract_id": "V-1"})
    assert caught.value.names == ("cancelled_on",)


def test_braces_in_a_name_are_not_taken_for_a_placeholder() -> None:
    letter = a_letter(
        template="cancellation_confirmation",
        data={"contract_id": "{carer_email}", "cancelled_on": "2026-11-20"},
        person=UTE,
    )
    assert "{carer_email}" in letter.subject
