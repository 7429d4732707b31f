"""Writes the whole sample agency into a folder: five CSV files, a GDV stock file, a note.

Units are drawn and written one after the other, so that memory does not grow with the book.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from kundentakt.sample import rows
from kundentakt.sample.bookings import Booking, bookings
from kundentakt.sample.contacts import Diary
from kundentakt.sample.defects import BrokenRow, Faults
from kundentakt.sample.gdv import KNOWN_PERSONS, GdvFile, write_gdv_stock
from kundentakt.sample.households import BookOfPeople
from kundentakt.sample.people import Customer, Unit
from kundentakt.sample.portfolio import Contract, Portfolio
from kundentakt.sample.showcase import Cancellation, Showcase
from services.classifier.domain.needs import default_policy

FEWEST_CUSTOMERS: Final = 10
README: Final = """\
Musterbetrieb Kundentakt, Sangerhausen
======================================

Alle Personen, Firmen, Versicherer und Verträge in diesem Ordner sind erfunden und durch einen
Zufallsgenerator entstanden; Ähnlichkeiten sind Zufall. Die Telefonnummern stammen aus den
Bereichen, die die Bundesnetzagentur für Filme und Bücher freihält, die E-Mail-Adressen enden auf
example.org, example.com und example.net: Niemand ist darunter erreichbar.

kunden.csv       Kunden, Windows-1252
vertraege.csv    Verträge, UTF-8 mit BOM
courtagen.csv    Courtagen der letzten zwei Jahre, Windows-1252
kontakte.csv     Kontakte der letzten zwei Jahre, UTF-8
mitarbeiter.csv  Mitarbeiter, UTF-8
bestand.gdv      Bestand eines Versicherers im GDV-Format, ISO 8859-1, Sätze zu 256 Byte

Stand: {as_of}. Trennzeichen ist das Semikolon, Beträge stehen als 1.234,56 und Tage als
31.12.2025. Einige Zeilen sind mit Absicht fehlerhaft, damit der Importbericht etwas zeigt.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAgency:
    """What was written: where, how many good rows each, which rows are broken, the showcase.

    ``cancellation`` is None in a book too small to hold a customer that fits.
    """

    directory: Path
    customers_csv: Path
    contracts_csv: Path
    commissions_csv: Path
    interactions_csv: Path
    staff_csv: Path
    gdv: GdvFile
    as_of: date
    customers: int
    contracts: int
    commissions: int
    interactions: int
    staff: int
    broken_rows: tuple[BrokenRow, ...]
    cancellation: Cancellation | None


class SampleTooSmall(ValueError):
    """A sample agency needs at least ten customers."""

    def __init__(self, *, customers: int) -> None:
        super().__init__(f"{customers} customers are too few: at least {FEWEST_CUSTOMERS}")
        self.customers = customers


def write_sample_agency(
    directory: Path,
    *,
    customers: int = 1500,
    as_of: date,
    seed: int = 7,
    broken_rows: bool = True,
) -> SampleAgency:
    """Write the sample agency as of a day; the bytes depend on the arguments alone.

    The folder is made if it is missing, and files in it are replaced. With ``broken_rows`` exactly
    five rows have a fault: four more that an import must refuse, and a remark in one good
    customer's e-mail. Raises SampleTooSmall below ten customers.
    """
    if customers < FEWEST_CUSTOMERS:
        raise SampleTooSmall(customers=customers)
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        writer = _Writer(directory, stack, seed=seed, as_of=as_of, broken_rows=broken_rows)
        for unit in writer.people(customers):
            writer.write(unit)
        if broken_rows:
            writer.spoil()
        return writer.finish()


