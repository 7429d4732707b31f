"""Makes the sample stock file beside it: two insurers, invented people, Windows-1252.

    python -m examples.gdv.make_stock

The layout is that of the GDV data set for intermediaries (VU-Vermittler, release 01.12.2023).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from services.classifier.importers.gdv.records import (
    RECORD_LENGTH,
    Address1,
    Address2,
    Closing,
    Contract1,
    Contract2,
    Field,
    Head,
    Preamble,
)

STOCK: Final = Path(__file__).with_name("musterbestand.gdv")
Fields = Mapping[Field, str]

UTE: Final[Fields] = {
    Address1.SALUTATION: "2", Address1.NAME_1: "Bergmann", Address1.NAME_3: "Ute",
    Address1.TITLE: "Dr.", Address1.COUNTRY: "D", Address1.POSTCODE: "06526",
    Address1.CITY: "Sangerhausen", Address1.STREET: "Lindenallee 4",
    Address1.BIRTH_DATE: "12031984", Address1.ROLE: "01", Address1.SEX: "2",
}  # fmt: skip
JOERG: Final[Fields] = {
    Address1.SALUTATION: "1", Address1.NAME_1: "Größler", Address1.NAME_3: "Jörg",
    Address1.COUNTRY: "D", Address1.POSTCODE: "06217", Address1.CITY: "Merseburg",
    Address1.STREET: "Am Mühlgraben 12", Address1.BIRTH_DATE: "30071961", Address1.ROLE: "01",
    Address1.SEX: "1",
}  # fmt: skip
JOINERY: Final[Fields] = {
    Address1.SALUTATION: "3", Address1.NAME_1: "Tischlerei Holzwurm GmbH",
    Address1.NAME_2: "z.Hd. Frau Späth", Address1.COUNTRY: "D", Address1.POSTCODE: "06108",
    Address1.CITY: "Halle (Saale)", Address1.STREET: "Hobelgasse 3",
    Address1.BIRTH_DATE: "00000000", Address1.ROLE: "01", Address1.SEX: "0",
}  # fmt: skip
ADVISER: Final[Fields] = {
    Address1.SALUTATION: "1", Address1.NAME_1: "Makler", Address1.NAME_3: "Moritz",
    Address1.BIRTH_DATE: "00000000", Address1.ROLE: "14",
}  # fmt: skip


def record(kind: str, part: str, fields: Fields) -> str:
    """One record of 256 characters: numbers of contracts right-aligned, all else left."""
    line = list(kind.ljust(RECORD_LENGTH))
    line[RECORD_LENGTH - 1] = part
    for field, text in fields.items():
        width = field.last - field.first + 1
        right = field.name.startswith(("Versicherungsschein", "Personen"))
        line[field.first - 1 : field.last] = text.rjust(width) if right else text.ljust(width)
    return "".join(line)


def preamble(insurer: str, sender: str) -> list[str]:
    """The 0001 record of a packet."""
    return [record("0001", "1", {Preamble.INSURER: insurer, Preamble.SENDER: sender})]


def closing(records: list[str]) -> str:
    """The 9999 record: how many records, and the sum of net premiums."""
    premiums = sum(
        int(text[Contract1.PREMIUM.first - 1 : Contract1.PREMIUM.last])
        for text in records
        if text.startswith("0200") and text.endswith("1")
    )
    fields = {Closing.RECORDS: f"{len(records):010}", Closing.PREMIUMS: f"{premiums:015}"}
    return record("9999", " ", fields)


def contract(
    insurer: str, line: str, number: str, person: Fields, reach: Fields, terms: Fields, product: str
) -> list[str]:
    """A contract as insurers send it: its policyholder, the intermediary, then 0200."""
    head = {
        Head.INSURER: insurer, Head.LINE: line, Head.NUMBER: number, Head.SEQUENCE: "00",
    }  # fmt: skip
    return [
        record("0100", "1", {**head, **person}),
        record("0100", "2", {**head, **reach}),
        record("0100", "1", {**head, **ADVISER}),
        record("0200", "1", {**head, **terms}),
        record("0200", "2", {**head, Contract2.PRODUCT: product}),
    ]


def terms(start: str, end: str, due: str, instalments: str, premium: int) -> Fields:
    """A running contract; ``premium`` in cents per instalment."""
    return {
        Contract1.START: start, Contract1.END: end, Contract1.MAIN_DUE: due,
        Contract1.INSTALMENTS: instalments, Contract1.STATUS: "1",
        Contract1.LEAVING_DAY: "00000000", Contract1.SHARE: "00000", Contract1.CURRENCY: "EUR",
        Contract1.PREMIUM: f"{premium:012}",
    }  # fmt: skip


def packet(insurer: str, sender: str, contracts: list[list[str]]) -> list[str]:
    """Preamble, contracts, closing record."""
    records = [text for parts in contracts for text in parts]
    return [*preamble(insurer, sender), *records, closing(records)]


def stock() -> bytes:
    """Two packets: five contracts of Ute Bergmann, Jörg Größler and the joinery."""
    phone, mail = Address2.REACH[0], Address2.REACH[1]
    ute = {
        phone[0]: "10", phone[1]: "03464 5555", mail[0]: "50", mail[1]: "ute(a)example.org",
    }  # fmt: skip
    joerg = {Address2.BROKERS_NUMBER: "K-0042", phone[0]: "30", phone[1]: "0151 5550042"}
    joinery = {Address2.INSURERS_NUMBER: "HW77"}
    first = packet("9901", "Saale Sach Versicherung AG", [
        contract("9901", "130", "HR 100-200", UTE, ute,
                 terms("01052011", "01052027", "01052011", "1", 18450), "Hausrat Plus"),
        contract("9901", "041", "PH 100-201", UTE, ute,
                 terms("01052011", "00000000", "01052011", "1", 6990), "Privathaftpflicht"),
        contract("9901", "140", "WG 300-007", JOERG, joerg,
                 terms("15091998", "00000000", "15092025", "2", 21730), "Wohngebäude Komfort"),
    ])  # fmt: skip
    second = packet("9902", "Harz Leben und Gewerbe VVaG", [
        contract("9902", "050", "KF.55.1", UTE, ute,
                 terms("01012019", "01012027", "01012019", "8", 4125), "Kfz Klassik"),
        contract("9902", "650", "GW/8/2020", JOINERY, joinery,
                 terms("01042020", "00000000", "01042026", "4", 51200), "Gewerbepaket"),
    ])  # fmt: skip
    return "".join(f"{text}\r\n" for text in first + second).encode("cp1252")


if __name__ == "__main__":
    STOCK.write_bytes(stock())
