"""Turns the bytes of a GDV file into records whose fields can be cut out by position.

A record is 256 bytes. Positions count bytes of a single-byte code page, so fields are cut first
and decoded after; in a UTF-8 file umlauts take two bytes, so there characters are counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.classifier.importers.gdv.charset import Encoding, detected, field_text
from services.classifier.importers.gdv.records import (
    KNOWN_RECORDS,
    PART_NUMBER,
    RECORD_LENGTH,
    SHORTEST_RECORD,
    Field,
    Head,
)
from shared.csv.files import UnreadableFile

BOM: Final = b"\xef\xbb\xbf"
SHORTEST_CLOSING: Final = 24  # cut closing records of this length have been seen
RECORD_TYPE: Final = re.compile(rb"[0-9]{4}")
NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
FILLING: Final = b"\r\n\x1a\x00"  # behind the last record
NOT_PRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class NotAGdvFile(UnreadableFile):
    """No part of the file is made of GDV records."""

    code = "not-a-gdv-file"

    def __init__(self) -> None:
        super().__init__(
            "Das ist keine GDV-Datei: Es fehlen Sätze von 256 Zeichen mit einer Satzart "
            "(0001, 0100, 0200 …) am Anfang.",
            "This is no GDV file: no records of 256 characters with a record type in front.",
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its line (or its ordinal where the file has no line ends), cut by position."""

    line: int
    text: str  # one character per position, padded to 256
    charset: Encoding | None  # None: the text is decoded already
    length: int

    @property
    def kind(self) -> str:
        """The record type (Satzart), four characters."""
        return self.text[:4]

    @property
    def part(self) -> str:
        """Returns the part number (Satznummer) of 0001, 0100 and 0200; a blank if it is missing."""
        return self.text[PART_NUMBER - 1]

    @property
    def contract_key(self) -> tuple[str, str, str, str]:
        """Returns insurer, number, line and sequence, which join the records of one contract."""
        return (
            self.value(Head.INSURER),
            self.value(Head.NUMBER).upper(),
            self.value(Head.LINE),
            self.value(Head.SEQUENCE),
        )

    def value(self, field: Field) -> str:
        """Returns a field's text without surrounding blanks and without control characters."""
        raw = self.text[field.first - 1 : field.last]
        if self.charset is not None and (self.charset == "din66003" or not raw.isascii()):
            raw = field_text(raw.encode("latin-1"), self.charset)
        return NOT_PRINTABLE.sub(" ", raw).strip()


def looks_like_gdv(data: bytes) -> bool:
    """Whether the file begins with a preamble or another full record of a known type."""
    for line in _lines(data.removeprefix(BOM)[: 4 * RECORD_LENGTH]):
        if line.strip():
            kind = line[:4].decode("latin-1")
            if len(line) == RECORD_LENGTH:
                return RECORD_TYPE.match(line) is not None
            return len(line) > RECORD_LENGTH // 2 and kind in KNOWN_RECORDS
    return False


def records(data: bytes, encoding: Encoding | None) -> tuple[Encoding, Iterator[Record]]:
    """Returns the encoding and all non-blank records; raises `NotAGdvFile`."""
    data = data.removeprefix(BOM).rstrip(b"\x1a\x00")
    charset = encoding or detected(data)
    lines = _characters(data) if charset == "utf-8" else _lines(data)
    filled = [line for line in lines if line.strip()]
    proper = sum(1 for line in filled if _is_record(line))
    if proper == 0 or proper * 2 < len(filled):
        raise NotAGdvFile
    return charset, (
        _record(number, line, charset) for number, line in enumerate(lines, 1) if line.strip()
    )


def _record(number: int, line: bytes, charset: Encoding) -> Record:
    text, decoded = line.decode("latin-1"), False
    if charset == "utf-8" and not line.isascii():
        characters = line.decode("utf-8", "replace")
        if len(line) != RECORD_LENGTH or len(characters) == RECORD_LENGTH:
            text, decoded = characters, True
    return Record(
        line=number,
        text=text[:RECORD_LENGTH].ljust(RECORD_LENGTH),
        charset=None if decoded else charset,
        length=len(text.rstrip()),
    )


def _lines(data: bytes) -> list[bytes]:
    """Returns physical lines; several records without a line end between them are cut after each
    256 bytes."""
    whole = data.rstrip(FILLING)
    if _is_blocks(whole) or not (b"\n" in whole or b"\r" in whole):
        return _cut(whole)
    lines = data.splitlines()
    return [piece for line in lines for piece in (_cut(line) if _is_blocks(line) else [line])]


def _cut(line: bytes) -> list[bytes]:
    return [line[i : i + RECORD_LENGTH] for i in range(0, len(line), RECORD_LENGTH)]


def _is_blocks(line: bytes) -> bool:
    """Whether a known record begins at each 256th byte, and more than one."""
    starts = range(0, len(line), RECORD_LENGTH)
    return len(starts) > 1 and all(
        line[i : i + 4].decode("latin-1") in KNOWN_RECORDS for i in starts
    )


def _characters(data: bytes) -> list[bytes]:
    """Returns lines as `_lines` does, but by 256 characters, which in UTF-8 may be more bytes.

    While lines are cut, each character is replaced by one byte, because only its place counts.
    """
    text = data.decode("utf-8", "replace")
    places = NOT_ASCII.sub("?", text).encode("ascii")
    found, position = [], 0
    for line in _lines(places):
        position = places.index(line, position)
        found.append(text[position : position + len(line)].encode())
        position += len(line)
    return found


def _is_record(line: bytes) -> bool:
    if RECORD_TYPE.match(line) is None:
        return False
    kind = line[:4].decode("ascii")
    if kind in ("0001", "9999"):
        return len(line) >= SHORTEST_CLOSING
    return len(line) >= (SHORTEST_RECORD if kind in KNOWN_RECORDS else RECORD_LENGTH)
