"""Reads a whole GDV file as items: each customer once, then the contracts."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timezone

from pydantic import ValidationError

from services.classifier.domain.contract_matching import ContractName
from services.classifier.domain.latest_days import LAST_ZONE
from services.classifier.importers.broker_csv.own_words import NO_OWN_WORDS, OwnWords
from services.classifier.importers.doubtful_names import doubts_of_name
from services.classifier.importers.gdv.charset import Encoding
from services.classifier.importers.gdv.codes import POLICYHOLDER_ROLES
from services.classifier.importers.gdv.contracts import ContractRecords, Unimportable, contract_of
from services.classifier.importers.gdv.findings import Findings
from services.classifier.importers.gdv.packets import (
    ContractKey,
    Packet,
    PacketReader,
    policyholder,
)
from services.classifier.importers.gdv.persons import AddressRecords, Person, person_of
from services.classifier.importers.gdv.physical import Record, records
from services.classifier.importers.gdv.records import Address1, Contract1
from services.classifier.importers.gdv.register import CustomerRegister, RegisteredCustomer
from services.classifier.importers.reading import (
    Carried,
    Item,
    KnownBy,
    ReadContract,
    ReadCustomer,
    Reading,
    RejectedRow,
    contract_id_of,
    contract_number_of,
    refused_row,
)
from shared.contracts.customers import Contract, Customer, Objections
from shared.csv.cells import CellError, identifier


def read_gdv(
    data: bytes,
    *,
    as_of: date,
    encoding: Encoding | None = None,
    own_words: OwnWords = NO_OWN_WORDS,
) -> Reading:
    """Reads a file; raises `NotAGdvFile`. ``encoding`` overrides what is detected; ``own_words``
    say what the agency's insurers mean by codes that no list of the GDV has.

    Findings come first, then every customer once, then the contracts in file order.
    """
    charset, found = records(data, encoding)
    return Reading(kind="gdv", encoding=charset, items=_items(list(found), as_of, own_words))


def _items(found: list[Record], as_of: date, own_words: OwnWords) -> Iterator[Item]:
    delivery = Delivery(as_of, own_words)
    for packet in PacketReader(delivery.findings).read(found):
        delivery.take(packet)
    yield from delivery.items()


Owned = tuple[int, RegisteredCustomer | str, ContractKey, Contract]
"""A contract with its line, its holder and its key."""


class Delivery:
    """Joins what the packets of one file say about the same customers and contracts."""

    def __init__(self, as_of: date, own_words: OwnWords) -> None:
        self.as_of = as_of
        self.findings = Findings(own_words)
        self.register = CustomerRegister()
        self._owned: list[Owned] = []
        self._seen: dict[int, RegisteredCustomer | None] = {}
        self._insurers: dict[int, str] = {}

    def take(self, packet: Packet) -> None:
        """Takes all policyholders and contracts of a packet; applications are left out, because
        they are no contracts yet."""
        if packet.application is not None:
            self.findings.reject(
                packet.application, None, "application-not-stock",
                "Das sind Antragsdaten (Satzart 0052), kein Bestand: nichts übernommen.",
                "This is application data (record 0052), not stock: nothing imported.",
            )  # fmt: skip
            return
        for addresses in packet.addresses.values():
            for address in addresses:
                holder = policyholder(packet, address.first.contract_key)
                if address is holder or address.role in POLICYHOLDER_ROLES:
                    self._customer(address.first.line, self._person(address))
            self._tell_further(packet, addresses)
        for key, contract in packet.contracts:
            self._contract(packet, key, contract)

    def _person(self, address: AddressRecords) -> Person | None:
        try:
            return person_of(address, as_of=self.as_of, findings=self.findings)
        except ValidationError as error:
            self._refuse(address.first.line, error)
            return None

    def _refuse(self, line: int, error: ValidationError) -> None:
        """Refuse one record that makes none of ours, and not the whole file."""
        self.findings.items.append(refused_row(line, error))

    def _customers(self) -> list[tuple[RegisteredCustomer, Customer]]:
        """Every customer with what all addresses together say."""
        found = []
        for entry in self.register:
            try:
                found.append((entry, entry.customer()))
            except ValidationError as error:
                self._refuse(entry.line, error)
        return found

    def _tell_further(self, packet: Packet, addresses: list[AddressRecords]) -> None:
        """Takes further policyholders of a contract as customers; the contract has one owner."""
        for address in addresses:
            holder = policyholder(packet, address.first.contract_key)
            person = self._seen.get(address.first.line)
            if holder is None or person is None or person is self._seen.get(holder.first.line):
                continue
            self.findings.warn(
                address.first, Address1.ROLE, "further-policyholder",
                "Weiterer Versicherungsnehmer: als Kunde übernommen; der Vertrag steht beim "
                f"ersten (Zeile {holder.first.line}).",
                "A further policyholder: imported as a customer; the contract is the first one's "
                f"(line {holder.first.line}).",
            )  # fmt: skip

    def _held_off(self, customer: Customer) -> Objections | None:
        """An objection of today for who may have died and for heirs, until a person answers."""
        if not any(doubt.held_off for doubt in doubts_of_name(customer)):
            return None
        began = datetime.combine(self.as_of, time(), tzinfo=timezone(LAST_ZONE))
        return Objections(advertising=began)

    def items(self) -> Iterator[Item]:
        """Yields everything, with the ids that only the whole file determines."""
        owned = self._without_conflicts()
        customers = self._customers()
        yield from sorted(self.findings.items, key=lambda item: item.line)
        held, ids = self._holdings(customers), self._ids()
        for entry, customer in customers:
            yield ReadCustomer(
                line=entry.line,
                known_by=held[id(entry)],
                customer_id=entry.customer_id,
                customer=customer,
                objections=self._held_off(customer),
                carried=Carried(source=f"gdv:{self._insurers.get(entry.line, '')}"),
            )
        for line, owner, key, contract in owned:
            yield ReadContract(
                line=line,
                known_by=held.get(id(owner)),
                customer_id=owner if isinstance(owner, str) else owner.customer_id,
                contract_id=ids[key],
                contract=contract,
                carried=Carried(source=f"gdv:{contract.insurer_number or ''}"),
            )

    def _without_conflicts(self) -> list[Owned]:
        """The records without those that tell a contract otherwise than its first one does: they
        are told and not taken, because nothing says which is right."""
        first: dict[ContractKey, Owned] = {}
        taken = []
        for owned in self._owned:
            line, _, key, contract = owned
            before = first.setdefault(key, owned)
            if before[1:] == owned[1:]:
                taken.append(owned)
            else:
                self.findings.items.append(_doubled(line, before[0], contract))
        return taken

    def _customer(self, line: int, person: Person | None) -> None:
        self._seen[line] = None if person is None else self.register.add(person)
        if person is not None:
            self._insurers[line] = person.insurer

    def _contract(self, packet: Packet, key: ContractKey, parts: ContractRecords) -> None:
        try:
            contract = contract_of(
                parts, insurer=packet.sender, as_of=self.as_of, findings=self.findings
            )
            owner = self._owner(packet, key, parts.first)
        except ValidationError as error:
            self._refuse(parts.first.line, error)
            return
        except Unimportable:
            return
        self._owned.append((parts.first.line, owner, key, contract))

    def _owner(self, packet: Packet, key: ContractKey, first: Record) -> RegisteredCustomer | str:
        """Returns the policyholder's customer; without an address the broker's number on the
        contract."""
        address = policyholder(packet, key)
        if address is not None:
            owner = self._seen[address.first.line]
            if owner is not None:
                return owner
            self.findings.reject(
                first, None, "policyholder-unreadable",
                f"Der Versicherungsnehmer in Zeile {address.first.line} ist nicht lesbar.",
                f"The policyholder in line {address.first.line} cannot be read.",
            )  # fmt: skip
            raise Unimportable
        number = first.value(Contract1.BROKERS_NUMBER)
        try:
            if number.strip("0"):
                return identifier(number)
        except CellError:
            pass
        self.findings.reject(
            first, None, "policyholder-missing",
            "Zu diesem Vertrag fehlt der Adresssatz des Versicherungsnehmers (0100, Rolle 01).",
            "The policyholder's address (0100, role 01) is missing.",
        )  # fmt: skip
        raise Unimportable

    def _holdings(self, customers: list[tuple[RegisteredCustomer, Customer]]) -> dict[int, KnownBy]:
        """What each customer is known by, by the customer."""
        held: dict[int, list[ContractName]] = {id(entry): [] for entry in self.register}
        for _, owner, key, _ in self._owned:
            if not isinstance(owner, str):
                name = ContractName(number=contract_number_of(key[1]), insurer_number=key[0])
                held[id(owner)].append(name)
        return {
            id(entry): KnownBy(
                contracts=tuple(dict.fromkeys(held[id(entry)])),
                identities=tuple(customer.identities.values()),
                numbered=entry.brokers_number is not None,
            )
            for entry, customer in customers
        }

    def _ids(self) -> dict[ContractKey, str]:
        """Returns insurer and number; with line and sequence only if several contracts share the
        number.

        It never depends on the order of the records, which changes from month to month.
        """
        keys = {key for _, _, key, _ in self._owned}
        of_number = Counter(key[:2] for key in keys)
        of_line = Counter(key[:3] for key in keys)
        ids = {}
        for key in keys:
            insurer, number, line, sequence = key
            contract_id = contract_id_of(insurer, contract_number_of(number))
            if of_number[key[:2]] > 1:
                contract_id += f".{contract_number_of(line)}"
            if of_line[key[:3]] > 1:
                contract_id += f".{contract_number_of(sequence)}"
            ids[key] = contract_id
        return ids


def _doubled(line: int, first: int, contract: Contract) -> RejectedRow:
    number = contract.contract_number or ""
    return RejectedRow(
        line=line, column="0200", value=number, code="number-doubled",
        reason_de=f"Der Vertrag {number} steht schon in Zeile {first} mit anderen Angaben; der "
        "erste Satz gilt.",
        reason_en=f"Line {first} tells the contract {number} with other values; the first record "
        "counts.",
    )  # fmt: skip
