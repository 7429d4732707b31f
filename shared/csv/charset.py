"""Which single-byte code page a text was written in: nothing in it says so.

Windows-1252, the DOS code page 850 (and 437, whose umlauts are the same) and Mac Roman give every
byte a sign, so only the words decide: an umlaut within a word speaks for its code page, a closing
quotation mark or a capital letter there against it.

Ours and not charset-normalizer's: that takes a short Windows-1252 list with one umlaut for
GB18030, and five German names in code page 850 for Mac Icelandic.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final, Literal

SingleByte = Literal["cp1252", "iso8859-15", "cp850", "cp437", "mac_roman"]
GUESSED: Final[tuple[SingleByte, ...]] = ("cp1252", "cp850", "mac_roman")
"""In this order where nothing decides between them."""

NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
E_MAIL_SIGN: Final = re.compile(r"[\w.+-]+§[\w-]+(\.[\w-]+)*\.[a-z]{2,}")
LOOKED_AT: Final = 20_000  # signs: more of them would not decide otherwise
VOWELS: Final = frozenset("aeiouyäöüAEIOUYÄÖÜ")
AFTER_SZ: Final = frozenset("aeiouäöülmntAEIOU")
LATIN_LETTERS_END: Final = 0x180
NO_LETTERS: Final = frozenset("ªºµ")
OPENING, CLOSING, APOSTROPHES, DASHES = "„‚»«", "“”»«", "’‘´", "–—"
SYMBOLS: Final = frozenset("§€°²³½¼¾…•·®©™×±")
BLANKS: Final = frozenset("\xa0\xad")

SURE, LIKELY, TYPOGRAPHY, SYMBOL, RARE, NOTHING, UNLIKELY = 3.0, 1.0, 1.5, 1.0, 0.5, 0.0, -3.0
"""What a sign in its place says for the code page that makes it so."""


def likeness(text: str) -> float:
    """How much a text looks like German with names from around here; below zero not at all."""
    found = islice(NOT_ASCII.finditer(text), LOOKED_AT)
    return sum(_weight(text, match.start()) for match in found)


def likeliest(data: bytes, candidates: Sequence[SingleByte] = GUESSED) -> tuple[SingleByte, float]:
    """The code page in which the bytes look most like German, and how much they do."""
    weights = {charset: likeness(data.decode(charset, "replace")) for charset in candidates}
    best = max(candidates, key=lambda charset: weights[charset])
    return best, weights[best]


def _weight(text: str, at: int) -> float:
    sign, before, after = text[at], text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    if sign == "ß":
        return _sharp_s(text, at, before, after)
    if sign.isalpha() and ord(sign) < LATIN_LETTERS_END and sign not in NO_LETTERS:
        return _letter(text, at, before, after)
    if sign in BLANKS:
        return NOTHING
    return _mark(text, at, before, after)


def _sharp_s(text: str, at: int, before: str, after: str) -> float:
    """After a vowel, and before one or an end: not in ``Hernández`` or ``Seán`` read as DOS."""
    if before not in VOWELS or not before:
        return -LIKELY
    ends = not after.isalpha()
    further = text[at + 2 : at + 3]
    fits = after in AFTER_SZ and (after in VOWELS or further in VOWELS)
    return SURE if ends or fits else -LIKELY


def _letter(text: str, at: int, before: str, after: str) -> float:
    sign = text[at]
    if not before.isalpha() and not after.isalpha():
        return NOTHING
    if sign.isupper():
        within = before.islower() or (before.isupper() and after.islower())
        if within:
            return UNLIKELY
        return SURE if sign in "ÄÖÜ" else LIKELY
    if after.isupper() or (before.isupper() and text[at - 2 : at - 1].isupper() and at > 1):
        return UNLIKELY
    if sign not in "äöü":
        return LIKELY
    at_an_edge = not before.isalpha() or not after.isalpha()
    return RARE if at_an_edge or before in "aoAO" or after in VOWELS - {"e", "u"} else SURE


def _mark(text: str, at: int, before: str, after: str) -> float:
    sign = text[at]
    between = before.isalpha() and after.isalpha()
    if sign in APOSTROPHES:
        return TYPOGRAPHY if before.isalpha() or after.isalpha() else NOTHING
    if sign in OPENING or sign in CLOSING:
        opens = sign in OPENING + "“" and not before.isalnum() and not after.isspace()
        closes = sign in CLOSING and not before.isspace() and not after.isalnum()
        return TYPOGRAPHY if opens or closes else UNLIKELY
    if sign in DASHES:
        return NOTHING if between else SYMBOL
    if sign == "§" and between:
        start = max(0, at - 64)
        mail = E_MAIL_SIGN.search(text, start, at + 64)
        return SURE + LIKELY if mail else NOTHING
    if sign in SYMBOLS:
        return UNLIKELY if after.isalpha() else SYMBOL
    return UNLIKELY
