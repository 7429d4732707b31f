from dataclasses import replace

import pytest

from services.notifier.domain.salutations import (
    Person,
    closing_line,
    full_name,
    greeting_line,
    name_lines,
)

UTE = Person(salutation="frau", title="Dr.", first_name="Ute", last_name="Bergmann")
JAN = Person(salutation="herr", first_name="Jan", last_name="Kohl")
UTE_DU = Person(salutation="frau", first_name="Ute", last_name="Bergmann", form_of_address="du")
ALEX = Person(salutation="divers", first_name="Alex", last_name="Kim")
FAMILY = Person(salutation="familie", last_name="Bergmann")


def company(contact: str | None) -> Person:
    return Person(kind="company", company_name="Weiß KG", contact_person=contact)


@pytest.mark.parametrize(
    ("person", "greeting"),
    [
        (UTE, "Sehr geehrte Frau Dr. Bergmann,"),
        (JAN, "Sehr geehrter Herr Kohl,"),
        (UTE_DU, "Liebe Ute,"),
        (Person(first_name="Kim", form_of_address="du"), "Hallo Kim,"),
        (ALEX, "Guten Tag Alex Kim,"),
        (Person(first_name="Sascha", last_name="Weber"), "Guten Tag Sascha Weber,"),
        (FAMILY, "Sehr geehrte Familie Bergmann,"),
        (Person(salutation="frau", first_name="Ute"), "Guten Tag Ute,"),
        (Person(), "Guten Tag,"),
        (
            Person(salutation="frau", title="Prof. Dr. med.", last_name="Roth"),
            "Sehr geehrte Frau Professorin Roth,",
        ),
        (
            Person(salutation="herr", title="Dipl.-Ing.", last_name="Roth"),
            "Sehr geehrter Herr Roth,",
        ),
        (
            Person(salutation="frau", title="Dr. Gräfin", last_name="Lynar"),
            "Sehr geehrte Frau Dr. Gräfin Lynar,",
        ),
        (company("Frau Sabine Klein"), "Sehr geehrte Frau Klein,"),
        (company("Hr. Dr. Jörg Weiß"), "Sehr geehrter Herr Dr. Weiß,"),
        (company("Sabine Klein"), "Guten Tag Sabine Klein,"),
        (company(None), "Sehr geehrte Damen und Herren,"),
        (Person(salutation="firma", last_name="Weiß KG"), "Sehr geehrte Damen und Herren,"),
        (
            Person(salutation="herr", title="Dr.", last_name="Smith", language="en"),
            "Dear Dr Smith,",
        ),
        (Person(salutation="frau", last_name="Smith", language="en"), "Dear Ms Smith,"),
        (Person(salutation="familie", last_name="Smith", language="en"), "Dear Smith family,"),
        (Person(first_name="Alex", last_name="Kim", language="en"), "Dear Alex Kim,"),
        (Person(language="en"), "Dear Sir or Madam,"),
    ],
)
def test_everyone_is_greeted_rightly(person: Person, greeting: str) -> None:
    assert greeting_line(person) == greeting


@pytest.mark.parametrize("contact", ["Frau Sabine Klein", None])
def test_a_company_is_addressed_formally_whatever_its_record_says(contact: str | None) -> None:
    formal = company(contact)
    familiar = replace(formal, form_of_address="du")
    assert greeting_line(familiar) == greeting_line(formal)
    assert closing_line(familiar) == "Mit freundlichen Grüßen"
    assert closing_line(replace(familiar, language="en")) == "Kind regards"


def test_a_line_break_in_a_name_breaks_no_line() -> None:
    assert greeting_line(Person(salutation="herr", last_name="Kohl\r\nBcc: x")) == (
        "Sehr geehrter Herr Kohl Bcc: x,"
    )


def test_the_address_keeps_every_title_and_names_the_man_in_the_accusative() -> None:
    assert name_lines(UTE) == ("Frau", "Dr. Ute Bergmann")
    assert name_lines(JAN) == ("Herrn", "Jan Kohl")
    assert name_lines(company("Hr. Jörg Weiß")) == ("Weiß KG", "Herrn Jörg Weiß")
    assert name_lines(FAMILY) == ("Familie Bergmann",)
    assert full_name(UTE) == "Dr. Ute Bergmann"


def test_the_close_fits_the_form_of_address() -> None:
    assert closing_line(UTE) == "Mit freundlichen Grüßen"
    assert closing_line(UTE_DU) == "Herzliche Grüße"
