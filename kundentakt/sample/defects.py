"""Faulty rows, one of each usual kind, so that the import report of the demo shows some.

Four are added to the good rows and must be refused; the remark in place of an e-mail address
stands with a good customer, who is taken without it. So an import that reports these five has
still taken the whole book.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kundentakt.sample import rows
from kundentakt.sample.bookings import Booking
from kundentakt.sample.people import Customer
from kundentakt.sample.portfolio import Contract

REMARK = "bitte nur anrufen"
UNKNOWN_CUSTOMER = "K-0000"
"""No customer has this number: numbers begin at 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """A row with a fault: file name, line (the header is line 1), column and value.

    ``refused`` says whether the whole row must be refused, or is taken without this cell.
    """

    file: str
    line: int
    column: str
    value: str
    fault: str
    refused: bool = True


def _changed(header: Sequence[str], cells: rows.Cells, column: str, value: str) -> rows.Cells:
    place = list(header).index(column)
    return (*cells[:place], value, *cells[place + 1 :])


class Faults:
    """Appends broken rows to the sheets and remembers where they stand."""

    def __init__(self, *, wanted: bool) -> None:
        self.written: list[BrokenRow] = []
        self._remark_due = wanted

    def with_remark(self, sheet: rows.Sheet, customer: Customer) -> rows.Cells:
        """The next line of a customer; the first without an e-mail gets a remark in its place."""
        cells = rows.of_customer(customer)
        if not self._remark_due or customer.email or not customer.cared_for:
            return cells
        self._remark_due = False
        remark = BrokenRow(
            file=sheet.path.name,
            line=sheet.line + 1,
            column="E-Mail",
            value=REMARK,
            fault="comment in the e-mail",
            refused=False,
        )
        self.written.append(remark)
        return _changed(rows.CUSTOMERS_HEADER, cells, remark.column, remark.value)

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
        """Append a death on a day that no calendar has."""
        column, value = "Verstorben am", "31.02.2025"
        cells = rows.of_customer(
            replace(model, number="K-FEHLER-1", household_with="", referred_by="")
        )
        cells = _changed(rows.CUSTOMERS_HEADER, cells, column, value)
        self._append(sheet, cells, column=column, value=value, fault="wrong date")

    def among_contracts(self, sheet: rows.Sheet, model: Contract) -> None:
        """Append a contract whose number is still to come, and one of an unknown customer."""
        column, value = "Vertragsnummer", "folgt"
        self._append(
            sheet,
            _changed(rows.CONTRACTS_HEADER, rows.of_contract(model), column, value),
            column=column,
            value=value,
            fault="no number yet",
        )
        self._append(
            sheet,
            rows.of_contract(replace(model, number="9999-FEHLER-3", customer=UNKNOWN_CUSTOMER)),
            column="Kundennummer",
            value=UNKNOWN_CUSTOMER,
            fault="unknown customer",
        )

    def among_commissions(self, sheet: rows.Sheet, model: Contract, as_of: date) -> None:
        """Append an amount that is a word."""
        booking = Booking(model.customer, model.number, as_of, "Bestand", 100)
        cells = _changed(
            rows.COMMISSIONS_HEADER, rows.of_booking(booking), "Betrag", "siehe Vormonat"
        )
        self._append(
            sheet, cells, column="Betrag", value="siehe Vormonat", fault="amount is no number"
        )
