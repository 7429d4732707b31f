"""Decodes an export: which encoding it is in, and whether it is text at all.

Ours and not charset-normalizer's: that takes a short Windows-1252 list with one umlaut for GB18030,
longer ones for Windows-1250, and reads a whole UTF-8 file with one broken byte as Windows-1250. It
cannot say which lines were guessed either.

Excel writes Windows-1252, "CSV UTF-8" (with a byte order mark) or, as "Unicode text", UTF-16;
broker systems write UTF-8 without a mark. Nothing in the file says which.
"""

import io
import re
from dataclasses import dataclass
from typing import Final

from shared.csv.charset import likeliest

CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
BYTE_ORDER_MARK: Final = "\ufeff"
WIDE_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
ZEROS_WITHIN: Final = 1024  # bytes
CONTROLS_ALLOWED: Final = 0.01  # more than one character in a hundred: no text
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


class NotACsvFile(UnreadableFile):
    """The file is empty, binary, or in no encoding that a CSV file is written in."""

    code = "not-a-csv-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A decoded file: physical lines with their ends, and the lines (1-based) read by guess."""

    lines: list[str]
    encoding: str
    guessed_lines: tuple[int, ...] = ()
    guessed: bool = False  # the encoding of the whole file was chosen by its words


def open_sheet(data: bytes) -> Sheet:
    """Decode an export; raises `NotACsvFile`."""
    for lead, german, english in LEADS:
        if data.startswith(lead):
            raise NotACsvFile(
                f"Das ist {german}, keine CSV-Datei. Bitte als „CSV UTF-8“ speichern.",
                f"This is {english}, not a CSV file. Please save it as CSV UTF-8.",
            )
    sheet = _decoded(data)
    sample = "".join(sheet.lines)
    controls = len(CONTROL.findall(sample))
    if "\x00" in sample or controls > len(sample) * CONTROLS_ALLOWED:
        raise NotACsvFile(
            "Die Datei enthält Binärdaten und ist keine CSV-Datei.",
            "The file holds binary data and is no CSV file.",
        )
    if not sample.strip():
        raise NotACsvFile("Die Datei ist leer.", "The file is empty.")
    return sheet


def _decoded(data: bytes) -> Sheet:
    if (wide := _wide_encoding(data)) is not None:
        try:
            text = data.decode(wide)
        except UnicodeDecodeError as error:
            raise _undecodable(data, error.start) from error
        return Sheet(lines=_split(text.lstrip(BYTE_ORDER_MARK)), encoding=wide)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _without_utf8(data)
    return Sheet(lines=_split(text.lstrip(BYTE_ORDER_MARK)), encoding="utf-8")


def _wide_encoding(data: bytes) -> str | None:
    """UTF-32 or UTF-16 by its byte order mark, else UTF-16 by the zeros of its ASCII letters."""
    for mark, encoding in WIDE_MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:ZEROS_WITHIN]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, letters = head[first::2], head[1 - first :: 2]
        if len(zeros) > 1 and zeros.count(0) > len(zeros) * 0.7 and not letters.count(0):
            return encoding
    return None


def _without_utf8(data: bytes) -> Sheet:
    """Decode by the code page of the words, unless most lines with umlauts are UTF-8; then only
    the others are guessed.

    Otherwise one broken byte in a UTF-8 file would garble every name with an umlaut.
    """
    raw = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    guessed = tuple(number for number, line in enumerate(raw, 1) if not _is_utf8(line))
    proper = sum(1 for line in raw if not line.isascii()) - len(guessed)
    if proper > len(guessed) or data.startswith(b"\xef\xbb\xbf"):
        return _mixed(raw, guessed)
    charset, weight = likeliest(data)
    if charset != "cp1252" and weight > 0:
        return Sheet(lines=_split(data.decode(charset)), encoding=charset, guessed=True)
    try:
        return Sheet(lines=_split(data.decode("cp1252")), encoding="windows-1252")
    except UnicodeDecodeError as error:
        raise _undecodable(data, error.start) from error


def _mixed(raw: list[bytes], guessed: tuple[int, ...]) -> Sheet:
    wrong = set(guessed)
    charset, _ = likeliest(b"".join(raw[number - 1] for number in guessed))
    lines = [
        line.decode(charset, "replace") if number in wrong else line.decode("utf-8")
        for number, line in enumerate(raw, 1)
    ]
    return Sheet(lines=_split("".join(lines)), encoding="utf-8", guessed_lines=guessed)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _split(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def _undecodable(data: bytes, position: int) -> NotACsvFile:
    line = data.count(b"\n", 0, position) + 1
    byte = data[position]
    return NotACsvFile(
        "Die Datei ist weder UTF-8 noch in einer üblichen Codepage "
        f"(Byte 0x{byte:02X} in Zeile {line}).",
        f"The file is neither UTF-8 nor in a usual code page (byte 0x{byte:02X} in line {line}).",
    )
