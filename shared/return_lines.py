"""The sender's address above the recipient's, in one line that the window shows (DIN 5008).

A line that is too wide at 5 pt is shortened by rule, never broken: what no rule makes short enough
is refused when the agency's settings are stored, because no letter of it could be printed.
"""

import re
from collections.abc import Iterator

from shared.typesetting import Substitutions, printable, text_width

WIDTH_MM = 66.0
"""The part of the window that shows in every position of the sheet."""
SMALLEST_POINTS = 5.0
_ROOM_EM = WIDTH_MM / 25.4 * 72 / SMALLEST_POINTS * 0.98
_LEGAL_FORM = re.compile(
    r"[\s,]*\b(gmbh\s*&\s*co\.?\s*kg|ug\s*\(haftungsbeschränkt\)|g?gmbh|ohg|kg|ag|ug|e\.?\s*k\.?"
    r"|e\.?\s*kfr\.?|gbr|egbr|mbh|partg(\s*mbb)?)\s*$",
    re.IGNORECASE,
)
_SHORT_WORDS = (
    (re.compile(r"versicherungsmakler(in)?\b", re.IGNORECASE), "Vers.-Makler"),
    (re.compile(r"versicherungsvermittlung\b", re.IGNORECASE), "Vers.-Vermittlung"),
    (re.compile(r"versicherungs", re.IGNORECASE), "Vers."),
    (re.compile(r"gesellschaft\b", re.IGNORECASE), "ges."),
)
_STREET = (
    (re.compile(r"straße\b"), "str."),
    (re.compile(r"Straße\b"), "Str."),
    (re.compile(r"strasse\b"), "str."),
)


def return_line(name: str, street: str, place: str) -> str | None:
    """Return the fullest line that fits; None if none does.

    The name loses its legal form, long words of the trade become short, then words fall from its
    end; street and place stay whole but for "straße".
    """
    for short_name, short_street in _shorter(name, street):
        line = printable(" · ".join((short_name, short_street, place)), Substitutions())
        if text_width(line) <= _ROOM_EM:
            return line
    return None


def _shorter(name: str, street: str) -> Iterator[tuple[str, str]]:
    yield name, street
    without_form = _LEGAL_FORM.sub("", name).strip() or name
    yield without_form, street
    short = without_form
    for words, abbreviated in _SHORT_WORDS:
        short = words.sub(abbreviated, short)
    yield short, street
    for words, abbreviated in _STREET:
        street = words.sub(abbreviated, street)
    yield short, street
    words_left = short.split()
    while len(words_left) > 1:
        words_left.pop()
        while len(words_left) > 1 and _joins(words_left[-1]):
            words_left.pop()
        yield " ".join(words_left).rstrip(",&"), street
    for length in range(len(words_left[0]) - 1, 7, -1):
        yield words_left[0][:length] + ".", street


def _joins(word: str) -> bool:
    """Tell whether a word only leads on to the next one: "&", "und", or "Finanz-"."""
    return word.endswith(("-", "–")) or word.strip(",").casefold() in ("&", "+", "und", "u.", "")
