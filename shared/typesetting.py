"""Typesetting: the shipped fonts, the characters they have, and the compiler that uses them.

A character without a glyph aborts a compile (PDF/A) or prints an empty box. Therefore emoji are
removed, letters of other scripts become a visible mark, and both are counted.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

FONT_DIRECTORY = Path(__file__).parent / "fonts"

REPLACEMENT = "□"
"""Replaces a letter that no font has, so that a reader sees the gap and mends it at the source."""

_BEFORE_MARK = re.compile(r"\s+([,.;:!?])")
"""The gap before a comma or full stop that stays when an emoji is removed."""

LOOKALIKES = str.maketrans({"‑": "-", "‒": "–", "―": "—", "⁃": "-", "′": "’", "″": "”", "\t": " "})


@dataclass(slots=True)
class Substitutions:
    """Counts the characters that were replaced and those that were removed."""

    replaced: int = 0
    left_out: int = 0
    characters: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        return self.replaced + self.left_out


def compiler(template: Path) -> "typst.Compiler":
    """Return a compiler of one template, which reads nothing outside the template's folder.

    It ignores the system's fonts and those inside typst, so a page looks the same everywhere.
    Do not share it between threads, because it keeps its input.
    """
    # Loaded when first needed: a process that sets no page does without its memory.
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_DIRECTORY)],
    )
    return typst.Compiler(input=str(template), root=str(template.parent), font_paths=fonts)


def day_stamp(day: date) -> int:
    """Return midnight UTC of the day in seconds of the Unix epoch.

    A file that bears this timestamp has the same bytes whenever it is made from the same input.
    """
    return (day.toordinal() - _EPOCH) * 86_400


_EPOCH = date(1970, 1, 1).toordinal()


def printable(text: str, counted: Substitutions) -> str:
    """Return the text in characters that every shipped font has; count what was changed."""
    text = unicodedata.normalize("NFC", text)
    covered = coverage()
    if covered.issuperset(text):
        return text
    pieces = [_stand_in(character, covered, counted) for character in text.translate(LOOKALIKES)]
    return _BEFORE_MARK.sub(r"\1", " ".join("".join(pieces).split()))


def _stand_in(character: str, covered: frozenset[str], counted: Substitutions) -> str:
    category = unicodedata.category(character)
    if character in covered and category[0] != "C":
        return character
    if category in ("Zs", "Cc"):
        return " "
    if category in ("Cf", "Mn"):  # joiners and variation selectors are invisible anyway
        return ""
    counted.characters.add(character)
    plain = unicodedata.normalize("NFKD", character)
    known = "".join(part for part in plain if part in covered)
    if known.strip():
        counted.replaced += 1
        return known
    if category[0] in "LN":
        counted.replaced += 1
        return REPLACEMENT
    counted.left_out += 1
    return ""


@cache
def coverage() -> frozenset[str]:
    """Return the characters that all shipped fonts have, without control characters."""
    common = set.intersection(*map(_characters, FONT_DIRECTORY.glob("*.ttf")))
    return frozenset(c for c in common if unicodedata.category(c) not in ("Cc", "Cf", "Co"))


def _characters(font: Path) -> set[str]:
    """Return the characters for which the font has a glyph."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        return {chr(code) for code in opened.getBestCmap()}


def text_width(text: str) -> float:
    """Return how wide a line is set in Lato Regular, in em; a character it lacks counts as one."""
    return sum(_advances().get(character, 1.0) for character in text)


@cache
def _advances() -> dict[str, float]:
    from fontTools.ttLib import TTFont

    with TTFont(FONT_DIRECTORY / "Lato-Regular.ttf", lazy=True) as font:
        metrics, size = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): metrics[glyph][0] / size for code, glyph in font.getBestCmap().items()}
