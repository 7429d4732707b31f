"""What a file is, decided once when it comes, and the file kept in pieces."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classifier.importers.any_file import read_gdv, wants_gdv
from services.classifier.importers.broker_csv import (
    HEAD_LINES,
    ListPlan,
    ListReader,
    SeenNumbers,
    decided_list,
)
from services.classifier.importers.reading import Item, ListKind
from services.classifier.store.import_files import PIECE_BYTES, keep_piece
from services.classifier.store.imports import FileForm, insert_rejections, set_form
from services.classifier.usecases.import_slices import WrittenSlice
from shared.contracts.imports import FileKind
from shared.csv.files import encoding_remarks
from shared.csv.text import (
    Content,
    NotACsvFile,
    Sheet,
    TextForm,
    checked_blocks,
    split_lines,
    text_form,
)
from shared.db.database import Transaction

LONGEST_LINE: Final = 1 << 20
"""Characters: a longer line is no row of any list, and would be held in memory as a whole."""
GDV: Final = "gdv"


class LineTooLong(NotACsvFile):
    """A line is longer than any row of a list can be."""

    code = "line-too-long"

    def __init__(self, line: int) -> None:
        super().__init__(
            f"Zeile {line} hat mehr als eine Million Zeichen: das ist keine Liste mit einer Zeile "
            "für jeden Eintrag.",
            f"Line {line} has more than a million characters; this is no list with a row a line.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodFile:
    """A file that can be read: what it is, its rows if they are counted, what is told of it as a
    whole. ``text`` None: it is kept as it came."""

    list_kind: str
    encoding: str
    rows: int | None
    remarks: tuple[Item, ...]
    text: TextForm | None


def understood(
    content: Content, *, filename: str, kind: FileKind | None, zone: ZoneInfo, as_of: date
) -> UnderstoodFile:
    """Look through a whole file; raises `UnreadableFile`."""
    if wants_gdv(content, filename, kind):
        encoding = read_gdv(content[:], as_of=as_of).encoding
        return UnderstoodFile(list_kind=GDV, encoding=encoding, rows=None, remarks=(), text=None)
    asked: ListKind | None = None if kind == "csv" or kind == GDV else kind
    form = text_form(content)
    sheet, lines = _looked_through(form, content)
    plan = decided_list(sheet.lines[:HEAD_LINES], as_of=as_of, kind=asked)
    reader = ListReader(plan, zone=zone, as_of=as_of, seen=SeenNumbers())
    return UnderstoodFile(
        list_kind=plan.kind,
        encoding=form.encoding,
        rows=max(lines - reader.header_ends, 0),
        remarks=(*encoding_remarks(sheet), *reader.opening),
        text=form,
    )


def _looked_through(form: TextForm, content: Content) -> tuple[Sheet, int]:
    """The first lines, the guessed ones, and the number of all; without holding the whole text."""
    head: list[str] = []
    shown: dict[int, str] = {}
    guessed = set(form.guessed_lines)
    count = 0
    for block in checked_blocks(form, content):
        lines = split_lines(block)
        longest = max(map(len, lines), default=0)
        if longest > LONGEST_LINE:
            raise LineTooLong(count + 1 + [len(line) for line in lines].index(longest))
        if len(head) < HEAD_LINES:
            head += lines[: HEAD_LINES - len(head)]
        if guessed:
            shown |= {n: line for n, line in enumerate(lines, count + 1) if n in guessed}
        count += len(lines)
    sheet = Sheet(
        lines=head,
        encoding=form.encoding,
        guessed_lines=form.guessed_lines,
        guessed=form.guessed,
        shown=shown,
    )
    return sheet, count


def pieces_of(content: Content, text: TextForm | None) -> Iterator[bytes]:
    """The bytes to keep: a list as UTF-8, a delivery as it came."""
    for block in text.blocks(content) if text else (content,):
        encoded = block.encode() if isinstance(block, str) else block
        for start in range(0, len(encoded), PIECE_BYTES):
            yield encoded[start : start + PIECE_BYTES]


async def keep_file(
    transaction: Transaction, import_id: UUID, content: Content, file: UnderstoodFile
) -> None:
    """Keep an understood file with its job, and what is told of it as a whole."""
    pieces = pieces_of(content, file.text)
    position = 0
    while piece := await asyncio.to_thread(next, pieces, b""):
        await keep_piece(transaction, import_id, start=position, content=piece)
        position += len(piece)
    told = WrittenSlice(first_remark=1)
    for item in file.remarks:
        told.note(item)
    await insert_rejections(transaction, import_id, told.remarks, row_names=told.row_names)
    form = FileForm(
        list_kind=file.list_kind, encoding=file.encoding, stored_bytes=position, rows=file.rows
    )
    await set_form(transaction, import_id, form, warnings=len(told.remarks))


def plan_of(kind: ListKind, head: list[str]) -> ListPlan:
    """The plan that was decided for a kept list with these first lines."""
    return ListPlan(kind=kind, head=tuple(head[:HEAD_LINES]))
