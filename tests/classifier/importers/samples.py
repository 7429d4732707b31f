"""The GDV files that others published, read where they lie beside the repository."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.classifier.importers.any_file import (
    Item,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    ReadInteraction,
    RejectedRow,
    Warning_,
    read,
)

ROOT = Path(__file__).resolve().parents[3]
AS_OF = date(2026, 11, 22)
ZONE = ZoneInfo("Europe/Berlin")


def samples() -> Path:
    """The folder of published GDV files; fails loudly where it is missing."""
    folder = Path(os.environ.get("KUNDENTAKT_GDV_SAMPLES", ROOT.parent / "shared" / "data" / "gdv"))
    if not folder.is_dir():
        pytest.fail(
            f"The GDV sample files are missing: {folder} is no folder. "
            "Set KUNDENTAKT_GDV_SAMPLES to where they are."
        )
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The items of one reading by what they are."""

    encoding: str
    customers: Sequence[ReadCustomer]
    contracts: Sequence[ReadContract]
    commissions: Sequence[ReadCommission]
    interactions: Sequence[ReadInteraction]
    rejected: Sequence[RejectedRow]
    warnings: Sequence[Warning_]

    def codes(self) -> list[str]:
        """Codes of all that was rejected or warned of, in order."""
        return [r.code for r in self.rejected] + [w.code for w in self.warnings]


def sorted_items(data: bytes, *, file_name: str = "") -> Sorted:
    """Read a file through the one door and sort its items."""
    reading = read(data, file_name=file_name, zone=ZONE, as_of=AS_OF)
    items: list[Item] = list(reading.items)
    return Sorted(
        encoding=reading.encoding,
        customers=[i for i in items if isinstance(i, ReadCustomer)],
        contracts=[i for i in items if isinstance(i, ReadContract)],
        commissions=[i for i in items if isinstance(i, ReadCommission)],
        interactions=[i for i in items if isinstance(i, ReadInteraction)],
        rejected=[i for i in items if isinstance(i, RejectedRow)],
        warnings=[i for i in items if isinstance(i, Warning_)],
    )


def sample(name: str) -> Sorted:
    """A published file by its path in the folder."""
    return sorted_items((samples() / name).read_bytes(), file_name=name)
