"""The position of each field, one table per record, in 1-based bytes as the GDV counts.

Source: GDV, VU-Vermittler, Bestandsdatensatz, release 01.12.2023 (gdv-online.de/vuvm/bestand).
The positions used here have not changed since the release of 01.11.2009.
"""

from dataclasses import dataclass
from typing import Final

RECORD_LENGTH: Final = 256
SHORTEST_RECORD: Final = 42  # header; without it nobody knows which contract is meant
PART_NUMBER: Final = 256  # Satznummer of 0001, 0100 and 0200

KNOWN_RECORDS: Final = frozenset(
    (
        "0001", "0052", "0100", "0102", "0200", "0202", "0210", "0211", "0212", "0220", "0221",
        "0222", "0225", "0230", "0250", "0251", "0260", "0270", "0280", "0291", "0292", "0293",
        "0294", "0295", "0300", "0342", "0350", "0352", "0362", "0372", "0382", "0390", "0392",
        "0400", "0410", "0420", "0430", "0450", "0500", "0550", "0600", "9950", "9951", "9952",
        "9999",
    )
)  # fmt: skip
APPLICATION_RECORD: Final = "0052"  # only applications (Anträge) carry it
PREAMBLE, ADDRESS, CONTRACT, CLOSING = "0001", "0100", "0200", "9999"


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its German name and its first and last byte, both included."""

    name: str
    first: int
    last: int

    @property
    def place(self) -> str:
        """Returns the field as a report shows it: ``Geburtsdatum (226-233)``."""
        span = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.name} ({span})"


class Head:
    """Common to all records but 0001 and 9999."""

    INSURER = Field("VU-Nummer", 5, 9)
    LINE = Field("Sparte", 11, 13)
    NUMBER = Field("Versicherungsschein-Nummer", 14, 30)
    SEQUENCE = Field("Folgenummer", 31, 32)


class Preamble:
    """0001 Vorsatz, any part."""

    INSURER = Field("VU-Nummer", 5, 9)
    SENDER = Field("Absender", 10, 39)


class Address1:
    """0100 Adressteil, part 1."""

    SALUTATION = Field("Anredeschlüssel", 43, 43)
    NAME_1 = Field("Name 1", 44, 73)
    NAME_2 = Field("Name 2", 74, 103)
    NAME_3 = Field("Name 3", 104, 133)
    TITLE = Field("Titel", 134, 153)
    COUNTRY = Field("Länderkennzeichen", 154, 156)
    POSTCODE = Field("Postleitzahl", 157, 162)
    CITY = Field("Ort", 163, 187)
    STREET = Field("Straße", 188, 217)
    PO_BOX = Field("Postfach", 218, 225)
    BIRTH_DATE = Field("Geburtsdatum", 226, 233)
    ROLE = Field("Adresskennzeichen", 237, 238)
    SEX = Field("Geschlecht", 255, 255)


class Address2:
    """0100 Adressteil, part 2; ``REACH`` are pairs of kind and number of communication."""

    INSURERS_NUMBER = Field("Personen-/Kundennummer des Versicherers", 43, 59)
    BROKERS_NUMBER = Field("Personen-/Kundennummer des Vermittlers", 60, 76)
    REACH = tuple(
        (
            Field(f"Kommunikationstyp {slot + 1}", 157 + 22 * slot, 158 + 22 * slot),
            Field(f"Kommunikationsnummer {slot + 1}", 159 + 22 * slot, 178 + 22 * slot),
        )
        for slot in range(4)
    )


class Address3:
    """0100 Adressteil, part 3."""

    REACH = tuple(
        (
            Field(f"Kommunikationstyp {slot + 5}", 43 + 62 * slot, 44 + 62 * slot),
            Field(f"Kommunikationsnummer {slot + 5}", 45 + 62 * slot, 104 + 62 * slot),
        )
        for slot in range(3)
    )
    LEGAL_FORM = Field("Rechtsform", 229, 230)


class Contract1:
    """0200 Allgemeiner Vertragsteil, part 1."""

    START = Field("Vertragsbeginn", 44, 51)
    END = Field("Vertragsablauf", 52, 59)
    MAIN_DUE = Field("Hauptfälligkeit", 60, 67)
    INSTALMENTS = Field("Zahlungsweise", 68, 68)
    STATUS = Field("Vertragsstatus", 69, 69)
    LEAVING_REASON = Field("Abgangsgrund", 70, 71)
    LEAVING_DAY = Field("Abgangsdatum", 72, 79)
    SHARE_KIND = Field("A, F, B", 98, 98)
    SHARE = Field("Anteil in %", 99, 103)
    CURRENCY = Field("Währungsschlüssel", 113, 115)
    PREMIUM = Field("Gesamtbeitrag (Netto)", 116, 127)
    BROKERS_NUMBER = Field("Personen-/Kundennummer des Vermittlers", 176, 192)


class Contract2:
    """0200 Allgemeiner Vertragsteil, part 2."""

    PRODUCT = Field("Produktname", 114, 133)


class Closing:
    """9999 Nachsatz."""

    RECORDS = Field("Anzahl der Sätze", 5, 14)
    PREMIUMS = Field("Gesamtbeitrag", 25, 39)
