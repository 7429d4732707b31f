"""A GDV file as packets (0001 … 9999), each holding addresses and contracts by contract key."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.classifier.importers.gdv.codes import POLICYHOLDER_ROLES
from services.classifier.importers.gdv.contracts import ContractRecords, premium_as_sent
from services.classifier.importers.gdv.findings import Findings
from services.classifier.importers.gdv.persons import AddressRecords
from services.classifier.importers.gdv.physical import Record
from services.classifier.importers.gdv.records import (
    ADDRESS,
    APPLICATION_RECORD,
    CLOSING,
    CONTRACT,
    KNOWN_RECORDS,
    PREAMBLE,
    RECORD_LENGTH,
    SHORTEST_RECORD,
    Address1,
    Closing,
    Preamble,
)

_COMMISSIONS = ("commissions-not-read", "Provisionen und Inkasso", "Commission records")
_CLAIMS = ("claims-not-read", "Schäden", "Claims")
UNREAD: Final = {
    "0400": _COMMISSIONS, "0410": _COMMISSIONS, "0420": _COMMISSIONS, "0430": _COMMISSIONS,
    "0450": _COMMISSIONS, "0500": _CLAIMS, "0550": _CLAIMS,
}  # fmt: skip
"""Records whose content a user would miss; a warning says that they are skipped."""
PARTS: Final = frozenset("12345")
ContractKey = tuple[str, str, str, str]


@dataclass(slots=True)
class Packet:
    """One insurer's delivery."""

    preamble: Record | None
    addresses: dict[ContractKey, list[AddressRecords]] = field(default_factory=dict)
    addresses_of_number: dict[tuple[str, str], list[AddressRecords]] = field(default_factory=dict)
    contracts: list[tuple[ContractKey, ContractRecords]] = field(default_factory=list)
    latest: dict[ContractKey, ContractRecords] = field(default_factory=dict)
    records: int = 0  # between preamble and closing record
    premium_cents: int = 0
    application: Record | None = None
    closed: bool = False

    @property
    def sender(self) -> str:
        """Returns the free text of the preamble, usually the insurer's name."""
        return self.preamble.value(Preamble.SENDER) if self.preamble else ""


