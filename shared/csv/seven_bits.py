"""DIN 66003, the German variant of ISO 646, as old hosts write it: a brace is an umlaut.

Its bytes are those of ASCII, so only the words say it: ``M}ller``, ``Stra~e``, ``[rzte``.
"""

import re
from collections.abc import Iterable
from typing import Final

UMLAUTS: Final = {
    "{": "ä", "|": "ö", "}": "ü", "[": "Ä", "\\": "Ö", "]": "Ü", "~": "ß",
}  # fmt: skip
IN_WORDS: Final = re.compile(
    rb"[A-Za-z][{}][a-z]|[A-Za-z]~(?=[a-z ;,\t\"\r\n]|$)|(?:^|[;,\t\"\n])\\[a-z]{3}"
    rb"|(?<![\w.\]])[\[\]][a-z]{3}(?![a-z ]*[\])])|(?<![\w|])[A-Z][a-z]{0,2}\|[a-z]"
)
"""A sign in a word that only DIN 66003 has there."""
SIGN_IN_A_WORD: Final = re.compile(
    r"(?<=[A-Za-z{|}~\[\]\\])[{|}~\[\]\\]|[{|}\[\]\\](?=[A-Za-z{|}~])"
)
_WORD: Final = re.compile(r'[^\s;,"]*[{|}~\[\]\\@][^\s;,"]*')
_PARAGRAPH: Final = re.compile(r"@(?=[0-9]|$)")
BARS_OF_A_TABLE: Final = 2


def is_seven_bits(blocks: Iterable[bytes]) -> bool:
    """Whether some word of an ASCII text, in blocks of whole lines, needs DIN 66003 to be one."""
    bars = None
    for block in blocks:
        bars = has_bars(block) if bars is None else bars
        if not any(sign in block for sign in b"{|}~[\\]"):
            continue
        if IN_WORDS.search(block.replace(b"|", b";") if bars else block):
            return True
    return False


def has_bars(head: bytes) -> bool:
    """Whether bars separate the cells of the first line, and are no umlauts."""
    return head.lstrip().split(b"\n", 1)[0].count(b"|") >= BARS_OF_A_TABLE


def with_umlauts(text: str, *, bars: bool = False) -> str:
    """The text with its umlauts and ``§``; addresses stay. ``bars``: they separate cells."""

    def word(found: re.Match[str]) -> str:
        written = found[0]
        if written.strip("()").startswith("@"):
            return _PARAGRAPH.sub("§", written)
        if "@" in written or "://" in written:
            return written
        return SIGN_IN_A_WORD.sub(
            lambda sign: sign[0] if bars and sign[0] == "|" else UMLAUTS[sign[0]], written
        )

    return _WORD.sub(word, text)
