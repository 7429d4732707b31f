"""Senders of every length: their letters are printed, or they are refused when they are stored."""

import random
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from services.notifier.channels.letters import render_run
from services.notifier.channels.letters.readback import text_within
from services.notifier.domain.addresses import PostalAddress
from services.notifier.domain.salutations import Person
from shared.return_lines import return_line
from tests.notifier.letters.examples import AGENCY, MADRID, SANGERHAUSEN, a_letter, a_run

NAMES = (
    "Hartmann",
    "Ökonomierat-Wöhlermann",
    "Müller-Lüdenscheidt",
    "Weiß",
    "W",
    "Schmidt & Söhne",
)
TRADES = (
    "", "Versicherungsmakler", "Versicherungsvermittlungsgesellschaft", "Assekuranzkontor",
    "& Partner Versicherungsmakler", "Finanz- und Versicherungsberatung", "WWWWWWWWWWWWWWWWWW",
)  # fmt: skip
FORMS = ("", "GmbH", "GmbH & Co. KG", "UG (haftungsbeschränkt)", "e. K.", "OHG")
STREETS = (
    "Marktplatz 3", "Straße der Deutschen Einheit 127a", "Am Alten Güterbahnhof 12",
    "Bürgermeister-Doktor-Johannes-Hartmann-Straße 12", "Weg 1",
)  # fmt: skip
CITIES = (
    "Sangerhausen",
    "Halle (Saale)",
    "Neustadt an der Weinstraße",
    "Ulm",
    "Lutherstadt Wittenberg",
)


def generated_senders() -> list[tuple[str, str, str]]:
    """200 senders from a seed."""
    chance = random.Random(2026)
    return [
        (
            " ".join(
                filter(None, (chance.choice(NAMES), chance.choice(TRADES), chance.choice(FORMS)))
            ),
            chance.choice(STREETS),
            chance.choice(CITIES),
        )
        for _ in range(200)
    ]


def test_a_long_sender_is_printed_or_refused(tmp_path: Path) -> None:
    printed = 0
    for number, (name, street, city) in enumerate(generated_senders()):
        if return_line(name, street, f"06526 {city}") is None:
            continue
        sender = AGENCY.model_copy(update={"name": name, "street": street, "city": city})
        pdf = tmp_path / f"{number}.pdf"
        run = render_run([a_letter()], identity=sender, run=a_run(), pdf=pdf)
        assert not run.failures, (name, street, city, run.failures)
        printed += 1
    assert printed > 150


@pytest.mark.parametrize(
    ("name", "street", "city", "line"),
    [
        (
            "Hartmann & Partner Versicherungsmakler GmbH",
            "Marktplatz 3",
            "Sangerhausen",
            "Hartmann & Partner Versicherungsmakler · Marktplatz 3 · 06526 Sangerhausen",
        ),
        ("Weiß", "Weg 1", "Ulm", "Weiß · Weg 1 · 06526 Ulm"),
    ],
)
def test_a_sender_is_shortened_by_rule(name: str, street: str, city: str, line: str) -> None:
    assert return_line(name, street, f"06526 {city}") == line


def test_what_no_rule_makes_short_enough_fits_nowhere() -> None:
    assert return_line("Weiß", "W" * 60, "06526 Neustadt an der Weinstraße") is None


LONG_MAIL = "kontaktaufnahme.versicherungen@mueller-luedenscheidt-versicherungsvermittlung.example"
DIFFICULT: tuple[dict[str, object], ...] = (
    {"name": "Hartmann & Partner Versicherungsmakler GmbH"},
    {"name": "Versicherungsvermittlungsgesellschaft Müller-Lüdenscheidt UG (haftungsbeschränkt)"},
    {"name": "W" * 30 + " Weiß"},
    {"name": "Weiß", "email": LONG_MAIL, "website": "www." + LONG_MAIL.partition("@")[2]},
    {
        "name": "Ökonomierat-Wöhlermann Finanz- und Versicherungsberatung GmbH & Co. KG",
        "managing_directors": (
            "Dr. Maximilian-Alexander von und zu Hohenstein-Wartburg",
            "Karoline Müller-Lüdenscheidt",
            "Friedrich Wilhelm Schmidt-Rottluff",
            "Ursula von der Heide",
        ),
        "supervisory_board_chair": "Prof. Dr. Dr. h. c. Karl-Friedrich Beispiel-Musterfrau",
    },
    {"supervisory_authority": "Industrie- und Handelskammer für München und Oberbayern, München"},
)


