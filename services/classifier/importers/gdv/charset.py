"""In which encoding a GDV file was written: nothing in it says so.

Insurers send Windows-1252 or ISO 8859-15, DOS code pages (437, 850), Mac Roman and UTF-8, and
some mix two of them in one file. The umlauts give it away: their bytes hardly overlap.

Ours and not charset-normalizer's: it takes a list of five German names and places in code page 850
for Mac Icelandic, and the same in Mac Roman for Windows-1250.
"""

from typing import Final, Literal, get_args

SingleByte = Literal["cp1252", "iso8859-15", "cp850", "cp437", "mac_roman"]
Encoding = Literal["cp1252", "iso8859-15", "cp850", "cp437", "mac_roman", "utf-8"]
ENCODINGS: Final[tuple[Encoding, ...]] = get_args(Encoding)

GUESSED: Final[tuple[SingleByte, ...]] = ("cp1252", "cp850", "mac_roman")
UMLAUTS: Final = "äöüÄÖÜß"
UMLAUT_BYTES: Final[dict[SingleByte, frozenset[int]]] = {
    charset: frozenset(UMLAUTS.encode(charset)) for charset in GUESSED
}
DOS_UE_OR_MAC_OE: Final = 0x9A  # the only byte that is an umlaut in two of them
LATIN_LETTERS_END: Final = 0x180


def detected(data: bytes) -> Encoding:
    """The encoding of a file; Windows-1252 where nothing speaks against it."""
    if data.isascii():
        return "cp1252"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _single_byte(data)
    return "utf-8"


def _single_byte(data: bytes) -> SingleByte:
    votes: dict[SingleByte, int] = dict.fromkeys(GUESSED, 0)
    for byte in range(0x80, 0x100):
        count = data.count(bytes((byte,)))
        if not count or byte == DOS_UE_OR_MAC_OE:
            continue
        for charset in GUESSED:
            votes[charset] += count * (byte in UMLAUT_BYTES[charset])
    after = DOS_UE_OR_MAC_OE.to_bytes(1, "big")
    for before, _ in zip(data.split(after), data.split(after)[1:], strict=False):
        votes["mac_roman" if before[-1:].islower() else "cp850"] += 1
    return max(GUESSED, key=lambda charset: votes[charset])


def field_text(raw: bytes, charset: Encoding) -> str:
    """One field's text; where the file's encoding gives no letters, that of another which does."""
    if raw.isascii():
        return raw.decode("ascii")
    text = _decoded(raw, charset)
    if _is_plausible(text):
        return text
    others: tuple[Encoding, ...] = ("utf-8", *GUESSED)
    for other in others:
        attempt = _decoded(raw, other)
        if other != charset and _is_plausible(attempt):
            return attempt
    return text


def _decoded(raw: bytes, charset: Encoding) -> str:
    return raw.decode(charset, "replace")


def _is_plausible(text: str) -> bool:
    """Whether every character beyond ASCII is a letter of a language around here."""
    return all(c.isascii() or (c.isalpha() and ord(c) < LATIN_LETTERS_END) for c in text)
