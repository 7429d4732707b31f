"""Letters in both forms of DIN 5008, read back from the PDF in millimetres."""

from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from services.notifier.channels.letters import RenderedRun, render_run
from services.notifier.channels.letters.readback import POINTS_PER_MM, text_within
from services.notifier.domain.addresses import PostalAddress
from services.notifier.domain.letters import Letter
from services.notifier.domain.salutations import Person
from services.notifier.domain.templates import Block
from shared.contracts.agencies import LetterForm
from tests.notifier.letters.examples import AGENCY, a_letter, a_run

BOTH = pytest.mark.parametrize(("form", "field"), [("A", 27.0), ("B", 45.0)])
"""The top of the address field in millimetres (DIN 5008:2020)."""
FULL = Person(
    kind="company",
    company_name="Hausverwaltung Weiß & Söhne GmbH",
    contact_person="Frau Dr. Ute Bergmann",
)
ABROAD = PostalAddress(street="Calle de Alcalá 42", postcode="28014", city="Madrid", country="ES")


def rendered(tmp_path: Path, form: LetterForm, *letters: Letter, **run: object) -> RenderedRun:
    order = a_run(form=form, **run)
    return render_run(letters, identity=AGENCY, run=order, pdf=tmp_path / "run.pdf")


@BOTH
def test_address_information_and_text_stand_where_the_form_has_them(
    tmp_path: Path, form: LetterForm, field: float
) -> None:
    run = rendered(tmp_path, form, a_letter(remarks=("Persönlich",)))
    assert run.failures == ()
    text = pdfium.PdfDocument(run.pdf)[0].get_textpage()
    assert (
        text_within(text, (25, field + 17.7, 91, field + 45))
        == "FrauDr.UteBergmannLindenallee406526Sangerhausen"
    )
    line = text_within(text, (20, field, 105, field + 5))
    assert line.startswith("MusterbetriebVersicherungsmaklerGmbH·")
    assert text_within(text, (20, field + 5.5, 105, field + 17)) == "Persönlich"
    assert text_within(text, (125, field + 5, 200, field + 35)).startswith("IhrKontaktJanaMuster")
    assert text_within(text, (25, field + 53.5, 190, field + 61)).startswith("IhrRundbrief")
    head = text_within(text, (0, 0, 210, field))
    assert head.startswith("MusterbetriebVersicherungsmaklerGmbH")
    assert head.endswith("+493464123456")
    assert text_within(text, (0, 0, 210, 9.5)) == ""
    assert text_within(text, (0, 0, 12, 297)) == ""


@BOTH
def test_six_lines_of_address_stand_wholly_in_the_window(
    tmp_path: Path, form: LetterForm, field: float
) -> None:
    remarks = ("Persönlich", "Einschreiben")
    run = rendered(tmp_path, form, a_letter(person=FULL, address=ABROAD, remarks=remarks))
    assert run.failures == ()
    text = pdfium.PdfDocument(run.pdf)[0].get_textpage()
    seen = text_within(text, (1, field, 110, field + 53.4))
    assert seen.endswith("PersönlichEinschreiben" + "".join(_bare(run.letters[0].letter)))


@pytest.mark.parametrize(
    ("form", "marks"), [("A", [87.0, 148.5, 192.0]), ("B", [105.0, 148.5, 210.0])]
)
def test_fold_and_hole_marks_stand_where_the_form_has_them(
    tmp_path: Path, form: LetterForm, marks: list[float]
) -> None:
    page = pdfium.PdfDocument(rendered(tmp_path, form, a_letter()).pdf)[0]
    lines = [thing.get_bounds() for thing in page.get_objects() if thing.type != 1]
    left = [line for line in lines if line[0] < 12 * POINTS_PER_MM]
    tops = sorted(297 - (low + high) / 2 / POINTS_PER_MM for _, low, _, high in left)
    assert [round(top, 1) for top in tops] == marks


def test_the_later_pages_of_both_forms_are_alike(tmp_path: Path) -> None:
    long = replace(a_letter(), blocks=(Block(text="Ein langer Satz. " * 60),) * 6)
    tops = []
    for form in ("A", "B"):
        run = rendered(tmp_path, form, long)
        assert run.failures == ()
        text = pdfium.PdfDocument(run.pdf)[1].get_textpage()
        assert "Seite2" in text_within(text, (0, 10, 210, 20))
        tops.append(text_within(text, (25, 27, 190, 34)))
    assert all(tops)


def _bare(letter: Letter) -> list[str]:
    return ["".join(line.replace("-", "").split()) for line in letter.address_lines]
