"""The agency's own words in the files that it imports, and what they mean."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from services.classifier.api.access import AfterCursor, HeldHere, PageSize, Reader, Writer
from services.classifier.store.import_tables import ImportWordTable
from services.classifier.usecases import import_words
from shared.contracts.import_words import (
    ImportWord,
    ImportWordMeanings,
    ImportWordPage,
    ImportWordsForgotten,
    WordKind,
)
from shared.web.cursors import cursor_after, next_cursor

router = APIRouter(tags=["imports"])

OfKind = Annotated[WordKind, Path(description="the kind of the word")]
OfKey = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9]{1,120}$",
        description="the word folded, as the list of words shows it",
    ),
]


@router.get("/import-words", summary="List the agency's own words in files")
async def list_import_words(
    resources: HeldHere,
    caller: Reader,
    kind: Annotated[WordKind | None, Query(description="only words of this kind")] = None,
    state: Annotated[
        Literal["open", "mapped"] | None,
        Query(description="open: nobody has said yet what the word means"),
    ] = None,
    cursor: AfterCursor = None,
    limit: PageSize = 500,
) -> ImportWordPage:
    """Words that files told and no list has, and those that have been mapped.

    Rows with an open word were taken without it.
    """
    after_kind, _, after_key = cursor_after(cursor).partition("|")
    found = await import_words.list_words(
        database=resources.database,
        agency=caller.agency,
        after=(after_kind, after_key) if after_kind else None,
        kind=kind,
        is_open=None if state is None else state == "open",
        limit=limit + 1,
    )
    return ImportWordPage(
        items=[_shown(each) for each in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda each: f"{each.kind}|{each.key}"),
    )


@router.put("/import-words", summary="State what words in files mean")
async def map_import_words(
    resources: HeldHere, caller: Writer, meanings: ImportWordMeanings
) -> ImportWordPage:
    """Map words, told before or not; words that are not named stay as they are.

    They count in files read from now on, before the words that every agency has. Import a file
    once more to set what its rows lacked: no row counts twice.
    """
    found = await import_words.map_words(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        by=caller.subject,
        meanings=meanings.items,
    )
    return ImportWordPage(items=[_shown(each) for each in found], next_cursor=None)


@router.delete("/import-words", summary="Forget the words that nobody has mapped")
async def forget_open_import_words(resources: HeldHere, caller: Writer) -> ImportWordsForgotten:
    """Forget all open words, such as those of a file with the wrong columns."""
    forgotten = await import_words.forget_open_words(
        database=resources.database, agency=caller.agency
    )
    return ImportWordsForgotten(forgotten=forgotten)


@router.delete("/import-words/{kind}/{key}", status_code=204, summary="Forget a word")
async def forget_import_word(resources: HeldHere, caller: Writer, kind: OfKind, key: OfKey) -> None:
    """Forget a word and what it means. A file that has it tells it anew."""
    await import_words.forget_word(
        database=resources.database, agency=caller.agency, kind=kind, key=key
    )


def _shown(word: ImportWordTable) -> ImportWord:
    values = word.model_dump(exclude={"agency_id", "column_name"})
    return ImportWord(**values, column=word.column_name)
