"""Writes a GDV stock file by byte positions (GDV data set for insurers and intermediaries).

Records of 256 bytes, ISO 8859-1, line ends CR LF: 0001 once, then for each contract the address
record 0100 (parts 1 and 2, role 01: the policyholder) and the contract record 0200 (parts 1 and
2), and 9999 with the number of records (opening and closing record not counted) and the sum of
the net premiums. Positions are those of release 2023; they have not changed since 2009.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from kundentakt.sample import insurance, names, places
from kundentakt.sample.insurance import SELKETAL, Line
from kundentakt.sample.people import Customer

LENGTH = 256
AGENCY_NUMBER = "0047110815"
RECORD_VERSIONS = ((96, "2.5"), (99, "2.3"), (102, "2.5"), (225, "1.1"))
NEW_PERSONS = 8
KNOWN_PERSONS = 5
LINES: tuple[Line, ...] = (
    insurance.PRIVATE_LIABILITY, insurance.HOUSEHOLD, insurance.MOTOR, insurance.LEGAL,
    insurance.ACCIDENT, insurance.BUILDING,
)  # fmt: skip
PAYMENT_CODES = ((1, 1), (2, 2), (4, 4), (8, 12))
"""GDV payment mode and the instalments per year it stands for."""
MALE, FEMALE = "1", "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class GdvPerson:
    """A policyholder; ``broker_number`` is empty if this agency does not know them yet."""

    last_name: str
    first_name: str
    woman: bool
    title: str
    street: str
    postcode: str
    city: str
    birth_date: date
    phone: str
    insurer_number: str
    broker_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GdvFile:
    """What was written: contracts, distinct persons, those new to the book, the premium sum."""

    path: Path
    contracts: int
    persons: int
    new_persons: int
    premium_cents: int


def _record(fields: Sequence[tuple[int, str]]) -> str:
    """Put texts at their 1-based positions into a line of 256 blanks."""
    line = [" "] * LENGTH
    for position, text in fields:
        line[position - 1 : position - 1 + len(text)] = text
    if len(line) != LENGTH:
        raise ValueError("a field reaches beyond byte 256")
    return "".join(line)


def _day(value: date) -> str:
    return f"{value:%d%m%Y}"


def _head(kind: str, gdv_line: str, policy: str) -> list[tuple[int, str]]:
    """The fields that all records of a contract share: positions 1 to 42."""
    return [
        (1, kind), (5, SELKETAL.number.ljust(5)), (11, gdv_line), (14, policy.rjust(17)),
        (31, "00"), (33, AGENCY_NUMBER),
    ]  # fmt: skip


def _opening(as_of: date) -> str:
    period = _day(as_of.replace(month=1, day=1)) + _day(as_of)
    return _record(
        [
            (1, "0001"), (5, SELKETAL.number.ljust(5)), (10, SELKETAL.name[:30]),
            (40, "Kundentakt Musterbetrieb"), (70, period), (86, AGENCY_NUMBER), (256, "1"),
            *RECORD_VERSIONS,
        ]
    )  # fmt: skip


def _closing(records: int, premium_cents: int) -> str:
    nothing = "0" * 14 + "+"
    return _record(
        [
            (1, "9999"), (5, f"{records:010d}"), (15, AGENCY_NUMBER), (25, f"{premium_cents:015d}"),
            (40, nothing), (55, nothing), (70, nothing), (85, nothing),
        ]
    )  # fmt: skip


def _address(person: GdvPerson, gdv_line: str, policy: str) -> Iterator[str]:
    head = _head("0100", gdv_line, policy)
    yield _record(
        [
            *head, (43, "2" if person.woman else "1"), (44, person.last_name[:30]),
            (104, person.first_name[:30]), (134, person.title[:20]), (154, "D"),
            (157, person.postcode), (163, person.city[:25]), (188, person.street[:30]),
            (226, _day(person.birth_date)), (234, "D"), (237, "01"),
            (255, FEMALE if person.woman else MALE), (256, "1"),
        ]
    )  # fmt: skip
    yield _record(
        [
            *head, (43, person.insurer_number.rjust(17)), (60, person.broker_number.rjust(17)),
            (157, "10"), (159, person.phone[:20]), (245, "1"), (250, "000001"), (256, "2"),
        ]
    )  # fmt: skip


class _Stock:
    """Draws the contracts of the file and keeps count of records and premiums."""

    def __init__(self, random: Random, as_of: date) -> None:
        self._random = random
        self._as_of = as_of
        self.contracts = 0
        self.premium_cents = 0

    def contract(self, person: GdvPerson, line: Line) -> Iterator[str]:
        """Yield the four records of one contract of this person."""
        random = self._random
        self.contracts += 1
        policy = f"SK{self._as_of.year % 100:02d}{self.contracts:05d}"
        mode, instalments = random.choice(PAYMENT_CODES)
        cents = round(line.premium * random.uniform(0.7, 1.5) * 100 / instalments)
        self.premium_cents += cents
        start = date(self._as_of.year - random.randrange(1, 9), random.randrange(1, 13), 1)
        due = start.replace(year=self._as_of.year)
        yield from _address(person, line.gdv, policy)
        head = _head("0200", line.gdv, policy)
        yield _record(
            [
                *head, (43, "2"), (44, _day(start)), (52, "00000000"), (60, _day(due)),
                (68, str(mode)), (69, "1"), (72, "00000000"), (90, "00000000"), (98, "A"),
                (99, "00000"), (113, "EUR"), (116, f"{cents:012d}"),
                (159, person.insurer_number.rjust(17)), (176, person.broker_number.rjust(17)),
                (195, "00"), (197, "0000"), (201, _day(start)), (244, "EUR"), (256, "1"),
            ]
        )  # fmt: skip
        yield _record(
            [
                *head, (66, "000000"), (72, f"{round(cents * 1.19):012d}"), (84, policy),
                (114, line.products[0][:20]), (134, "00000"), (139, _day(start)),
                (147, _day(start)), (256, "2"),
            ]
        )  # fmt: skip


def _known(customer: Customer, position: int) -> GdvPerson:
    """Write a customer of the book as the insurer knows them, under the broker's number."""
    return GdvPerson(
        last_name=customer.last_name,
        first_name=customer.first_name,
        woman=customer.salutation == "Frau",
        title=customer.title,
        street=customer.street,
        postcode=customer.place.postcode,
        city=customer.place.city,
        birth_date=customer.birth_date or date(1970, 1, 1),
        phone=customer.phone,
        insurer_number=f"40{position:04d}",
        broker_number=customer.number,
    )


