"""Decodes an export: which encoding it is in, and whether it is text at all.

Ours and not charset-normalizer's: that takes a short Windows-1252 list with one umlaut for GB18030,
longer ones for Windows-1250, and reads a whole UTF-8 file with one broken byte as Windows-1250. It
cannot say which lines were guessed either.

Excel writes Windows-1252, "CSV UTF-8" (with a byte order mark) or, as "Unicode text", UTF-16;
broker systems write UTF-8 without a mark. Nothing in the file says which.
"""

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any, Final

from shared.csv.charset import likeliest
from shared.csv.seven_bits import has_bars, is_seven_bits, with_umlauts
from shared.csv.twice import is_twice, turned_back

Content = bytes | mmap
"""The bytes of a file. A large one is mapped: it is looked at block by block and never held."""

CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
BYTE_ORDER_MARK: Final = "\ufeff"
END_OF_DOS_FILES: Final = "\x1a"
TWICE: Final = "utf-8-twice"
WIDE_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
ZEROS_WITHIN: Final = 1024  # bytes
BLOCK_BYTES: Final = 1 << 20  # decoded at once, whatever the size of the file
LONGEST_LINE: Final = BLOCK_BYTES + 4  # bytes; a block that is longer is one line
LINES_AT_MOST: Final = 5_000_000
ENOUGH_TO_TELL: Final = 1 << 20  # bytes of lines with umlauts: a code page shows in less
CONTROLS_ALLOWED: Final = 0.01  # more than one character in a hundred: no text
FEW_CONTROLS: Final = 12  # a short list with so many is still one
LEADS: Final = (
    (b"PK\x03\x04", "eine Excel-Arbeitsmappe oder ein ZIP-Archiv", "an Excel workbook or a ZIP"),
    (b"\xd0\xcf\x11\xe0", "eine Excel-97-Arbeitsmappe", "an Excel 97 workbook"),
    (b"%PDF", "ein PDF", "a PDF"),
    (b"\x1f\x8b", "eine gzip-Datei", "a gzip file"),
    (b"{\\rtf", "ein RTF-Dokument", "an RTF document"),
)


