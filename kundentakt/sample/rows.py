"""The form of the files: German headers, dates, amounts and words, as a broker's export has them.

``;`` between cells, ``1.234,56``, ``31.12.2025``, line ends CR LF as Excel writes them.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

from kundentakt.sample.bookings import Booking
from kundentakt.sample.contacts import Contact
from kundentakt.sample.people import Customer
from kundentakt.sample.portfolio import Contract

Cells = Sequence[str]


def _columns(*texts: str) -> tuple[str, ...]:
    return tuple(column for text in texts for column in text.split(";"))


CUSTOMERS_HEADER = _columns(
    "Kundennummer;Kundenart;Kundenstatus;Anrede;Titel;Vorname;Nachname;Firma;Ansprechpartner",
    "Anredeform;Sprache;Straße;PLZ;Ort;Land;Bundesland;Geburtsdatum;Verstorben am;Telefon;E-Mail",
    "Kunde seit;Gewonnen durch;Geworben von;Haushalt mit;Haushaltsart;Kinder;Wohnen",
    "Beruflicher Status;Fahrzeuge;Haustiere;Branche;Mitarbeiterzahl;Maklervertrag",
    "Maklervertrag seit;Maklervollmacht;Einwilligung E-Mail;Einwilligung Telefon",
    "Einwilligung Newsletter;Einwilligung am;Einwilligung Quelle;Werbesperre",
)
CONTRACTS_HEADER = _columns(
    "Kundennummer;Vertragsnummer;Gesellschaft;VU-Nr;Sparte;GDV-Sparte;Produkt;Status;Beginn;Ablauf",
    "Hauptfälligkeit;Kündigungsfrist Monate;Zahlweise;Beitrag netto;Courtagesatz;Fremdvertrag",
    "Storno am;Stornogrund",
)
COMMISSIONS_HEADER = _columns("Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;Betrag")
CONTACTS_HEADER = _columns(
    "Kundennummer;Datum;Uhrzeit;Richtung;Kanal;Rolle;Mitarbeiter;Dauer Minuten;Kilometer;Geschenk",
    "Thema",
)
STAFF_HEADER = _columns(
    "Kürzel;Name;Rolle;E-Mail;Telefon;Kapazität Kunden;Wochenstunden;Stundensatz;Vertretung",
    "Zuständigkeiten",
)

STAFF_ROWS: tuple[Cells, ...] = (
    ("VJ", "Jana Vogt", "Inhaber", "vogt@example.org", "030 23125001", "350", "40", "120,00", "BM",
     "Firmen, Beschwerde, Altersvorsorge"),
    ("BM", "Matthias Böttcher", "Berater", "boettcher@example.org", "030 23125002", "500", "40",
     "70,00", "VJ", "Privat, Beratung, Angebot"),
    ("HS", "Sabrina Hühne", "Innendienst", "huehne@example.org", "030 23125003", "650", "38,5",
     "45,00", "BM", "Schaden, Verwaltung, Bescheinigung"),
)  # fmt: skip


class Sheet:
    """A file under construction; ``line`` is the number of the line written last, the header's 1.

    Cells are written as they are; a character that the encoding lacks raises UnicodeEncodeError.
    """

    def __init__(self, path: Path, header: Cells, *, encoding: str) -> None:
        self._stream = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._stream, delimiter=";", lineterminator="\r\n")
        self._writer.writerow(header)
        self.path = path
        self.line = 1

    def write(self, rows: Iterable[Cells]) -> None:
        """Append the rows, one line each."""
        for row in rows:
            self._writer.writerow(row)
            self.line += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()


def amount(cents: int) -> str:
    """Write cents as ``1.234,56``."""
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros:,}".replace(",", ".") + f",{rest:02d}"


def day(value: date | None) -> str:
    """Write a day as ``31.12.2025``, no day as nothing."""
    return f"{value.day:02d}.{value.month:02d}.{value.year:04d}" if value else ""


def yes(value: bool) -> str:
    """Write a boolean as ``ja`` or ``nein``."""
    return "ja" if value else "nein"


def of_customer(customer: Customer) -> Cells:
    """Return the cells of one line of ``kunden.csv``."""
    life = customer.life if customer.life_known else None
    company, place, consents = customer.is_company, customer.place, customer.consents
    employees = "" if customer.employees is None or not customer.life_known else customer.employees
    return (
        customer.number, "Firma" if company else "privat", customer.status, customer.salutation,
        customer.title, customer.first_name, customer.last_name, customer.company_name,
        customer.contact_person, "Du" if customer.du else "Sie",
        "Englisch" if customer.english else "Deutsch",
        customer.street, place.postcode, place.city, "Deutschland", place.state,
        day(customer.birth_date), day(customer.died_on), customer.phone, customer.email,
        day(customer.since), customer.came_by, customer.referred_by, customer.household_with,
        life.household if life else "", str(life.children) if life else "",
        life.home if life else "", life.employment if life else "",
        str(life.vehicles) if life else "", (", ".join(life.pets) or "keine") if life else "",
        customer.industry, str(employees),
        yes(customer.mandate), day(customer.since) if customer.mandate else "",
        yes(customer.power_of_attorney), yes(consents.email), yes(consents.phone),
        yes(consents.newsletter), day(consents.on), consents.source, yes(consents.no_advertising),
    )  # fmt: skip


def of_contract(contract: Contract) -> Cells:
    """Return the cells of one line of ``vertraege.csv``."""
    line, insurer = contract.line, contract.insurer
    rate = amount(round(line.rate * 100)) if line.rate else ""
    return (
        contract.customer, contract.number, insurer.name, insurer.number, line.name, contract.gdv,
        contract.product, contract.status, day(contract.start), day(contract.end),
        f"{contract.due_day:02d}.{contract.due_month:02d}.", str(line.notice_months),
        contract.payment, amount(contract.premium_cents), rate,
        yes(contract.foreign), day(contract.cancelled_on), contract.cancel_reason,
    )  # fmt: skip


def of_booking(booking: Booking) -> Cells:
    """Return the cells of one line of ``courtagen.csv``."""
    return (
        booking.customer, booking.contract, day(booking.booked_on), booking.kind,
        amount(booking.cents),
    )  # fmt: skip


def of_contact(contact: Contact) -> Cells:
    """Return the cells of one line of ``kontakte.csv``."""
    hour, minute = divmod(contact.minute, 60)
    return (
        contact.customer, day(contact.day), f"{hour:02d}:{minute:02d}",
        "ein" if contact.inbound else "aus", contact.channel, contact.role, contact.staff,
        str(contact.minutes), str(contact.kilometres) if contact.kilometres else "",
        amount(contact.gift_cents) if contact.gift_cents else "", contact.topic,
    )  # fmt: skip
