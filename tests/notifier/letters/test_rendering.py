"""What is printed, read back from the PDF in millimetres."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from services.notifier.channels.letters import RenderedRun, render_run
from services.notifier.channels.letters.pages import prepared, return_line, sender_page
from services.notifier.channels.letters.readback import POINTS_PER_MM, read_back, text_within
from services.notifier.channels.letters.typesetting import SetChunk, Typesetter
from services.notifier.domain.letters import Letter
from services.notifier.domain.salutations import Person
from services.notifier.domain.templates import Block
from shared.typesetting import Substitutions
from tests.notifier.letters.examples import (
    AGENCY,
    BAKERY,
    MADRID,
    SANGERHAUSEN,
    UTE,
    a_letter,
    a_run,
)


def rendered(tmp_path: Path, *letters: Letter, **run: object) -> RenderedRun:
    return render_run(letters, identity=AGENCY, run=a_run(**run), pdf=tmp_path / "run.pdf")


def words(page: pdfium.PdfPage) -> str:
    return " ".join(page.get_textpage().get_text_range().split())


def long_letter(letter_id: str) -> Letter:
    return replace(a_letter(letter_id), blocks=(Block(text="Ein langer Satz. " * 60),) * 5)


def test_the_recipient_stands_in_its_zone_and_nothing_else_shows_in_the_window(
    tmp_path: Path,
) -> None:
    run = rendered(tmp_path, a_letter(remarks=("Persönlich",)))
    assert run.failures == ()
    page = pdfium.PdfDocument(run.pdf)[0]
    text = page.get_textpage()
    assert (
        text_within(text, (25, 62.7, 91, 90)) == "FrauDr.UteBergmannLindenallee406526Sangerhausen"
    )
    assert text_within(text, (20, 45, 105, 50)).startswith("MusterbetriebVersicherungsmaklerGmbH·")
    assert text_within(text, (20, 50.5, 105, 62)) == "Persönlich"
    assert text_within(text, (125, 50, 200, 80)).startswith("IhrKontaktJanaMuster")
    assert text_within(text, (25, 98.5, 190, 106)).startswith("IhrRundbrief")
    assert text_within(text, (0, 0, 12, 297)) == ""


def test_every_page_is_a4_and_every_letter_names_the_agency_as_the_law_asks(
    tmp_path: Path,
) -> None:
    page = pdfium.PdfDocument(rendered(tmp_path, a_letter()).pdf)[0]
    width, height = page.get_size()
    assert abs(width / POINTS_PER_MM - 210) < 0.01
    assert abs(height / POINTS_PER_MM - 297) < 0.01
    for duty in ("Jana Muster", "Amtsgericht Stendal", "HRB 12345", "D-ABCD-12345-67"):
        assert duty in words(page)


def test_markup_in_a_name_is_printed_as_it_stands(tmp_path: Path) -> None:
    name = r"#panic() *x* _y_ $1$ \ `z` <a> @b // c"
    run = rendered(tmp_path, a_letter(person=Person(last_name=name)))
    assert run.failures == ()
    assert f"Guten Tag {name}," in words(pdfium.PdfDocument(run.pdf)[0])


def test_what_the_fonts_lack_is_replaced_and_counted(tmp_path: Path) -> None:
    person = Person(salutation="frau", first_name="Zoë 🌻", last_name="Łukasz-李")
    run = rendered(tmp_path, a_letter(person=person))
    assert run.failures == ()
    assert run.substituted_characters > 0
    assert "Zoë Łukasz-□" in words(pdfium.PdfDocument(run.pdf)[0])


def test_an_address_of_which_nothing_can_be_printed_fails_alone(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("good"), a_letter("bad", person=Person(last_name="李小龍")))
    assert [letter.letter.letter_id for letter in run.letters] == ["good"]
    assert [failure.letter_id for failure in run.failures] == ["bad"]


@pytest.mark.parametrize(
    "gap",
    [
        {"street": "李路 4"},
        {"city": "上海"},
        {"street": "李路 4", "city": "Shanghai", "postcode": "200000", "country": "CN"},
        {"street": "李路 am Ufer hinter der alten Mühle, Gartenhaus 4"},
    ],
)
def test_a_street_or_town_with_a_gap_is_not_printed_but_told(
    tmp_path: Path, gap: dict[str, str]
) -> None:
    bad = a_letter("bad", address=replace(SANGERHAUSEN, **gap))
    run = rendered(tmp_path, a_letter("good"), bad)
    assert [letter.letter.letter_id for letter in run.letters] == ["good"]
    (failure,) = run.failures
    assert (failure.letter_id, "cannot be printed" in failure.reason) == ("bad", True)


def test_one_letter_that_does_not_compile_fails_alone_with_its_reason(tmp_path: Path) -> None:
    poster = replace(a_letter("bad"), layout="poster")  # type: ignore[arg-type]  # the fault under test
    others = [a_letter(f"good-{number}") for number in range(7)]
    run = rendered(tmp_path, *others[:3], poster, *others[3:])
    assert len(run.letters) == 7
    assert [failure.letter_id for failure in run.failures] == ["bad"]
    assert "poster" in run.failures[0].reason


def test_a_word_too_long_for_the_window_is_not_printed_over_its_edge(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter(person=Person(last_name="W" * 40)))
    assert run.letters == ()
    assert "recipient zone" in run.failures[0].reason


def test_text_that_would_show_in_the_window_is_found() -> None:
    letter = prepared(a_letter(), Substitutions())
    setter = Typesetter(sender=sender_page(AGENCY), run=a_run())
    hidden = replace(letter, recipient=letter.recipient[:-1])
    chunk = SetChunk(letters=(hidden,), pdf=setter.compile([letter]))
    document, read = read_back(chunk, sender_line=return_line(AGENCY), form="B")
    document.close()
    assert read[0].fault is not None


def test_letters_are_sorted_by_country_postcode_city_and_street(tmp_path: Path) -> None:
    far = replace(SANGERHAUSEN, postcode="99994")
    near = replace(SANGERHAUSEN, postcode="01067", street="Zeile 1")
    nearest = replace(near, street="Allee 1")
    places = {"madrid": MADRID, "far": far, "near": near, "nearest": nearest}
    run = rendered(tmp_path, *(a_letter(key, address=place) for key, place in places.items()))
    assert [letter.letter.letter_id for letter in run.letters] == [
        "nearest",
        "near",
        "far",
        "madrid",
    ]


def test_pages_follow_each_other_and_the_second_page_names_its_letter(tmp_path: Path) -> None:
    run = rendered(tmp_path, long_letter("a"), a_letter("b", person=BAKERY), long_letter("c"))
    assert [letter.pages for letter in run.letters] == [2, 1, 2]
    assert [letter.weight_g for letter in run.letters] == [15, 10, 15]
    assert all(one.page_to + 1 == next_.page_from for one, next_ in pairwise(run.letters))
    document = pdfium.PdfDocument(run.pdf)
    assert len(document) == run.pages == 5
    assert "Dr. Ute Bergmann · 23. November 2026 Seite 2" in words(document[1])
    assert "Weiß" in words(document[2])


def test_printed_on_both_sides_every_letter_begins_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    run = rendered(tmp_path, a_letter("a"), long_letter("b"), a_letter("c"), duplex=True)
    assert [letter.page_from for letter in run.letters] == [1, 3, 5]
    assert [letter.sheets for letter in run.letters] == [1, 1, 1]
    assert len(pdfium.PdfDocument(run.pdf)) == run.pages == 6


def test_a_letter_too_thick_for_its_envelope_is_not_printed(tmp_path: Path) -> None:
    thick = replace(a_letter("thick"), blocks=(Block(text="Ein langer Satz. " * 60),) * 60)
    run = rendered(tmp_path, thick, a_letter("thin"))
    assert [failure.letter_id for failure in run.failures] == ["thick"]
    assert run.pages == 1


def test_more_than_one_chunk_keeps_everyone_once(tmp_path: Path) -> None:
    ids = [f"L-{number:03}" for number in range(120)]
    run = rendered(tmp_path, *map(a_letter, ids))
    assert [letter.letter.letter_id for letter in run.letters] == ids
    assert len(pdfium.PdfDocument(run.pdf)) == 120


def test_an_english_letter_is_english_throughout(tmp_path: Path) -> None:
    reader = replace(UTE, language="en")
    page = pdfium.PdfDocument(rendered(tmp_path, a_letter(person=reader)).pdf)[0]
    for english in ("Dear Dr Bergmann,", "Your contact", "23 November 2026", "Kind regards"):
        assert english in words(page)
