"""Which numbers stood in a list already: the first row counts, and a conflict is told.

Otherwise the last row would win in silence. What was seen is remembered as digests, because a list
may have a million rows; whoever reads a list in slices keeps the digests of each slice, so that a
list that is read on later knows them too.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

from services.classifier.importers.reading import RejectedRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ENTRY: Final = Struct("<QQI")
UNSORTED: Final = 100_000
"""Numbers kept in a dictionary; more are sorted into arrays, which need a tenth of its memory."""


@dataclass(frozen=True, slots=True)
class FirstRow:
    """Where a number stood first, and whether that row said the same.

    ``further_line``: it was a contract of the same holder with another line of business.
    """

    line: int
    same: bool
    further_line: bool = False


class RowContent(NamedTuple):
    """What a row says, to be compared with another row of the same number; ``holder`` and
    ``business`` (the line of business, None if unknown) are those of a contract."""

    cells: str
    holder: str = ""
    business: str | None = None

    @property
    def digest(self) -> int:
        """32 bits of the cells, 16 of the holder and 16 of the line, which are 0 if unknown.

        A sum of the cells is enough, because only rows of one number are compared by it.
        """
        business = 0 if self.business is None else _short_digest(self.business) or 1
        return crc32(self.cells.encode()) << 32 | _short_digest(self.holder) << 16 | business


class SeenNumbers:
    """The numbers of the rows of one list so far."""

    def __init__(self, entries: bytes = b"") -> None:
        self._recent: dict[int, tuple[int, int, int]] = {}
        self._new = bytearray()
        self._numbers, self._contents = array("Q"), array("Q")
        self._lines, self._counts = array("I"), array("I")
        if entries:
            self._sort_in(_Entries.of_bytes(entries))

    def first(self, kind: str, number: str, *, line: int, content: RowContent) -> FirstRow | None:
        """Where this number of this kind stood before; None if this row is the first."""
        key, digest = _digest(f"{kind}\x1f{number}"), content.digest
        found = self._found(key)
        if found is None:
            self._note(key, digest, line)
            return None
        return FirstRow(
            line=found[1], same=found[0] == digest, further_line=_further_line(found[0], digest)
        )

    def times(self, digest: str) -> int:
        """How many rows with this digest there are so far, this one included."""
        key = _digest(f"row\x1f{digest}")
        place = self._place(key)
        before = self._counts[place] if place is not None else 0
        recent = self._recent.get(key)
        self._note(key, 0, 0)
        return before + (recent[2] if recent else 0) + 1

    def taken(self) -> bytes:
        """What was added since the last call: to be kept with the slice."""
        new, self._new = bytes(self._new), bytearray()
        return new

    def _found(self, key: int) -> tuple[int, int] | None:
        recent = self._recent.get(key)
        if recent is not None:
            return recent[0], recent[1]
        place = self._place(key)
        return None if place is None else (self._contents[place], self._lines[place])

    def _place(self, key: int) -> int | None:
        numbers = self._numbers
        if not numbers:
            return None
        place = bisect_left(numbers, key)
        found = place < len(numbers) and numbers[place] == key
        return place if found else None

    def _note(self, key: int, content: int, line: int) -> None:
        self._new += ENTRY.pack(key, content, line)
        before = self._recent.get(key)
        self._recent[key] = (content, line, 1) if before is None else (*before[:2], before[2] + 1)
        if len(self._recent) >= UNSORTED:
            self._sort_in(_Entries.of_values(self._recent))
            self._recent.clear()

    def _sort_in(self, entries: "_Entries") -> None:
        """Add entries to the sorted ones; of equal numbers the first tells line and content."""
        import numpy as np

        numbers = np.concatenate([_view(self._numbers, "<u8"), entries.numbers])
        contents = np.concatenate([_view(self._contents, "<u8"), entries.contents])
        lines = np.concatenate([_view(self._lines, "<u4"), entries.lines])
        times = np.concatenate([_view(self._counts, "<u4"), entries.times])
        order = np.argsort(numbers, kind="stable")
        _, starts = np.unique(numbers[order], return_index=True)
        first = order[starts]
        self._numbers = array("Q", numbers[first].tobytes())
        self._contents = array("Q", contents[first].tobytes())
        self._lines = array("I", lines[first].tobytes())
        summed = np.add.reduceat(times[order], starts).astype("<u4")
        self._counts = array("I", summed.tobytes())


class _Entries(NamedTuple):
    """Numbers that are not sorted in yet, with what stood in their rows, where, and how often.

    Numpy is loaded only where there are so many, because most lists are short and each is read by a
    process of its own.
    """

    numbers: "npt.NDArray[np.uint64]"
    contents: "npt.NDArray[np.uint64]"
    lines: "npt.NDArray[np.uint32]"
    times: "npt.NDArray[np.uint32]"

    @classmethod
    def of_bytes(cls, entries: bytes) -> "_Entries":
        """What was kept with slices (`SeenNumbers.taken`)."""
        import numpy as np

        kept = np.frombuffer(entries, [("number", "<u8"), ("content", "<u8"), ("line", "<u4")])
        ones = np.ones(len(kept), "<u4")
        return cls(kept["number"], kept["content"], kept["line"], ones)

    @classmethod
    def of_values(cls, values: dict[int, tuple[int, int, int]]) -> "_Entries":
        """Content, line and count by number."""
        import numpy as np

        contents, lines, times = zip(*values.values(), strict=True)
        return cls(
            np.fromiter(values, "<u8", len(values)),
            np.array(contents, "<u8"),
            np.array(lines, "<u4"),
            np.array(times, "<u4"),
        )


def _further_line(first: int, other: int) -> bool:
    """Whether two rows tell contracts of one holder with two known lines of business."""
    one, two = first & 0xFFFF, other & 0xFFFF
    same_holder = first >> 16 & 0xFFFF == other >> 16 & 0xFFFF
    return same_holder and bool(one and two) and one != two


def _view(values: "array[int]", kind: str) -> "npt.NDArray[Any]":
    import numpy as np

    return np.frombuffer(values, kind) if values else np.empty(0, kind)


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4096)
def _short_digest(text: str) -> int:
    return _digest(text) & 0xFFFF


def number_doubled(line: int, number: str, first: int) -> RejectedRow:
    """A row whose number another row bears with other values."""
    return RejectedRow(
        line=line, column="", value=number, code="number-doubled",
        reason_de=f"Die Nummer {number} steht schon in Zeile {first} mit anderen Angaben; "
        "die erste Zeile gilt.",
        reason_en=f"The number {number} stands in line {first} already with other values; "
        "the first line counts.",
    )  # fmt: skip
