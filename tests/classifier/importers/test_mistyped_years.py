"""A mistyped year costs its cell or its row, and never the rest of the file."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from examples.gdv.make_stock import JOERG, UTE
from services.classifier.importers.broker_csv import contracts
from services.classifier.importers.broker_csv.commission_columns import COLUMNS as BOOKINGS
from services.classifier.importers.broker_csv.contracts import contract_columns
from services.classifier.importers.broker_csv.customer_columns import customer_columns
from services.classifier.importers.broker_csv.interactions import COLUMNS as CONTACTS
from services.classifier.importers.gdv import delivery
from services.classifier.importers.gdv.register import RegisteredCustomer
from services.classifier.importers.reading import Item
from shared.contracts.customers import Contract
from shared.csv.files import Row
from tests.classifier.importers.samples import AS_OF, Sorted, sorted_items
from tests.classifier.importers.test_gdv_shapes import lines_of, read_lines

YEARS = (1901, 1949, 2101, 2200)
LISTS = {
    "customers": ("Kundennummer;Nachname;Einwilligung E-Mail", "{id};Bergmann;ja"),
    "contracts": ("Kundennummer;Vertragsnummer;VU-Nr;Sparte", "{id};A-{id};9876;Hausrat"),
    "commissions": ("Kundennummer;Vertragsnummer;Betrag", "{id};A-1;24,00"),
    "interactions": ("Kundennummer;Richtung;Kanal;Rolle;Dauer", "{id};ein;Telefon;Inhaber;5"),
}
OF_KIND = {
    "customers": customer_columns(AS_OF), "contracts": contract_columns(AS_OF),
    "commissions": BOOKINGS, "interactions": CONTACTS,
}  # fmt: skip
NEEDED = {"commissions": "Buchungsdatum", "interactions": "Datum"}


def reads_days(parse: Callable[[str], object]) -> bool:
    """Whether a reader of cells reads a day: of a whole cell, it alone takes this one."""
    try:
        found = parse("12.03.2024")
    except ValueError:
        return False
    return str(found) == "2024-03-12"


DATED = [
    (kind, column.header)
    for kind, columns in OF_KIND.items()
    for column in columns
    if reads_days(column.parse)
]


def of_list(kind: str, header: str, cells: list[str]) -> Sorted:
    """A list whose only further column is this one, and the day that its kind needs."""
    names, row = LISTS[kind]
    needed = NEEDED.get(kind, header)
    if needed != header:
        names, row = f"{names};{needed}", f"{row};12.03.2024"
    rows = [f"{row.format(id=f'K-{n}')};{cell}" for n, cell in enumerate(cells, start=1)]
    return sorted_items("\n".join((f"{names};{header}", *rows, "")).encode())


@pytest.mark.parametrize(("kind", "header"), DATED)
def test_a_mistyped_year_costs_no_other_row(kind: str, header: str) -> None:
    cells = [f"12.03.{year}" for year in YEARS]
    found = of_list(kind, header, [*cells, "12.03.2024"])
    read = len(found.customers) + len(found.contracts) + len(found.commissions)
    read += len(found.interactions)
    assert read + len(found.rejected) == len(YEARS) + 1
    assert "row-invalid" not in found.codes()
    assert len(YEARS) + 2 not in {each.line for each in found.rejected}


def test_every_list_has_its_days() -> None:
    assert {kind for kind, _ in DATED} == set(LISTS)
    assert ("customers", "Einwilligung am") in DATED


def test_a_consent_of_a_mistyped_year_has_no_day() -> None:
    found = of_list("customers", "Einwilligung am", ["12.03.1924", "12.03.2024"])
    told = [(each.line, each.code) for each in found.warnings]
    assert told == [(2, "day-long-ago"), (2, "consent-without-day")]
    assert [len(each.consents) for each in found.customers] == [0, 1]


def test_a_contact_of_a_mistyped_year_is_refused_alone() -> None:
    found = of_list("interactions", "Datum", ["12.03.2125", "12.03.1949", "12.03.2024"])
    refused = [(each.line, each.column, each.code) for each in found.rejected]
    assert refused == [(2, "Datum", "day-too-far-ahead"), (3, "Datum", "day-long-ago")]
    assert len(found.interactions) == 1


def broken() -> ValidationError:
    """What a model says of a record that it refuses."""
    with pytest.raises(ValidationError) as caught:
        Contract.model_validate({"line": 5})
    return caught.value


def test_a_row_that_makes_no_record_is_refused_with_its_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = contracts.contract_items

    def refusing(row: Row, **rest: object) -> Iterator[Item]:
        if row.line == 3:
            raise broken()
        return read(row, as_of=AS_OF)

    monkeypatch.setattr(contracts, "contract_items", refusing)
    found = of_list("contracts", "Beginn", ["12.03.2024"] * 3)
    assert [(each.line, each.code, each.row_names) for each in found.rejected] == [
        (3, "row-invalid", "K-2")
    ]
    assert len(found.contracts) == 2


@pytest.mark.parametrize("part", ["person_of", "contract_of", "customer"])
def test_a_record_of_an_insurer_that_makes_none_of_ours_is_refused_alone(
    monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    where = RegisteredCustomer if part == "customer" else delivery
    make, calls = getattr(where, part), []

    def refusing_once(*given: Any, **rest: Any) -> Any:
        calls.append(part)
        if len(calls) == 1:
            raise broken()
        return make(*given, **rest)

    monkeypatch.setattr(where, part, refusing_once)
    found = read_lines(lines_of(UTE, JOERG))
    assert [each.code for each in found.rejected].count("row-invalid") == 1
    assert all(each.line for each in found.rejected)
    assert len(found.customers) == (2 if part == "contract_of" else 1)
    assert found.contracts
