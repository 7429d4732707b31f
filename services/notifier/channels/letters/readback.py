"""Reads finished pages back and checks what the post and the window envelope ask for.

The checks look at the PDF, not at the template: whatever went wrong on the way, a letter that
would show more than its address through the window, or less, is not printed.
"""

import threading
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from services.notifier.channels.letters.pages import PreparedLetter
from services.notifier.channels.letters.typesetting import SetChunk
from shared.contracts.agencies import LetterForm

PDFIUM = threading.Lock()
"""PDFium may be used by one thread at a time; two would crash the process."""

POINTS_PER_MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
SIZE_TOLERANCE = 0.02
"""Points; 0.007 mm."""

Area = tuple[float, float, float, float]
"""x from, y from, x to, y to in millimetres from the top left corner."""

RECIPIENT_ZONES: dict[LetterForm, Area] = {
    "A": (25.0, 44.7, 91.0, 72.0),
    "B": (25.0, 62.7, 91.0, 90.0),
}
"""Recipient zone of the forms of DIN 5008, where every position of the sheet shows it."""

WINDOWS: dict[LetterForm, Area] = {"A": (1.0, 27.0, 110.0, 80.4), "B": (1.0, 45.0, 110.0, 98.4)}
"""All that a C6/5 window may show when the sheet slides in its envelope. In both forms the fold
below the address lies 60 mm under the top of the window, so the sheet slides alike."""

LEFT_STRIP: Area = (0.0, 0.0, 12.0, PAGE_HEIGHT)
"""Kept free of text for the marks of inserting machines."""

BOTTOM_STRIP: Area = (0.0, PAGE_HEIGHT - 7.0, PAGE_WIDTH, PAGE_HEIGHT)
"""Kept free by print services."""

RIGHT_STRIP: Area = (PAGE_WIDTH - 10.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT)
"""Not reached by most printers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLetter:
    """What the finished pages say of one letter; ``fault`` is null when it may be printed."""

    letter: PreparedLetter
    first_page: int
    pages: int
    fault: str | None


def read_back(
    chunk: SetChunk, *, sender_line: str, form: LetterForm
) -> tuple[pdfium.PdfDocument, list[ReadLetter]]:
    """Return the opened chunk and its letters as found on the pages. Hold ``PDFIUM``."""
    document = pdfium.PdfDocument(chunk.pdf)
    starts = [_page_of(bookmark) for bookmark in document.get_toc(max_depth=1)]
    ends = [*starts[1:], len(document)]
    if len(starts) != len(chunk.letters):
        fault = f"{len(chunk.letters)} letters were set, {len(starts)} are found"
        return document, [_not_found(letter, fault) for letter in chunk.letters]
    return document, [
        ReadLetter(
            letter=letter,
            first_page=start,
            pages=end - start,
            fault=_fault(document, letter, range(start, end), sender_line, form),
        )
        for letter, start, end in zip(chunk.letters, starts, ends, strict=True)
    ]


def text_within(text_page: pdfium.PdfTextPage, area: Area) -> str:
    """Return what stands in the area, without white space; characters on its border count."""
    left, top, right, bottom = (length * POINTS_PER_MM for length in area)
    height = PAGE_HEIGHT * POINTS_PER_MM
    found = text_page.get_text_bounded(left, height - bottom, right, height - top)
    return _bare(found)


def _fault(
    document: pdfium.PdfDocument,
    letter: PreparedLetter,
    pages: range,
    sender_line: str,
    form: LetterForm,
) -> str | None:
    if not pages:
        return "it has no page"
    for index in pages:
        page = document[index]
        text_page = page.get_textpage()
        fault = _page_fault(page, text_page)
        # A chunk's pages share their fonts, so one page stands for all; each would cost a third.
        if fault is None and index == 0 and not _fonts_are_embedded(page):
            fault = "a font is not embedded"
        if fault is None and index == pages.start:
            fault = _window_fault(text_page, letter, sender_line, form)
        text_page.close()
        page.close()
        if fault:
            return f"page {index - pages.start + 1}: {fault}"
    return None


def _page_fault(page: pdfium.PdfPage, text_page: pdfium.PdfTextPage) -> str | None:
    width, height = page.get_size()
    off = max(abs(width - PAGE_WIDTH * POINTS_PER_MM), abs(height - PAGE_HEIGHT * POINTS_PER_MM))
    if off > SIZE_TOLERANCE:
        return f"{width:.2f} x {height:.2f} points are not A4"
    if text_within(text_page, LEFT_STRIP):
        return "text stands in the left strip of 12 mm"
    if text_within(text_page, RIGHT_STRIP):
        return "text stands in the right strip of 10 mm"
    if text_within(text_page, BOTTOM_STRIP):
        return "text stands in the bottom strip of 7 mm"
    return None


def _window_fault(
    text_page: pdfium.PdfTextPage, letter: PreparedLetter, sender_line: str, form: LetterForm
) -> str | None:
    recipient = _bare("".join(letter.recipient))
    if text_within(text_page, RECIPIENT_ZONES[form]) != recipient:
        return "the recipient does not stand wholly in the recipient zone"
    seen = _bare("".join((sender_line, *letter.remarks, *letter.recipient)))
    if text_within(text_page, WINDOWS[form]) != seen:
        return "the window would show more than the address"
    return None


def _fonts_are_embedded(page: pdfium.PdfPage) -> bool:
    """Look at every text object; typst draws all of them on the page itself.

    Through the C interface: wrapping each object in Python takes as long again.
    """
    for number in range(raw.FPDFPage_CountObjects(page.raw)):
        thing = raw.FPDFPage_GetObject(page.raw, number)
        kind = raw.FPDFPageObj_GetType(thing)
        if kind == raw.FPDF_PAGEOBJ_FORM:  # text in there would go unseen
            return False
        is_text = kind == raw.FPDF_PAGEOBJ_TEXT
        if is_text and raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(thing)) != 1:
            return False
    return True


def _page_of(bookmark: pdfium.PdfBookmark) -> int:
    destination = bookmark.get_dest()
    index = destination.get_index() if destination else None
    return -1 if index is None else int(index)


def _not_found(letter: PreparedLetter, fault: str) -> ReadLetter:
    return ReadLetter(letter=letter, first_page=0, pages=0, fault=fault)


def _bare(text: str) -> str:
    """Text without white space and hyphens: at the end of a line PDFium takes a hyphen for one
    that only breaks a word."""
    return "".join(text.translate(_HYPHENS).split())


_HYPHENS = str.maketrans("", "", "-\u00ad\ufffe\x02")
