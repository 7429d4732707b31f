"""What an agency's own words mean: the lists of words differ from one broker system to the next.

A word that no list has is told, and its row is taken without it. The user says once what it means
(`PUT /v1/import-words`), and the next import of the file gives the right value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from services.classifier.importers.broker_csv.words import instalment_words
from shared.contracts.import_words import WordKind
from shared.csv.cells import CellError, DoubtfulValue, UnknownWord, folded
from shared.csv.files import Column

OwnWords = Mapping[str, Mapping[str, Any]]
"""Kind of word → folded word → value, as the columns of that kind give it."""

NO_OWN_WORDS: Final[OwnWords] = {}
LONGEST_WORD: Final = 60
"""Characters: a longer cell is a text and no word of a list."""

_IN_IDS: Final = frozenset({"commission_kind", "direction", "channel", "role", "topic"})
"""Kinds whose values are part of the id that a row without a number of its own gets."""


@dataclass(frozen=True, slots=True)
class OwnWord:
    """A value by a word of the agency's own; ``known`` is what the word says without it.

    Ids made from a row take ``known``. Otherwise, the row would get another id as soon as the
    word is mapped, and the next import would count it twice.
    """

    value: Any
    known: Any = None


def by_own_words(value: Any) -> Any:
    """The value of a cell, whoever's word it is."""
    return value.value if isinstance(value, OwnWord) else value


def without_own_words(value: Any) -> Any:
    """The value of a cell as it is without the agency's own words; None if unknown."""
    return value.known if isinstance(value, OwnWord) else value


def word_key(kind: str, word: str) -> str:
    """The word as it is looked up; an empty text if it has neither letters nor digits."""
    return instalment_words(word) if kind == "payment_interval" else folded(word)


def value_of(kind: WordKind, value: str) -> Any:
    """The value of a mapping as a column of that kind gives it."""
    if kind in ("payment_interval", "gdv_payment_interval"):
        return int(value)
    if kind == "yes_no":
        return value == "yes"
    if kind == "sign":
        return 1 if value == "credit" else -1
    return value


def with_own_words(
    columns: Sequence[Column[object]], own_words: OwnWords
) -> tuple[Column[object], ...]:
    """The columns, reading the agency's own words before the lists that every agency has."""
    return tuple(
        replace(column, parse=_reader(column, own_words[column.word_kind]))
        if own_words.get(column.word_kind)
        else column
        for column in columns
    )


def _reader(column: Column[object], own: Mapping[str, Any]) -> Callable[[str], object]:
    def read(cell: str) -> object:
        value = own.get(word_key(column.word_kind, cell))
        if value is None:
            return column.parse(cell)
        if column.word_kind not in _IN_IDS:
            return value
        try:
            return OwnWord(value, without_own_words(column.parse(cell)))
        except CellError:
            return OwnWord(value)

    return read


def taken_as(neutral: str, read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read a cell without which its row would be lost: an unknown word is told and taken as
    ``neutral``, which never counts against a customer."""

    def taken(cell: str) -> Any:
        try:
            return read(cell)
        except UnknownWord as error:
            raise DoubtfulValue(
                OwnWord(neutral),
                error.code,
                f"{error.reason_de} Bis das Wort zugeordnet ist, gilt „{neutral}“.",
                f"{error.reason_en} Until the word is mapped, it is taken as {neutral}.",
                word_unknown=True,
            ) from error

    return taken
