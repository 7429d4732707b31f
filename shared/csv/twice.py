"""Text that was turned into UTF-8 twice: ``JÃ¶rg`` for Jörg.

A program that took UTF-8 for Windows-1252 and saved it as UTF-8 again made it. Every sign beyond
ASCII is then one of the 256 that a byte can be, and these bytes are UTF-8: no German text comes out
like that by chance, so it is taken back, and told.
"""

from collections.abc import Iterable
from typing import Final

_LEADS: Final = tuple("ÂÃâ".encode()[place : place + 2] for place in (0, 2, 4))
"""What the umlauts, the signs of Latin-1 and the typographical ones begin with, turned twice."""
_UNUSED: Final = {byte: bytes([byte]) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
"""Windows-1252 leaves these bytes undefined; programs keep them as they are."""


def is_twice(blocks: Iterable[bytes]) -> bool:
    """Whether all these blocks of UTF-8 are, and one of them beyond ASCII."""
    found = False
    for block in blocks:
        if block.isascii():
            continue
        if not any(lead in block for lead in _LEADS) or turned_back(block.decode()) is None:
            return False
        found = True
    return found


def turned_back(text: str) -> str | None:
    """The text as it was before the second turn; None if it was turned once."""
    try:
        return _bytes_of(text).decode()
    except UnicodeError:
        return None


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return b"".join(_UNUSED.get(ord(sign)) or sign.encode("cp1252") for sign in text)
