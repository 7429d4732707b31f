"""Rows that went wrong in the export, one of each usual kind, so that the report has work.

They are added to the good rows and spoil none of them: an import that reports these five has
still taken the whole book.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kundentakt.sample import rows
from kundentakt.sample.bookings import Booking
from kundentakt.sample.people import Customer
from kundentakt.sample.portfolio import Contract

UNKNOWN_CUSTOMER = "K-0000"
"""No customer has this number: numbers begin at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A row that must be refused: file name, line (the header is line 1), column and value."""

    file: str
    line: int
    column: str
    value: str
    fault: str


def _changed(header: Sequence[str], cells: rows.Cells, column: str, value: str) -> rows.Cells:
    place = list(header).index(column)
    return (*cells[:place], value, *cells[place + 1 :])


class Faults:
    """Appends broken rows to the sheets and remembers where they stand."""

    def __init__(self) -> None:
        self.written: list[BrokenRow] = []

    def _append(
        self, sheet: rows.Sheet, cells: rows.Cells, *, column: str, value: str, fault: str
    ) -> None:
        sheet.write([cells])
        self.written.append(
            BrokenRow(
                file=sheet.path.name, line=sheet.line, column=column, value=value, fault=fault
            )
        )

    def among_customers(self, sheet: rows.Sheet, model: Customer) -> None:
        """A birthday that no calendar has, and a note where an e-mail address belongs."""
        for number, column, value, fault in (
            ("K-FEHLER-1", "Geburtsdatum", "31.02.1975", "wrong date"),
            ("K-FEHLER-2", "E-Mail", "bitte nur anrufen", "comment in the e-mail"),
        ):
            cells = rows.of_customer(
                replace(model, number=number, household_with="", referred_by="")
            )
            cells = _changed(rows.CUSTOMERS_HEADER, cells, column, value)
            self._append(sheet, cells, column=column, value=value, fault=fault)

    def among_contracts(self, sheet: rows.Sheet, model: Contract) -> None:
        """A premium below nothing, and a contract of somebody nobody knows."""
        cells = rows.of_contract(replace(model, number="9999-FEHLER-3"))
        self._append(
            sheet,
            _changed(rows.CONTRACTS_HEADER, cells, "Beitrag netto", "-120,00"),
            column="Beitrag netto",
            value="-120,00",
            fault="negative premium",
        )
        self._append(
            sheet,
            rows.of_contract(replace(model, number="9999-FEHLER-4", customer=UNKNOWN_CUSTOMER)),
            column="Kundennummer",
            value=UNKNOWN_CUSTOMER,
            fault="unknown customer",
        )

    def among_commissions(self, sheet: rows.Sheet, model: Contract, as_of: date) -> None:
        """An amount that is a word."""
        booking = Booking(model.customer, model.number, as_of, "Bestand", 100)
        cells = _changed(
            rows.COMMISSIONS_HEADER, rows.of_booking(booking), "Betrag", "siehe Vormonat"
        )
        self._append(
            sheet, cells, column="Betrag", value="siehe Vormonat", fault="amount is no number"
        )
