import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

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
            "Sehr geehrte Frau Prof. Dr. Roth,",
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


@pytest.mark.parametrize("contact", ["Frau Klein", "Buchhaltung", "Frau Klein / Herr Roth", None])
def test_a_company_without_one_sure_first_name_is_addressed_formally(contact: str | None) -> None:
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
    assert name_lines(FAMILY) == ("Familie", "Bergmann")
    assert full_name(UTE) == "Dr. Ute Bergmann"


def test_the_close_fits_the_form_of_address() -> None:
    assert closing_line(UTE) == "Mit freundlichen Grüßen"
    assert closing_line(UTE_DU) == "Herzliche Grüße"


TABLE = Path(__file__).parent / "salutations.csv"
"""Records as brokers keep them, with the greeting and the address that are right."""


def cases() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["greeting"])
def test_greetings(case: dict[str, str]) -> None:
    fields = {name: value or None for name, value in case.items()}
    greeting, lines = fields.pop("greeting"), fields.pop("address_name_lines")
    person = Person(**fields)  # type: ignore[arg-type]  # the table's words are the record's
    assert greeting_line(person) == greeting
    assert "|".join(name_lines(person)) == lines
    spoken = (greeting or "").split()[0]
    assert person.is_familiar == (spoken in ("Liebe", "Lieber", "Hallo") and "Familie" not in lines)


def test_a_child_gets_no_grown_up_greeting_and_the_text_stays_formal() -> None:
    child = Person(salutation="herr", first_name="Max", last_name="Weber", minor=True)
    assert greeting_line(replace(child, form_of_address="du")) == "Guten Tag Max Weber,"
    assert name_lines(child) == ("Max Weber",)
    assert not replace(child, form_of_address="du").is_familiar


@pytest.mark.parametrize(
    ("person", "greeting", "lines"),
    [
        (Person(title="Sir", salutation="herr", first_name="Paul", last_name="Smith"),
         "Dear Sir Paul,", ("Sir Paul Smith",)),
        (Person(title="Prof. Dr.", salutation="frau", first_name="Eva", last_name="Roth"),
         "Dear Professor Roth,", ("Prof. Dr. Eva Roth",)),
        (company("Mr John Smith"), "Dear Mr Smith,", ("Weiß KG", "Mr John Smith")),
        (company("Accounting"), "Dear Sir or Madam,", ("Weiß KG", "Accounting")),
        (Person(salutation="familie", last_name="Smith"), "Dear Smith family,",
         ("Family", "Smith")),
    ],
)  # fmt: skip
def test_english_readers_are_greeted_in_their_way(
    person: Person, greeting: str, lines: tuple[str, ...]
) -> None:
    reader = replace(person, language="en")
    assert greeting_line(reader) == greeting
    assert name_lines(reader) == lines


@pytest.mark.parametrize(
    "marked",
    [
        {"last_name": "Roth (†)"},
        {"last_name": "Roth †2024"},
        {"first_name": "Max (verst.)"},
        {"last_name": "Roth (verstorben)"},
        {"title": "† Dr.", "last_name": "Roth"},
        {"first_name": "Max (†) und Eva"},
        {"last_name": "Roth (deceased)"},
    ],
)
@pytest.mark.parametrize("salutation", ["herr", "frau", "familie", "divers", None])
def test_where_a_name_mentions_a_death_nobody_is_greeted_by_name(
    marked: dict[str, str], salutation: Any
) -> None:
    fields: dict[str, Any] = {"first_name": "Max", "last_name": "Roth", **marked}
    person = Person(salutation=salutation, form_of_address="du", **fields)
    assert greeting_line(person) == "Sehr geehrte Damen und Herren,"
    assert not person.is_familiar
    assert name_lines(person)[0] not in ("Herrn", "Frau", "Familie")


SIBLINGS = Path(__file__).parent / "more_salutations.csv"
"""Couples, nobility, names from elsewhere, degrees, companies and their contact persons."""


def siblings() -> list[dict[str, str]]:
    with SIBLINGS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@pytest.mark.parametrize("case", siblings(), ids=lambda case: "|".join(case.values()))
def test_more_greetings(case: dict[str, str]) -> None:
    fields: dict[str, Any] = {name: value or None for name, value in case.items()}
    greeting, lines = fields.pop("greeting"), fields.pop("address_name_lines")
    person = Person(**fields)
    assert greeting_line(person) == greeting
    assert "|".join(name_lines(person)) == lines