def _new(random: Random, as_of: date, position: int) -> GdvPerson:
    age, woman, place = random.randrange(22, 78), random.random() < 0.5, places.place(random)
    return GdvPerson(
        last_name=names.surname(random, names.GERMAN_ORIGIN),
        first_name=names.first_name(random, names.GERMAN_ORIGIN, woman=woman, age=age),
        woman=woman,
        title=names.title(random, age),
        street=places.street(random),
        postcode=place.postcode,
        city=place.city,
        birth_date=date(as_of.year - age, random.randrange(1, 13), random.randrange(1, 29)),
        phone=places.phone(random),
        insurer_number=f"41{position:04d}",
        broker_number="",
    )


def write_gdv_stock(
    path: Path, random: Random, *, known: Sequence[Customer], as_of: date
) -> GdvFile:
    """Write the stock of one insurer: some customers of the book, some new ones.

    ``known`` must be persons with a birth date; the first five are used. A person with several
    contracts is repeated before each, as insurers do.
    """
    stock = _Stock(random, as_of)
    persons = [_known(customer, place) for place, customer in enumerate(known[:KNOWN_PERSONS])]
    persons += [_new(random, as_of, place) for place in range(NEW_PERSONS)]
    records: list[str] = []
    for place, person in enumerate(persons):
        for line in random.sample(LINES, 1 + (place % 3 != 0)):
            records.extend(stock.contract(person, line))
    lines = [_opening(as_of), *records, _closing(len(records), stock.premium_cents)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
    return GdvFile(
        path=path,
        contracts=stock.contracts,
        persons=len(persons),
        new_persons=NEW_PERSONS,
        premium_cents=stock.premium_cents,
    )