@pytest.mark.parametrize("changes", DIFFICULT, ids=lambda changes: str(changes)[:40])
def test_no_line_of_the_footer_reaches_into_the_next_column_or_off_the_page(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    sender = AGENCY.model_copy(update=changes)
    run = render_run([a_letter()], identity=sender, run=a_run(), pdf=tmp_path / "run.pdf")
    assert not run.failures
    with pdfium.PdfDocument(run.pdf) as document:
        text = document[0].get_textpage()
        for column in (1, 2, 3):
            end = 25 + column * 38.25 + (column - 1) * 4
            assert text_within(text, (end + 0.8, 269.5, end + 3.2, 297)) == ""
        assert text_within(text, (0, 288.5, 210, 297)) == ""
        said = text_within(text, (20, 269, 200, 290)).replace("-", "")
    for line in (sender.name, sender.email, *sender.managing_directors):
        assert all(word.replace("-", "") in said for word in line.split() if len(word) < 20)


@pytest.mark.parametrize(
    "carer",
    [
        {"email": LONG_MAIL},
        {"name": "Maximiliane-Friederike Charlotte von Hohenstein-Wartburg zu Bergmannshausen"},
        {"phone": "+49 3464 123456-789 (Mo bis Fr 9 bis 12 Uhr, sonst Anrufbeantworter)"},
    ],
    ids=["mail", "name", "phone"],
)
def test_the_letters_of_a_carer_with_long_data_are_printed(
    tmp_path: Path, carer: dict[str, str]
) -> None:
    letter = a_letter()
    letter = replace(letter, signer=replace(letter.signer, **carer))
    run = render_run([letter], identity=AGENCY, run=a_run(), pdf=tmp_path / "run.pdf")
    assert not run.failures


RECIPIENTS = (
    Person(salutation="frau", title="Prof. Dr. Dr. h. c.",
           first_name="Maximiliane-Friederike Charlotte",
           last_name="von Hohenstein-Wartburg zu Bergmannshausen"),
    Person(kind="company", company_name="Wohnungseigentümergemeinschaft Bürgermeister-Hartmann-"
           "Straße 12-24 vertreten durch die Hausverwaltung",
           contact_person="Buchhaltung, Frau Dr. Ursula von der Heide"),
    Person(salutation="familie", last_name="Łukasz-Đorđević"),
    Person(salutation="herr", title="Graf", first_name="Anton", last_name="von Arnim"),
    Person(salutation="herr", first_name="Hans-", last_name="Peter-"),
)  # fmt: skip
PLACES = (
    SANGERHAUSEN,
    MADRID,
    PostalAddress(street="Straße der Deutsch-Sowjetischen Freundschaft 127a, Hinterhaus",
                  postcode="99974", city="Mühlhausen/Thüringen OT Felchta"),
)  # fmt: skip


def test_difficult_recipients_stand_wholly_in_the_window(tmp_path: Path) -> None:
    letters = [
        a_letter(f"L-{row}-{column}", person=person, address=place)
        for row, person in enumerate(RECIPIENTS)
        for column, place in enumerate(PLACES)
        if row != 1 or column == 0  # seven lines, refused with that reason
    ]
    run = render_run(letters, identity=AGENCY, run=a_run(), pdf=tmp_path / "run.pdf")
    assert run.failures == ()


def test_a_sender_loses_no_half_of_a_word_that_leads_on() -> None:
    name = "Ökonomierat-Wöhlermann Finanz- und Versicherungsberatung GmbH & Co. KG"
    line = return_line(name, "Marktplatz 3", "06526 Sangerhausen")
    assert line == "Ökonomierat-Wöhlermann · Marktplatz 3 · 06526 Sangerhausen"
