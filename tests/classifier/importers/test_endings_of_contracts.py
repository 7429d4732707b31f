"""What a list says of a contract's end is applied where it is sure, and told where it is not."""

from datetime import date

import pytest

from shared.contracts.customers import Contract
from tests.classifier.importers.samples import sorted_items

HEADER = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Status;Beginn;Ablauf"


def only(columns: str, cells: str) -> tuple[Contract, list[tuple[str, str]], frozenset[str]]:
    lines = (f"{HEADER};{columns}", f"K-1;A1;9876;Hausrat;{cells}", "")
    found = sorted_items("\n".join(lines).encode())
    assert not found.rejected
    (read,) = found.contracts
    told = [(each.column, each.code) for each in found.warnings]
    return read.contract, told, read.carried.fields or frozenset()


@pytest.mark.parametrize(
    ("columns", "cells", "status", "end", "codes"),
    [
        # Notice was given: the contract runs until a day to come, as many systems keep it.
        ("Kündigung zum", "aktiv;01.01.2020;;31.12.2027", "cancelled", date(2027, 12, 31),
         [("Kündigung zum", "cancellation-applied")]),
        ("Storno wirksam zum", "laufend;01.01.2020;01.01.2030;31.12.2027", "cancelled",
         date(2027, 12, 31), [("Storno wirksam zum", "cancellation-applied")]),
        # Running, and ended long ago: one of the two is wrong.
        ("Kündigung zum", "aktiv;01.01.2020;;31.12.2024", "active", date(2024, 12, 31),
         [("Kündigung zum", "status-contradicts")]),
        ("Storno am", "aktiv;01.01.2020;;31.12.2024", "active", None,
         [("Storno am", "status-contradicts")]),
        ("Wirksamkeit", "storniert;01.01.2020;01.01.2030;31.12.2025", "cancelled",
         date(2025, 12, 31), []),
        ("wirksam ab", "gekündigt;01.01.2020;;30.06.2027", "cancelled", date(2027, 6, 30), []),
        ("Wirksamkeit", "aktiv;01.01.2020;01.01.2030;01.01.2026", "active", date(2030, 1, 1),
         [("Wirksamkeit", "effect-left-out")]),
        ("Storno zum", ";01.01.2020;;31.12.2025", "cancelled", date(2025, 12, 31), []),
        # Withdrawn before it started.
        ("Wirksamkeit", "storniert;01.10.2026;;15.09.2026", "cancelled", date(2026, 10, 1), []),
        ("Kündigung zum", "storniert;01.10.2026;01.10.2027;15.09.2026", "cancelled",
         date(2026, 10, 1), []),
        ("Storno zum", ";01.10.2026;;15.09.2026", "cancelled", date(2026, 10, 1), []),
    ],
)  # fmt: skip
def test_a_day_of_cancellation_is_applied_where_it_is_sure(
    columns: str, cells: str, status: str, end: date | None, codes: list[tuple[str, str]]
) -> None:
    contract, told, carried = only(columns, cells)
    assert (contract.status, contract.end) == (status, end)
    assert told == codes
    assert "status" in carried
    assert ("end" in carried) == (end is not None)


@pytest.mark.parametrize(
    ("columns", "cells", "column"),
    [
        ("Wirksamkeit", "storniert;01.10.2026;15.09.2026;", "Ablauf"),
        ("Storno zum", "aktiv;01.10.2026;;15.09.2026", "Storno zum"),
    ],
)
def test_an_end_before_the_start_that_withdraws_nothing_is_refused(
    columns: str, cells: str, column: str
) -> None:
    lines = (f"{HEADER};{columns}", f"K-1;A1;9876;Hausrat;{cells}", "")
    found = sorted_items("\n".join(lines).encode())
    (refused,) = found.rejected
    assert (refused.column, refused.value, refused.code) == (
        column, "15.09.2026", "end-before-start",
    )  # fmt: skip


def test_a_day_of_effect_that_is_left_out_changes_no_known_end() -> None:
    lines = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Status;Wirksamkeit\n"
    rows = "K-1;A1;9876;Hausrat;aktiv;01.01.2026\nK-1;A2;9876;Hausrat;storniert;01.01.2026\n"
    found = sorted_items((lines + rows).encode())
    carried = [each.carried.fields or frozenset() for each in found.contracts]
    assert ["end" in each for each in carried] == [False, True]


@pytest.mark.parametrize(
    ("header", "cells", "codes"),
    [
        ("Sparte", "Wolkenschutz", ["line-unknown"]),
        ("GDV-Sparte", "4711", ["gdv-line-unreadable"]),
        ("Sparte;GDV-Sparte", ";", ["line-missing"]),
        ("Sparte;GDV-Sparte", "Wolkenschutz;040", ["line-unknown"]),
    ],
)
def test_an_unknown_line_is_told_once_for_each_row(
    header: str, cells: str, codes: list[str]
) -> None:
    lines = (f"Kundennummer;Vertragsnummer;VU-Nr;{header}", f"K-1;A1;9876;{cells}", "")
    found = sorted_items("\n".join(lines).encode())
    assert [each.code for each in found.warnings] == codes
