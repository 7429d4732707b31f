"""Typesetting: the shipped fonts, what they can draw, and the compiler that sets pages with them.

A character without a glyph would abort a compile (PDF/A) or print an empty box. Emoji are left
out, letters of other scripts become a visible mark; both are counted.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import typst

FONT_DIRECTORY = Path(__file__).parent / "fonts"

REPLACEMENT = "□"
"""Stands where a letter cannot be printed: to be seen, and to be mended at the source."""

_BEFORE_MARK = re.compile(r"\s+([,.;:!?])")
"""The gap that an emoji before a comma leaves behind."""

LOOKALIKES = str.maketrans({"‑": "-", "‒": "–", "―": "—", "⁃": "-", "′": "’", "″": "”", "\t": " "})


class FontUnreadable(Exception):
    """The font {path} holds no Unicode table of format 4."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"The font {path} holds no Unicode table of format 4.")


@dataclass(slots=True)
class Substitutions:
    """How many characters were replaced, and how many left out."""

    replaced: int = 0
    left_out: int = 0
    characters: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        return self.replaced + self.left_out


def compiler(template: Path) -> typst.Compiler:
    """A compiler of one template, which reads nothing outside of its folder.

    System fonts and those in typst are ignored: a page looks the same everywhere. Not to be
    shared between threads, because it keeps its input.
    """
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_DIRECTORY)],
    )
    return typst.Compiler(input=str(template), root=str(template.parent), font_paths=fonts)


def day_stamp(day: date) -> int:
    """The timestamp that a file made on a day bears, so that the same input gives the same bytes.

    Midnight UTC in seconds of the Unix epoch.
    """
    return (day.toordinal() - _EPOCH) * 86_400


_EPOCH = date(1970, 1, 1).toordinal()


def printable(text: str, counted: Substitutions) -> str:
    """Return the text in characters every shipped font has; count what was changed."""
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
    if category in ("Cf", "Mn"):  # joiners and variation selectors: nothing to see is lost
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
    """Return the characters that all shipped fonts have; soft hyphens and spaces included."""
    fonts = sorted(FONT_DIRECTORY.glob("*.ttf"))
    common = set.intersection(*(set(_characters(font)) for font in fonts))
    return frozenset(c for c in common if unicodedata.category(c) not in ("Cc", "Cf", "Co"))


def _characters(path: Path) -> Iterator[str]:
    """Read the font's character map (OpenType ``cmap``, format 4: the basic plane)."""
    data = path.read_bytes()
    table = _table(data, b"cmap", path)
    for record in range(struct.unpack_from(">H", data, table + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * record)
        if platform in (0, 3) and struct.unpack_from(">H", data, table + offset)[0] == 4:
            return _segments(data, table + offset)
    raise FontUnreadable(path)


def _table(data: bytes, tag: bytes, path: Path) -> int:
    for record in range(struct.unpack_from(">H", data, 4)[0]):
        name, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * record)
        if name == tag:
            return int(offset)
    raise FontUnreadable(path)


def _segments(data: bytes, start: int) -> Iterator[str]:
    count = struct.unpack_from(">H", data, start + 6)[0] // 2
    row = f">{count}H"
    ends = struct.unpack_from(row, data, start + 14)
    starts = struct.unpack_from(row, data, start + 16 + 2 * count)
    deltas = struct.unpack_from(row, data, start + 16 + 4 * count)
    offsets_at = start + 16 + 6 * count
    offsets = struct.unpack_from(row, data, offsets_at)
    for segment in range(count):
        for code in range(starts[segment], ends[segment] + 1):
            if _glyph(data, code, segment, starts, deltas, offsets, offsets_at):
                yield chr(code)


def _glyph(
    data: bytes,
    code: int,
    segment: int,
    starts: tuple[int, ...],
    deltas: tuple[int, ...],
    offsets: tuple[int, ...],
    offsets_at: int,
) -> int:
    if code == 0xFFFF:
        return 0
    if offsets[segment] == 0:
        return (code + deltas[segment]) & 0xFFFF
    place = offsets_at + 2 * segment + offsets[segment] + 2 * (code - starts[segment])
    glyph = int(struct.unpack_from(">H", data, place)[0])
    return (glyph + deltas[segment]) & 0xFFFF if glyph else 0
