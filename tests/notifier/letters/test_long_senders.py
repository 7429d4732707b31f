"""Senders of every length: their letters are printed, or they are refused when they are stored."""

import random
from pathlib import Path

import pytest

from services.notifier.channels.letters import render_run
from shared.return_lines import return_line
from tests.notifier.letters.examples import AGENCY, a_letter, a_run

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