class PacketReader:
    """Reads records in file order; the parts of a contract may come in any order."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.packets: list[Packet] = []
        self.skipped: Counter[str] = Counter()
        self._first_skipped: dict[str, Record] = {}
        self._waiting: dict[tuple[str, ContractKey], dict[str, Record]] = {}
        self._last: tuple[str, ContractKey, str] | None = None

    def read(self, records: Iterable[Record]) -> list[Packet]:
        """Returns all packets; what was wrong with them is among the findings."""
        for record in records:
            self._take(record)
        if self.packets and not self.packets[-1].closed:
            self._unclosed(self.packets[-1])
        self._tell_skipped()
        return self.packets

    def _take(self, record: Record) -> None:
        kind = record.kind
        if not (kind.isascii() and kind.isdigit()):
            self.findings.reject(
                record, None, "record-unreadable",
                "Die Zeile beginnt nicht mit einer Satzart.", "No record type in front.",
            )  # fmt: skip
        elif kind == PREAMBLE:
            self._open(record)
        elif kind == CLOSING:
            self._close(record)
        else:
            self._packet(record).records += 1
            self._take_data(kind, record)

    def _take_data(self, kind: str, record: Record) -> None:
        packet = self._packet(record)
        if record.length < SHORTEST_RECORD:
            self.findings.reject(
                record, None, "record-cut",
                "Der Satz ist abgeschnitten.", "The record is cut.",
            )  # fmt: skip
            return
        if record.length > RECORD_LENGTH:
            self.findings.warn(
                record, None, "record-too-long",
                f"Der Satz ist {record.length} statt 256 Zeichen lang: Felder können verschoben "
                "sein.", f"The record has {record.length} characters instead of 256.",
            )  # fmt: skip
        if kind == ADDRESS:
            self._address(packet, record)
        elif kind == CONTRACT:
            self._contract(packet, record)
        elif kind == APPLICATION_RECORD:
            packet.application = packet.application or record
        elif kind not in KNOWN_RECORDS or kind in UNREAD:
            self.skipped[kind] += 1
            self._first_skipped.setdefault(kind, record)

    def _open(self, record: Record) -> None:
        current = self.packets[-1] if self.packets else None
        if current and not current.closed and current.preamble and current.records == 0:
            return  # part 2 or 3 of the same preamble
        if current and not current.closed:
            self._unclosed(current)
        self._begin(Packet(record))

    def _begin(self, packet: Packet) -> None:
        self.packets.append(packet)
        self._waiting.clear()
        self._last = None

    def _packet(self, record: Record) -> Packet:
        if not self.packets or self.packets[-1].closed:
            self.findings.warn(
                record, None, "preamble-missing",
                "Vor diesem Satz fehlt der Vorsatz (0001).", "The preamble (0001) is missing.",
            )  # fmt: skip
            self._begin(Packet(None))
        return self.packets[-1]

    def _part(self, record: Record, key: ContractKey) -> str:
        """Returns the part number; if it is missing, the one after the last of the same
        contract."""
        part = record.part
        if part not in PARTS:
            last = self._last
            follows = last is not None and last[:2] == (record.kind, key)
            part = str(int(last[2]) + 1) if last is not None and follows else "1"
            part = "1" if part not in PARTS else part
        self._last = (record.kind, key, part)
        return part

    def _address(self, packet: Packet, record: Record) -> None:
        key = record.contract_key
        part = self._part(record, key)
        addresses = packet.addresses.setdefault(key, [])
        if part == "1":
            waiting = self._waiting.pop((ADDRESS, key), {})
            addresses.append(AddressRecords(first=record, parts=waiting))
            packet.addresses_of_number.setdefault(key[:2], []).append(addresses[-1])
        elif addresses and part not in addresses[-1].parts:
            addresses[-1].parts[part] = record
        else:
            self._waiting.setdefault((ADDRESS, key), {})[part] = record

    def _contract(self, packet: Packet, record: Record) -> None:
        key = record.contract_key
        part = self._part(record, key)
        if part == "1":
            packet.premium_cents += premium_as_sent(record)
            waiting = self._waiting.pop((CONTRACT, key), {})
            contract = ContractRecords(first=record, second=waiting.get("2"))
            packet.contracts.append((key, contract))
            packet.latest[key] = contract
            return
        latest = packet.latest.get(key)
        if latest is not None and latest.second is None:
            latest.second = record
        else:
            self._waiting.setdefault((CONTRACT, key), {})[part] = record

    def _unclosed(self, packet: Packet) -> None:
        if packet.preamble is not None:
            self.findings.warn(
                packet.preamble, None, "closing-missing",
                "Zu diesem Vorsatz fehlt der Nachsatz (9999): Die Lieferung ist womöglich "
                "unvollständig.", "The closing record (9999) is missing.",
            )  # fmt: skip

    def _close(self, record: Record) -> None:
        packet = self._packet(record)
        packet.closed = True
        if record.length < Closing.PREMIUMS.last:
            self.findings.warn(
                record, None, "closing-cut",
                "Der Nachsatz ist abgeschnitten: Anzahl und Summe sind nicht geprüft.",
                "The closing record is cut: count and sum are not checked.",
            )  # fmt: skip
            return
        self._check_count(packet, record)
        self._check_sum(packet, record)

    def _check_count(self, packet: Packet, record: Record) -> None:
        """Compares the count of records, which leaves out preamble and closing record as in the
        association's sample."""
        told = record.value(Closing.RECORDS)
        if not _is_number(told) or int(told) != packet.records:
            self.findings.warn(
                record, Closing.RECORDS, "count-differs",
                f"Der Nachsatz nennt eine andere Zahl von Sätzen als gelesen ({packet.records}).",
                f"The closing record tells another number of records ({packet.records} read).",
            )  # fmt: skip

    def _check_sum(self, packet: Packet, record: Record) -> None:
        told = record.value(Closing.PREMIUMS)
        if not _is_number(told) or int(told) != packet.premium_cents:
            self.findings.warn(
                record, Closing.PREMIUMS, "sum-differs",
                "Der Nachsatz nennt einen anderen Gesamtbeitrag, als die Verträge ergeben "
                f"({packet.premium_cents} Cent).",
                f"The closing record tells another sum ({packet.premium_cents} cents read).",
            )  # fmt: skip

    def _tell_skipped(self) -> None:
        for kind, count in sorted(self.skipped.items()):
            if kind in UNREAD:
                self._tell_unread(kind, count)
                continue
            self.findings.warn(
                self._first_skipped[kind], None, "record-type-unknown",
                f"Satzart {kind} ist unbekannt: {count} Sätze übersprungen.",
                f"Record type {kind} is unknown: {count} records skipped.",
            )  # fmt: skip

    def _tell_unread(self, kind: str, count: int) -> None:
        code, german, english = UNREAD[kind]
        self.findings.warn(
            self._first_skipped[kind], None, code,
            f"{german} (Satzart {kind}) werden nicht gelesen: {count} Sätze übersprungen.",
            f"{english} (record {kind}) are not read: {count} records skipped.",
        )  # fmt: skip


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def policyholder(packet: Packet, key: ContractKey) -> AddressRecords | None:
    """Returns the address of role 01 (31, 61) under a contract's key, else under its number alone.

    A contract's only address without a role is taken for the policyholder's.
    """
    exact = packet.addresses.get(key, [])
    for addresses in (exact, packet.addresses_of_number.get(key[:2], [])):
        holders = [address for address in addresses if address.role in POLICYHOLDER_ROLES]
        if holders:
            return min(holders, key=lambda address: address.role)
    unnamed = [a for a in exact if not a.first.value(Address1.ROLE)]
    return unnamed[0] if len(unnamed) == 1 else None
