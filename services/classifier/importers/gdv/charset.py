"""Finds the encoding of a GDV file, because nothing in the file says it.

Insurers send Windows-1252 or ISO 8859-15, DOS code pages (437, 850), Mac Roman and UTF-8, and
some mix two of them in one file. Old hosts send seven bits (DIN 66003), in which a brace is an
umlaut.
"""

import re
from typing import Final, Literal, get_args

from services.classifier.importers.contact_cells import AT_SIGNS
from shared.csv.charset import GUESSED, likeliest, likeness
from shared.csv.seven_bits import SIGN_IN_A_WORD, UMLAUTS

Encoding = Literal[
    "cp1252", "iso8859-15", "cp850", "cp437", "mac_roman", "utf-8", "din66003"
]  # fmt: skip
ENCODINGS: Final[tuple[Encoding, ...]] = get_args(Encoding)

SEVEN_BITS: Final = re.compile(r"[A-Za-z][{|}][a-z]|[A-Za-z]~(?=[a-z ])|(?<![\w.])[\[\\\]][a-z]{3}")
"""A sign in a word that only DIN 66003 has there."""


def _umlaut(sign: re.Match[str]) -> str:
    return UMLAUTS[sign[0]]


def detected(data: bytes) -> Encoding:
    """Returns the encoding of a file; Windows-1252 if nothing speaks against it."""
    if data.isascii():
        return "din66003" if SEVEN_BITS.search(data.decode("ascii")) else "cp1252"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return likeliest(data)[0]
    return "utf-8"


def field_text(raw: bytes, charset: Encoding) -> str:
    """Returns the text of one field; another encoding is tried only if the file's makes no words of
    it."""
    if raw.isascii():
        text = raw.decode("ascii")
        if charset != "din66003" or any(sign in text for sign in AT_SIGNS):
            return text
        return SIGN_IN_A_WORD.sub(_umlaut, text)
    text = _decoded(raw, charset)
    if likeness(text) >= 0:
        return text
    others: tuple[Encoding, ...] = ("utf-8", *GUESSED)
    best = max((_decoded(raw, other) for other in others if other != charset), key=likeness)
    return best if likeness(best) > likeness(text) else text


def _decoded(raw: bytes, charset: Encoding) -> str:
    return raw.decode("cp1252" if charset == "din66003" else charset, "replace")
