"""Finds the encoding of a GDV file, because nothing in the file says it.

Insurers send Windows-1252 or ISO 8859-15, DOS code pages (437, 850), Mac Roman and UTF-8, and
some mix two of them in one file.
"""

from typing import Final, Literal, get_args

from shared.csv.charset import GUESSED, likeliest, likeness

Encoding = Literal["cp1252", "iso8859-15", "cp850", "cp437", "mac_roman", "utf-8"]
ENCODINGS: Final[tuple[Encoding, ...]] = get_args(Encoding)


def detected(data: bytes) -> Encoding:
    """Returns the encoding of a file; Windows-1252 if nothing speaks against it."""
    if data.isascii():
        return "cp1252"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return likeliest(data)[0]
    return "utf-8"


def field_text(raw: bytes, charset: Encoding) -> str:
    """Returns the text of one field; another encoding is tried only if the file's makes no words of
    it."""
    if raw.isascii():
        return raw.decode("ascii")
    text = _decoded(raw, charset)
    if likeness(text) >= 0:
        return text
    others: tuple[Encoding, ...] = ("utf-8", *GUESSED)
    best = max((_decoded(raw, other) for other in others if other != charset), key=likeness)
    return best if likeness(best) > likeness(text) else text


def _decoded(raw: bytes, charset: Encoding) -> str:
    return raw.decode(charset, "replace")
