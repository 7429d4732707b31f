"""The agency's own words: kept when a file tells them, mapped once, read from then on."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from services.classifier.importers.broker_csv import OwnWords
from services.classifier.importers.broker_csv.own_words import LONGEST_WORD, value_of, word_key
from services.classifier.store import import_words as store
from services.classifier.store.import_tables import ImportWordTable
from services.classifier.store.import_words import TakenWord
from services.classifier.usecases.import_slices import WrittenSlice
from shared.clock import Clock
from shared.contracts.import_words import ImportWordMeaning, WordKind
from shared.contracts.vocabulary import AgencyId
from shared.csv.cells import BLANK_WORDS
from shared.db.database import Database, Transaction


class ImportWordNotFound(Exception):
    """there is no such word of that kind"""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind} {key}: {type(self).__doc__}")


def own_words_of(mapped: Sequence[ImportWordTable]) -> OwnWords:
    """What each kind of column has to know."""
    own: dict[str, dict[str, Any]] = defaultdict(dict)
    for word in mapped:
        if word.value is not None:
            own[word.kind][word.key] = value_of(cast(WordKind, word.kind), word.value)
    return own


async def keep_unknown_words(
    transaction: Transaction, import_id: UUID, written: WrittenSlice, *, now: datetime
) -> None:
    """Keep the words of a slice that no list has, so that one call can map them.

    Longer cells are texts, and what was said of an erased customer is gone already.
    """
    found: dict[tuple[str, str], TakenWord] = {}
    for remark in written.remarks:
        kind, word = written.word_kinds.get(remark.number), remark.value or ""
        if kind is None or len(word) > LONGEST_WORD or "\x00" in word:
            continue
        key = word_key(kind, word)
        if key and key not in BLANK_WORDS:
            found.setdefault(
                (kind, key), TakenWord(kind=kind, key=key, word=word, column=remark.column)
            )
    await store.keep_open_words(transaction, list(found.values()), import_id=import_id, now=now)


async def map_words(
    *,
    database: Database,
    clock: Clock,
    agency: AgencyId,
    by: str,
    meanings: Sequence[ImportWordMeaning],
) -> Sequence[ImportWordTable]:
    """State what words mean, and return them as they stand; files read later follow it."""
    told = {
        (each.kind, key): TakenWord(kind=each.kind, key=key, word=each.word, value=each.value)
        for each in meanings
        if (key := word_key(each.kind, each.word))
    }
    async with database.transaction(agency) as transaction:
        await store.map_words(transaction, list(told.values()), by=by, now=clock.now())
        return await store.words_of(transaction, list(told))


async def list_words(
    *,
    database: Database,
    agency: AgencyId,
    after: tuple[str, str] | None,
    kind: WordKind | None,
    is_open: bool | None,
    limit: int,
) -> Sequence[ImportWordTable]:
    """The agency's own words, mapped or open."""
    async with database.transaction(agency) as transaction:
        return await store.words_after(
            transaction, after=after, kind=kind, is_open=is_open, limit=limit
        )


async def forget_word(*, database: Database, agency: AgencyId, kind: WordKind, key: str) -> None:
    """Forget what a word means; raises ImportWordNotFound."""
    async with database.transaction(agency) as transaction:
        if not await store.forget_word(transaction, kind, key):
            raise ImportWordNotFound(kind, key)


async def forget_open_words(*, database: Database, agency: AgencyId) -> int:
    """Forget every word that nobody has mapped, such as those of a wrong file."""
    async with database.transaction(agency) as transaction:
        return await store.forget_open_words(transaction)
