"""What a row of a file, or the records of a delivery, tell of a customer or a contract."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from services.classifier.domain.records import (
    LINKS,
    OWN_WORD_ONLY,
    fields_of,
    names_among,
    own_fields,
    some_fields_of,
)
from services.classifier.domain.words import Word
from services.classifier.importers.reading import Carried
from shared.contracts.customers import Contract, Customer
from shared.contracts.lines import UNKNOWN_LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWord:
    """When a file came, and whether its empty cells make unknown what was known."""

    at: datetime
    clears_empty: bool


def word_of_file(
    record: Customer | Contract, carried: Carried, *, at: datetime, clears: bool
) -> Word:
    """The word of a row or of records of a file: the fields that it carries with a value.

    ``clears``: an empty cell makes unknown what was known; else it says nothing.
    """
    told = carried.fields
    values = fields_of(record) if told is None else some_fields_of(record, told)
    fields = {
        name: value
        for name, value in values.items()
        if value is not None
        and (value or value not in _NOTHING or name == "life.pets")
        and (told is not None or _is_told(name, record))
    }
    if fields.get("line") == UNKNOWN_LINE:
        del fields["line"]
    empty = names_among(type(record), carried.empty)
    if clears:
        cleared = empty - OWN_WORD_ONLY
        fields |= {name: [] if name.startswith(LINKS) else None for name in cleared}
        empty -= cleared
    return Word(source=carried.source, at=at, fields=fields, empty=empty)


def _is_told(name: str, record: Customer | Contract) -> bool:
    """Whether a field with a value is more than what every record has from the start."""
    if name in ("form_of_address", "language", "foreign") or name.startswith("flags."):
        return False
    if isinstance(record, Contract):
        return True
    if name == "address.country":
        return record.address.city is not None or record.address.postcode is not None
    return name != "status"


def named_by_file(
    record: Customer | Contract, carried: Carried, file: FileWord, values: tuple[Any, ...]
) -> frozenset[str]:
    """The fields of `word_of_file`; the same object for rows that name the same.

    What a word names depends on what its row carries and on which of these values say nothing.
    ``values`` are those of `own_fields`.
    """
    carrying = None if carried.fields is None else _carrying(type(record), carried.fields)
    if carrying is None:
        word = word_of_file(record, carried, at=file.at, clears=file.clears_empty)
        return frozenset(word.fields)
    told = carrying(values)
    silent = () if all(told) else tuple([each is None or each in _NOTHING for each in told])
    key = (carried.fields, carried.empty, file.clears_empty, silent, UNKNOWN_LINE in told)
    named = _named.get(key)
    if named is None:
        if len(_named) >= _NAMED_AT_MOST:
            _named.clear()
        word = word_of_file(record, carried, at=file.at, clears=file.clears_empty)
        named = _named[key] = frozenset(word.fields)
    return named


@lru_cache(maxsize=1024)
def _carrying(
    shape: type[Customer | Contract], fields: frozenset[str]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
    """What gives the values of these fields; None if one of them has a table of its own."""
    own = own_fields(shape)[0]
    beside = {each for each in names_among(shape, fields) if each not in own}
    places = [place for place, name in enumerate(own) if name in fields]
    return itemgetter(*places) if len(places) > 1 and not beside else None


_named: Final[dict[tuple[object, ...], frozenset[str]]] = {}
_NAMED_AT_MOST: Final = 1024
_NOTHING: Final[tuple[object, ...]] = ([], {})