class _Writer:
    """The open files of one run, and what has been written so far."""

    def __init__(
        self, directory: Path, stack: ExitStack, *, seed: int, as_of: date, broken_rows: bool
    ) -> None:
        def sheet(name: str, header: rows.Cells, encoding: str) -> rows.Sheet:
            return stack.enter_context(rows.Sheet(directory / name, header, encoding=encoding))

        self._directory, self._seed, self._as_of = directory, seed, as_of
        self._customers = sheet("kunden.csv", rows.CUSTOMERS_HEADER, "cp1252")
        self._contracts = sheet("vertraege.csv", rows.CONTRACTS_HEADER, "utf-8-sig")
        self._commissions = sheet("courtagen.csv", rows.COMMISSIONS_HEADER, "cp1252")
        self._interactions = sheet("kontakte.csv", rows.CONTACTS_HEADER, "utf-8")
        self._staff = sheet("mitarbeiter.csv", rows.STAFF_HEADER, "utf-8")
        self._staff.write(rows.STAFF_ROWS)
        self._portfolio = Portfolio(self._chance("portfolio"), as_of=as_of)
        self._diary = Diary(self._chance("diary"), as_of=as_of)
        self._booking_chance = self._chance("bookings")
        self._showcase = Showcase(as_of=as_of, policy=default_policy())
        self._faults = Faults(wanted=broken_rows)
        self._in_gdv: list[Customer] = []
        self._last_person: Customer | None = None
        self._last_contract: Contract | None = None

    def people(self, customers: int) -> Iterator[Unit]:
        """Yield the units of a book of this size."""
        chance = self._chance("people")
        return BookOfPeople(chance, customers=customers, as_of=self._as_of).units()

    def _chance(self, part: str) -> Random:
        """The random generator of one part; the draws of one part do not change the others."""
        return Random(f"{self._seed} {part}")

    def write(self, unit: Unit) -> None:
        """Write one unit into all files, and offer it to the showcase of the demo."""
        contracts = self._portfolio.contracts(unit)
        booked: list[Booking] = []
        for contract in contracts:
            booked.extend(bookings(self._booking_chance, contract, as_of=self._as_of))
        for member in unit.members:
            self._customers.write([self._faults.with_remark(self._customers, member)])
        self._contracts.write(map(rows.of_contract, contracts))
        self._commissions.write(map(rows.of_booking, booked))
        for member in unit.members:
            self._interactions.write(map(rows.of_contact, self._diary.contacts(member)))
        self._remember(unit, contracts)
        if unit.members[0] not in self._in_gdv:
            self._showcase.consider(unit, contracts, booked)

    def _remember(self, unit: Unit, contracts: list[Contract]) -> None:
        first = unit.members[0]
        if contracts:
            self._last_contract = contracts[-1]
        if first.birth_date is None or not first.cared_for or first.salutation == "Familie":
            return
        self._last_person = first
        if len(self._in_gdv) < KNOWN_PERSONS:
            self._in_gdv.append(first)

    def spoil(self) -> None:
        """Append the five broken rows."""
        if self._last_person is None or self._last_contract is None:
            return
        self._faults.among_customers(self._customers, self._last_person)
        self._faults.among_contracts(self._contracts, self._last_contract)
        self._faults.among_commissions(self._commissions, self._last_contract, self._as_of)

    def finish(self) -> SampleAgency:
        """Write the files that belong to no unit; returns what was written."""
        as_of = self._as_of
        readme = README.format(as_of=rows.day(as_of))
        (self._directory / "README.txt").write_text(readme, encoding="utf-8", newline="\r\n")
        gdv = write_gdv_stock(
            self._directory / "bestand.gdv", self._chance("gdv"), known=self._in_gdv, as_of=as_of
        )
        broken = self._faults.written

        def good(sheet: rows.Sheet) -> int:
            return (
                sheet.line - 1 - sum(row.refused and row.file == sheet.path.name for row in broken)
            )

        return SampleAgency(
            directory=self._directory,
            customers_csv=self._customers.path,
            contracts_csv=self._contracts.path,
            commissions_csv=self._commissions.path,
            interactions_csv=self._interactions.path,
            staff_csv=self._staff.path,
            gdv=gdv,
            as_of=as_of,
            customers=good(self._customers),
            contracts=good(self._contracts),
            commissions=good(self._commissions),
            interactions=good(self._interactions),
            staff=good(self._staff),
            broken_rows=tuple(broken),
            cancellation=self._showcase.best(),
        )