class UnreadableFile(ValueError):
    """The whole file cannot be read; ``code`` for machines, the reasons for people."""

    code = "file-unreadable"

    def __init__(self, reason_de: str, reason_en: str) -> None:
        super().__init__(reason_en)
        self.reason_de = reason_de
        self.reason_en = reason_en

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process is made without asking what each kind is made of."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class NotACsvFile(UnreadableFile):
    """The file is empty, binary, or in no encoding that a CSV file is written in."""

    code = "not-a-csv-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A decoded file: physical lines with their ends, and the lines (1-based) read by guess.

    ``shown`` are guessed lines that ``lines``, which may be only the first ones, lacks.
    """

    lines: list[str]
    encoding: str
    guessed_lines: tuple[int, ...] = ()
    guessed: bool = False  # the encoding of the whole file was chosen by its words
    shown: Mapping[int, str] = field(default_factory=dict)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, if it is there."""
        known = self.lines[number - 1] if number <= len(self.lines) else ""
        return self.shown.get(number, known)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How a file's bytes are read as text: decided once, by the whole file.

    ``guessed_lines`` (1-based) are read by ``other``, all others by ``codec``; ``twice`` as in
    :mod:`shared.csv.twice`, ``seven_bits`` as in :mod:`shared.csv.seven_bits`.
    """

    encoding: str
    codec: str
    other: str | None = None
    guessed_lines: tuple[int, ...] = ()
    guessed: bool = False
    twice: bool = False
    seven_bits: bool = False

    def blocks(self, data: Content) -> Iterator[str]:
        """The text in blocks of whole lines, without a byte order mark; raises `NotACsvFile`."""
        if self.codec.startswith(("utf-16", "utf-32")):
            yield from _wide_blocks(data, self.codec)
            return
        first = True
        bars = self.seven_bits and has_bars(data[:BLOCK_BYTES])
        for start, end in line_blocks(data):
            text = self._decoded(data[start:end], data, start)
            if self.seven_bits:
                text = with_umlauts(text, bars=bars)
            if self.twice:
                text = turned_back(text) or text
            if end == len(data):
                text = text.rstrip(END_OF_DOS_FILES)
            yield text.lstrip(BYTE_ORDER_MARK) if first else text
            first = False

    def _decoded(self, block: bytes, data: Content, start: int) -> str:
        try:
            return block.decode(self.codec)
        except UnicodeDecodeError as error:
            if self.other is None:
                raise _undecodable(data, start + error.start) from error
        lines = block.splitlines(keepends=True)
        return "".join(
            line.decode(self.codec) if _is_utf8(line) else line.decode(self.other, "replace")
            for line in lines
        )


def _wide_blocks(data: Content, codec: str) -> Iterator[str]:
    """The text of UTF-16 or UTF-32 in blocks of whole lines."""
    decoder, rest, position = codecs.getincrementaldecoder(codec)(), "", 0
    while position < len(data):
        piece = data[position : position + BLOCK_BYTES]
        last = position + len(piece) == len(data)
        try:
            text = rest + decoder.decode(piece, last)
        except UnicodeDecodeError as error:
            raise _undecodable(data, position + error.start) from error
        end = len(text) if last else max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        if position == 0:
            text, end = text.lstrip(BYTE_ORDER_MARK), end - (text[:1] == BYTE_ORDER_MARK)
        yield text[:end]
        rest, position = text[end:], position + len(piece)


def line_blocks(data: Content) -> Iterator[tuple[int, int]]:
    """Where blocks of whole lines begin and end; a line that is longer is one block."""
    start = 0
    while start < len(data):
        end = min(start + BLOCK_BYTES, len(data))
        if end < len(data):
            cut = max(data.rfind(b"\n", start, end), data.rfind(b"\r", start, end - 1)) + 1
            end = cut or _next_line(data, end)
        if data[end - 1 : end + 1] == b"\r\n":
            end += 1
        yield start, end
        start = end


def _next_line(data: Content, start: int) -> int:
    found = [each for each in (data.find(b"\n", start), data.find(b"\r", start)) if each >= 0]
    return min(found) + 1 if found else len(data)


def open_sheet(data: bytes) -> Sheet:
    """Decode an export; raises `NotACsvFile`."""
    form = text_form(data)
    lines = [line for block in checked_blocks(form, data) for line in split_lines(block)]
    return Sheet(
        lines=lines,
        encoding=form.encoding,
        guessed_lines=form.guessed_lines,
        guessed=form.guessed,
    )


def text_form(data: Content) -> TextForm:
    """How these bytes are text; raises `NotACsvFile` for other kinds of files."""
    for lead, german, english in LEADS:
        if data[: len(lead)] == lead:
            raise NotACsvFile(
                f"Das ist {german}, keine CSV-Datei. Bitte als „CSV UTF-8“ speichern.",
                f"This is {english}, not a CSV file. Please save it as CSV UTF-8.",
            )
    _refuse_unbounded(data)
    wide = _wide_encoding(data)
    if wide is not None:
        return TextForm(encoding=wide, codec=wide)
    if all(block.isascii() for block in _blocks_of(data)) and is_seven_bits(_blocks_of(data)):
        return TextForm(encoding="din66003", codec="ascii", guessed=True, seven_bits=True)
    if all(map(_is_utf8, _blocks_of(data))):
        if is_twice(_blocks_of(data)):
            return TextForm(encoding=TWICE, codec="utf-8", guessed=True, twice=True)
        return TextForm(encoding="utf-8", codec="utf-8")
    return _without_utf8(data)


def _blocks_of(data: Content) -> Iterator[bytes]:
    return (data[start:end] for start, end in line_blocks(data))


def _refuse_unbounded(data: Content) -> None:
    """Raise `NotACsvFile` for what would fill the memory of everybody before it was read."""
    number = 1
    for start, end in line_blocks(data):
        if end - start > LONGEST_LINE:
            raise NotACsvFile(
                f"Zeile {number} ist länger als ein Megabyte: Das ist keine Liste. Bitte den "
                "Export mit Zeilenenden speichern.",
                f"Line {number} is longer than a megabyte, so this is no list. Save the export "
                "with line ends.",
            )
        block = data[start:end]
        number += block.count(b"\n") or block.count(b"\r")
        if number > LINES_AT_MOST:
            raise NotACsvFile(
                f"Die Datei hat mehr als {LINES_AT_MOST} Zeilen. Bitte in Teilen senden.",
                f"The file has more than {LINES_AT_MOST} lines. Send it in parts.",
            )


def checked_blocks(form: TextForm, data: Content) -> Iterator[str]:
    """The blocks of a file; raises `NotACsvFile` at its end if they are no text."""
    controls = signs = 0
    blank = True
    for block in form.blocks(data):
        signs += len(block)
        controls += len(CONTROL.findall(block))
        blank = blank and not block.strip()
        if "\x00" in block:
            controls, signs = FEW_CONTROLS + 1, 0
            break
        yield block
    if controls > max(signs * CONTROLS_ALLOWED, FEW_CONTROLS):
        raise NotACsvFile(
            "Die Datei enthält Binärdaten und ist keine CSV-Datei.",
            "The file holds binary data and is no CSV file.",
        )
    if blank:
        raise NotACsvFile("Die Datei ist leer.", "The file is empty.")


def _wide_encoding(data: Content) -> str | None:
    """UTF-32 or UTF-16 by its byte order mark, else UTF-16 by the zeros of its ASCII letters."""
    head = data[:ZEROS_WITHIN]
    for mark, encoding in WIDE_MARKS:
        if head.startswith(mark):
            return encoding
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, letters = head[first::2], head[1 - first :: 2]
        if len(zeros) > 1 and zeros.count(0) > len(zeros) * 0.7 and not letters.count(0):
            return encoding
    return None


def _without_utf8(data: Content) -> TextForm:
    """Decode by the code page of the words, unless most lines with umlauts are UTF-8; then only
    the others are guessed.

    Otherwise one broken byte in a UTF-8 file would garble every name with an umlaut.
    """
    guessed, signed, wrong, sample = _lines_beyond_ascii(data)
    if signed - len(guessed) > len(guessed) or data[:3] == codecs.BOM_UTF8:
        charset, _ = likeliest(wrong)
        return TextForm(encoding="utf-8", codec="utf-8", other=charset, guessed_lines=guessed)
    charset, weight = likeliest(sample)
    if charset != "cp1252" and weight > 0:
        return TextForm(encoding=charset, codec=charset, guessed=True)
    return TextForm(encoding="windows-1252", codec="cp1252")


def _lines_beyond_ascii(data: Content) -> tuple[tuple[int, ...], int, bytes, bytes]:
    """The numbers of the lines that are no UTF-8, how many lines are not ASCII, and as much of
    the former and of all of these as tells a code page."""
    guessed: list[int] = []
    signed, before = 0, 0
    wrong, sample = bytearray(), bytearray()
    for start, end in line_blocks(data):
        lines = data[start:end].splitlines(keepends=True)
        for number, line in enumerate(lines, before + 1):
            if line.isascii():
                continue
            signed += 1
            if len(sample) < ENOUGH_TO_TELL:
                sample += line
            if not _is_utf8(line):
                guessed.append(number)
                if len(wrong) < ENOUGH_TO_TELL:
                    wrong += line
        before += len(lines)
    return tuple(guessed), signed, bytes(wrong), bytes(sample)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def split_lines(text: str) -> list[str]:
    """Physical lines with their ends, whatever ends them."""
    return list(io.StringIO(text, newline=""))


def _undecodable(data: Content, position: int) -> NotACsvFile:
    before = (data[start : min(end, position)] for start, end in line_blocks(data))
    line = sum(block.count(b"\n") for block in before) + 1
    byte = data[position]
    return NotACsvFile(
        "Die Datei ist weder UTF-8 noch in einer üblichen Codepage "
        f"(Byte 0x{byte:02X} in Zeile {line}).",
        f"The file is neither UTF-8 nor in a usual code page (byte 0x{byte:02X} in line {line}).",
    )
