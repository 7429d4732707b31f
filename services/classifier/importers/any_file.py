"""Files of brokers and insurers as customers, contracts, commissions and interactions.

One door for every kind of file: `read`. It raises only `UnreadableFile`:

    UnreadableFile
    ├── NotACsvFile      empty, binary or undecodable
    ├── CsvKindUnknown   a table, but none of the lists known here
    ├── CsvKindAmbiguous a table that may be two of the lists
    ├── MissingColumns   the list lacks columns without which no row can be understood
    └── NotAGdvFile      no GDV records in it
"""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from services.classifier.importers.broker_csv import (
    CsvKindAmbiguous,
    CsvKindUnknown,
    read_csv,
)
from services.classifier.importers.gdv import Encoding, NotAGdvFile, looks_like_gdv, read_gdv
from services.classifier.importers.reading import (
    Item,
    ListKind,
    ReadCommission,
    ReadConsent,
    ReadContract,
    ReadCustomer,
    Reading,
    ReadingKind,
    ReadInteraction,
    RejectedRow,
    Warning_,
)
from shared.contracts.imports import FileKind
from shared.csv.files import MissingColumns, NotACsvFile, UnreadableFile
from shared.csv.text import Content

__all__ = [
    "CsvKindAmbiguous", "CsvKindUnknown", "Item", "MissingColumns", "NotACsvFile", "NotAGdvFile",
    "ReadCommission", "ReadConsent", "ReadContract", "ReadCustomer", "ReadInteraction", "Reading",
    "ReadingKind", "RejectedRow", "UnreadableFile", "Warning_", "read", "read_gdv",
    "wants_gdv",
]  # fmt: skip

HEAD_BYTES: Final = 4096
"""More than a delivery's first records take."""


def read(
    data: bytes,
    *,
    file_name: str = "",
    kind: FileKind | None = None,
    zone: ZoneInfo,
    as_of: date,
    encoding: Encoding | None = None,
) -> Reading:
    """Understand a file's kind and header, then read it while its items are iterated.

    If ``kind`` is None, the content decides, then the ending of the name; ``csv`` is a list of any
    kind.
    Local times are those of ``zone``; births after ``as_of`` are refused. ``encoding``
    overrides what is detected in GDV files.
    """
    asked: ListKind | None = None if kind == "csv" or kind == "gdv" else kind
    if wants_gdv(data, file_name, kind):
        return read_gdv(data, as_of=as_of, encoding=encoding)
    return read_csv(data, zone=zone, as_of=as_of, kind=asked)


def wants_gdv(data: Content, file_name: str, kind: FileKind | None) -> bool:
    """Whether a file is to be read as a delivery of an insurer."""
    if kind is not None:
        return kind == "gdv"
    return looks_like_gdv(data[:HEAD_BYTES]) or file_name.casefold().endswith(".gdv")
