"""Which of two words on the same record counts: by what each names, by its time, by its source.

A word changes only the fields that it names. Each group of fields remembers who told it and when.
An older word leaves a group alone. A file of an insurer knows a person less well than the broker
does, so it fills what is unknown and changes the rest only with news: with a value that differs
from what the same insurer told before.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

from services.classifier.domain.contract_endings import keeps_its_end
from services.classifier.domain.records import ENDED, ENDING_GROUP, OWN_WORD_ONLY, Fields
from services.classifier.domain.words import EVENTS, Word

ON_THE_WAY: Final = timedelta(minutes=5)
"""How much older than an arrival an event may be and still count as sent after it."""

Why = Literal["empty", "older", "poorer", "own_word", "unpaired", "renamed", "withdrawn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSource:
    """Who told a group last, and when; ``whole`` as in :class:`Word`."""

    source: str
    at: datetime
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who told each group, and digests of what insurers said about single fields."""

    groups: Mapping[str, GroupSource] = field(default_factory=dict)
    heard: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


NO_PROVENANCE: Final = Provenance()
"""Of records from before sources were remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A field that a word names, or leaves empty, and that stays as it is known.

    Two do not stay: a name that a file changes is told as well (``renamed``), and the end of a
    contract that it cancels to a day before its start, on which it ends now (``withdrawn``).
    """

    field: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The fields as they stand now, with their provenance, and what became of the word."""

    fields: Fields
    provenance: Provenance
    changed: frozenset[str]
    left_alone: tuple[LeftAlone, ...]


def first_word(word: Word, fields: Collection[str], group_of: Callable[[str], str]) -> Provenance:
    """The provenance of a record that nobody told before: ``fields`` names all of its fields."""
    named = frozenset(fields if word.whole else word.fields)
    first = _told_first(word.source, word.at, word.whole, named, group_of)
    heard = _heard(word, NO_PROVENANCE)
    return Provenance(groups=first.groups, heard=heard) if heard else first


@lru_cache(maxsize=1024)
def _told_first(
    source: str,
    at: datetime,
    whole: bool,
    names: frozenset[str],
    group_of: Callable[[str], str],
) -> Provenance:
    """The provenance of these fields: the rows of a list carry the same few sets of them."""
    told = GroupSource(source=source, at=at, whole=whole)
    groups = dict.fromkeys([group_of(name) for name in sorted(names)], told)
    return Provenance(groups=MappingProxyType(groups))


def merged(
    known: Fields, provenance: Provenance, word: Word, group_of: Callable[[str], str]
) -> Merged:
    """The record after a word; ``group_of`` tells the group of a field."""
    fields = dict(known)
    left: list[LeftAlone] = []
    touched: set[str] = set()
    for name, value in word.fields.items():
        why = _why_not(name, known, provenance, word, group_of)
        if value == known.get(name):
            # A file that says what is known already writes nothing.
            touched |= set() if why or word.from_file else {group_of(name)}
        elif why is None:
            fields[name] = value
            # An older word that only fills what is unknown does not make its group older.
            older = _outranked(provenance.groups.get(group_of(name)), word)
            touched |= set() if older else {group_of(name)}
        else:
            left.append(LeftAlone(field=name, why=why))
    left += [
        LeftAlone(field=name, why="own_word" if name in OWN_WORD_ONLY else "empty")
        for name in sorted(word.empty)
        if known.get(name) not in (None, [], {})
    ]
    return Merged(
        fields=fields,
        provenance=_after(provenance, word, touched),
        changed=frozenset(name for name in fields if fields[name] != known.get(name)),
        left_alone=tuple(left),
    )


def _why_not(
    name: str,
    known: Fields,
    provenance: Provenance,
    word: Word,
    group_of: Callable[[str], str],
) -> Why | None:
    """Why a word does not change this field, or None if it does."""
    told = provenance.groups.get(group_of(name))
    unknown = known.get(name) in (None, {}, [])
    if told is not None and _outranked(told, word):
        return None if unknown and not told.whole else "older"
    if word.insurers and not unknown and not _is_news(name, provenance, word):
        mine = told is not None and told.source == word.source
        if not mine and _known_better(name, known, group_of):
            return "poorer"
    by = told.source if told is not None else None
    return "own_word" if keeps_its_end(name, known, word, by) else None


def _outranked(told: GroupSource | None, word: Word) -> bool:
    """Whether what is told of a group is newer than this word.

    A record sent as a whole says how things are, and never that a cancellation or death before
    was none. Only events have a time of their own; all others bear the time of their arrival.
    """
    if told is None or word.final or (word.act and told.whole):
        return False
    slack = timedelta(0) if told.source.startswith(EVENTS) else ON_THE_WAY
    return word.at < told.at - slack


def _known_better(name: str, known: Fields, group_of: Callable[[str], str]) -> bool:
    """Whether others know this better than an insurer: not the terms of a contract nor the
    insurer's own number of a customer, and of a contract's ending only that it has ended."""
    if name == "identities":
        return False
    group = group_of(name)
    return group != "terms" and (group != ENDING_GROUP or known.get("status") in ENDED)


def _is_news(name: str, provenance: Provenance, word: Word) -> bool:
    before = provenance.heard.get(word.source, {}).get(name)
    return before is not None and before != digest(word.fields[name])


def digest(value: Any) -> str:
    """Enough to see that an insurer tells something else than before, and no more."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def _heard(word: Word, provenance: Provenance) -> dict[str, Mapping[str, str]]:
    heard = dict(provenance.heard)
    if word.insurers:
        told = {name: digest(value) for name, value in sorted(word.fields.items())}
        heard[word.source] = {**heard.get(word.source, {}), **told}
    return heard


def _after(provenance: Provenance, word: Word, touched: set[str]) -> Provenance:
    groups = dict(provenance.groups)
    for group in sorted(touched):
        groups[group] = GroupSource(source=word.source, at=word.at, whole=word.whole)
    return Provenance(groups=groups, heard=_heard(word, provenance))
