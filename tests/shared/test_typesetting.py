"""Pages look the same everywhere and never show an empty box."""

from datetime import date
from pathlib import Path

import pypdfium2 as pdfium

from shared.typesetting import REPLACEMENT, Substitutions, compiler, day_stamp, printable


def test_an_emoji_before_a_comma_leaves_no_gap() -> None:
    counted = Substitutions()
    assert printable("Liebe Zoë 🌻,", counted) == "Liebe Zoë,"
    assert counted.left_out == 1


def test_german_and_its_neighbours_are_set_as_they_stand() -> None:
    counted = Substitutions()
    text = "Grüße an Łukasz Dvořák, 1.234,56 € – „schön“ × 2 ≥ 1"
    assert printable(text, counted) == text
    assert counted.total == 0


def test_a_letter_of_another_script_becomes_a_mark_that_is_seen() -> None:
    counted = Substitutions()
    assert printable("李", counted) == REPLACEMENT
    assert counted.replaced == 1


def test_the_same_page_is_the_same_bytes_with_the_shipped_font_inside(tmp_path: Path) -> None:
    template = tmp_path / "page.typ"
    template.write_text('#set text(font: "Lato", fallback: false)\nGrüße, 5 €', encoding="utf-8")
    stamp = day_stamp(date(2026, 11, 20))
    first, again = (compiler(template).compile(format="pdf", timestamp=stamp) for _ in range(2))
    assert isinstance(first, bytes)
    assert first == again
    assert "Grüße, 5 €" in pdfium.PdfDocument(first)[0].get_textpage().get_text_range()
    assert b"Lato" in first


def test_a_day_is_stamped_as_its_midnight() -> None:
    assert day_stamp(date(1970, 1, 2)) == 86_400
