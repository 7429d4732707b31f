"""A list that is read piece by piece, from any row on, whatever its size.

The text is UTF-8: what other encoding a file was sent in is decided and undone once, when it comes.
"""

from dataclasses import dataclass
from typing import Final

from services.classifier.importers.broker_csv import ListReader, SeenNumbers
from services.classifier.importers.file_words import FileWord
from services.classifier.importers.new_records import new_records
from services.classifier.importers.told_items import ToldItems
from shared.csv.rows import LONGEST_ROW, PhysicalRow, physical_rows
from shared.csv.text import UnreadableFile, split_lines

LOOKED_AHEAD: Final = 2 * LONGEST_ROW
"""Lines behind a slice that tell whether its last rows are whole."""


class FileChanged(UnreadableFile):
    """The kept file is no longer what was sent."""

    code = "file-changed"

    def __init__(self) -> None:
        super().__init__(
            "Die aufbewahrte Datei ist nicht mehr die gesendete; der Rest wurde nicht gelesen. "
            "Bitte die Datei noch einmal senden.",
            "The kept file is no longer the one that was sent; send it again.",
        )


class FileMissing(UnreadableFile):
    """The kept file is gone before it was read to its end."""

    code = "file-missing"

    def __init__(self) -> None:
        super().__init__(
            "Die aufbewahrte Datei fehlt; der Rest wurde nicht gelesen. Bitte die Datei noch "
            "einmal senden.",
            "The kept file is gone before its end; send it again.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSlice:
    """What some rows told; ``position`` and ``line`` are where the next row begins, and behind
    which line. ``seen`` are the digests to keep with the slice."""

    told: ToldItems
    position: int
    line: int
    seen: bytes


class LineBuffer:
    """The lines of a list from a byte on, as far as they are needed; fed piece by piece."""

    def __init__(self, *, position: int, line: int) -> None:
        self.position = position
        self.line = line
        self.lines: list[str] = []
        self.ended = False
        self._cut: list[bytes] = []

    def feed(self, piece: bytes, *, last: bool) -> None:
        """Add the next bytes; a line that they cut waits for the next piece."""
        end = len(piece) if last else max(piece.rfind(b"\n"), piece.rfind(b"\r", 0, -1)) + 1
        if end == 0 and not last:
            self._cut.append(piece)
            return
        whole = b"".join((*self._cut, piece[:end]))
        self._cut = [piece[end:]] if end < len(piece) else []
        try:
            self.lines += split_lines(whole.decode("utf-8"))
        except UnicodeDecodeError:
            raise FileChanged from None
        self.ended = last

    def wants(self, rows: int) -> bool:
        """Whether more bytes are needed before so many rows can be taken."""
        return not self.ended and len(self.lines) < rows + LOOKED_AHEAD

    def drop(self, lines: int) -> None:
        """Go on behind these lines."""
        text = "".join(self.lines[:lines])
        self.position += len(text) if text.isascii() else len(text.encode())
        self.line += lines
        del self.lines[:lines]


class StoredList:
    """Takes slices of rows out of a buffer that is full enough; with ``file`` their records are
    given as rows, too."""

    def __init__(
        self,
        buffer: LineBuffer,
        reader: ListReader,
        seen: SeenNumbers,
        *,
        file: FileWord | None = None,
    ) -> None:
        self.buffer = buffer
        self._reader = reader
        self._seen = seen
        self._file = file
        self.header_ends = reader.header_ends

    def take(self, rows: int) -> ListSlice | None:
        """The next rows; None behind the last one."""
        if not self.buffer.lines:
            return None
        found, lines = self._whole_rows(rows)
        items = list(self._reader.items(found))
        self.buffer.drop(lines)
        return ListSlice(
            told=ToldItems(items, new_records(items, self._file) if self._file else None),
            position=self.buffer.position,
            line=self.buffer.line,
            seen=self._seen.taken(),
        )

    def _whole_rows(self, rows: int) -> tuple[list[PhysicalRow], int]:
        """Rows up to a place where reading may begin again, and how many lines these are."""
        buffer = self.buffer
        found: list[PhysicalRow] = []
        for row in physical_rows(buffer.lines, self._reader.dialect, start=0, before=buffer.line):
            place = row[0] - 1 - buffer.line
            if place >= rows and row[2]:
                return found, place
            found.append(row)
        if buffer.ended:
            return found, len(buffer.lines)
        # No row of all that was looked at is whole: each stands for itself.
        end = max(rows, len(buffer.lines) - LONGEST_ROW)
        return [row for row in found if row[0] - 1 - buffer.line < end], end
