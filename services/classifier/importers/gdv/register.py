"""Joins a person who is repeated before each contract, in every packet of a file, into one
customer."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from services.classifier.importers.gdv.persons import Person
from services.classifier.importers.names import comparable
from shared.contracts.customers import Customer

MOST_IDENTITIES: Final = 20  # the contract's limit


@dataclass(slots=True)
class RegisteredCustomer:
    """A customer in the making: all addresses that are the same person."""

    persons: list[Person]
    brokers_number: str | None

    @property
    def customer_id(self) -> str:
        """Returns the broker's number, else ``gdv-`` and a digest of names and birth date."""
        if self.brokers_number is not None:
            return self.brokers_number
        likeness = "\x1f".join(self.persons[0].likeness)
        return f"gdv-{blake2b(likeness.encode(), digest_size=10).hexdigest()}"

    @property
    def line(self) -> int:
        """The line of the first address."""
        return self.persons[0].line

    def customer(self) -> Customer:
        """What all addresses together say."""
        return _merged(self)


class CustomerRegister:
    """One customer for all repetitions of a person, over every packet of a file."""

    def __init__(self) -> None:
        self._by_likeness: dict[tuple[str, ...], RegisteredCustomer] = {}
        self._by_number: dict[str, RegisteredCustomer] = {}
        self._customers: list[RegisteredCustomer] = []

    def add(self, person: Person) -> RegisteredCustomer:
        """Returns the customer of this person; the id is known only once all persons were read."""
        customer = self._by_likeness.get(person.likeness)
        number = person.brokers_number
        if number is not None:
            same = self._by_number.get(number)
            if same is not None and not _contradict(same.persons[0], person):
                customer = same
            elif customer is not None and customer.brokers_number not in (None, number):
                customer = None  # the broker tells two people apart, so we do
        if customer is None:
            customer = RegisteredCustomer([], None)
            self._customers.append(customer)
        customer.persons.append(person)
        self._by_likeness.setdefault(person.likeness, customer)
        if number is not None and number not in self._by_number:
            self._by_number[number] = customer
            customer.brokers_number = customer.brokers_number or number
        return customer

    def __iter__(self) -> Iterator[RegisteredCustomer]:
        return iter(self._customers)


def _contradict(one: Person, other: Person) -> bool:
    """Returns whether one number of the broker belongs to two people, whose birth dates are known
    and differ."""
    return None not in (one.birth_date, other.birth_date) and one.birth_date != other.birth_date


def _merged(entry: RegisteredCustomer) -> Customer:
    """Returns the first address, completed by fields that only later ones have."""
    persons = entry.persons
    one = persons[0]
    identities: dict[str, str] = {}
    for person in persons:
        if person.insurer and person.insurers_number:
            key = "gdv" if not identities else f"gdv_{comparable(person.insurer)}"
            number = f"{person.insurer}:{person.insurers_number}"
            if number not in identities.values() and len(identities) < MOST_IDENTITIES:
                identities.setdefault(key, number)
    addressed = next((p for p in persons if p.address.street or p.address.city), one)
    return Customer(
        kind=one.kind,
        salutation=next((p.salutation for p in persons if p.salutation), None),
        title=next((p.title for p in persons if p.title), None),
        first_name=one.first_name,
        last_name=one.last_name,
        company_name=one.company_name,
        contact_person=next((p.contact_person for p in persons if p.contact_person), None),
        birth_date=next((p.birth_date for p in persons if p.birth_date), None),
        address=addressed.address,
        email=next((p.email for p in persons if p.email), None),
        phone=next((p.phone for p in persons if p.phone), None),
        identities=identities,
    )
