"""The values that every importer returns, whether they come from CSV or from GDV.

A CSV list yields its items in file order as it is read. A GDV file yields its findings, then each
customer once, then its contracts, because only the whole file tells who is who. The same customer
or contract may come more than once (a row doubled, a packet sent twice). The later one counts, so a
writer of batches keeps the last of each id.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from pydantic import ValidationError

from services.classifier.domain.contract_matching import ContractName, plain_number
from shared.contracts.customers import (
    CommissionKind,
    Consent,
    ConsentChannel,
    ConsentPurpose,
    Contract,
    Customer,
    Interaction,
    Objections,
)
from shared.csv.files import DoubtfulCell, RejectedCell

LONGEST_ID: Final = 64  # characters, as the contracts have it
ListKind = Literal[
    "customers", "contracts", "commissions", "interactions", "customers_and_contracts"
]
ReadingKind = Literal[
    "customers", "contracts", "commissions", "interactions", "customers_and_contracts", "gdv"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The fields that a source carries of a record; it changes no others.

    ``fields`` are named as in `domain/records.py`; None means every field that has a
    value. ``empty``
    are fields whose column is there with an empty cell. ``source`` is ``csv:<kind of list>`` or
    ``gdv:<number of the insurer>``.
    """

    source: str
    fields: frozenset[str] | None = None
    empty: frozenset[str] = frozenset()


NOTHING_SAID: Final = Carried(source="csv:list")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConsent:
    """One consent or refusal that stood in a customer's row."""

    purpose: ConsentPurpose
    channel: ConsentChannel
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBy:
    """What an insurer's file says of a person beside the name: their contracts and their numbers
    with the insurer. ``numbered`` says that the id is the broker's own number for them."""

    contracts: tuple[ContractName, ...] = ()
    identities: tuple[str, ...] = ()
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCustomer:
    """A customer; ``line`` is the first line that names them. Connections are in ``customer``.

    ``known_by`` finds who they are here; None if the list names them by the broker's number.
    """

    line: int
    customer_id: str
    customer: Customer
    consents: tuple[ReadConsent, ...] = ()
    objections: Objections | None = None
    known_by: KnownBy | None = None
    carried: Carried = field(default=NOTHING_SAID, compare=False)

    def carrying(self, carried: Carried) -> "ReadCustomer":
        """The same with what its row carries; `replace` takes twice as long, row by row."""
        return ReadCustomer(
            line=self.line,
            customer_id=self.customer_id,
            customer=self.customer,
            consents=self.consents,
            objections=self.objections,
            known_by=self.known_by,
            carried=carried,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadContract:
    """A contract; its id is `contract_id_of` the insurer's number and the contract number.

    ``known_by`` finds its holder, as in `ReadCustomer`.
    """

    line: int
    customer_id: str
    contract_id: str
    contract: Contract
    known_by: KnownBy | None = None
    carried: Carried = field(default=NOTHING_SAID, compare=False)

    def carrying(self, carried: Carried) -> "ReadContract":
        """The same with what its row carries, as of `ReadCustomer`."""
        return ReadContract(
            line=self.line,
            customer_id=self.customer_id,
            contract_id=self.contract_id,
            contract=self.contract,
            known_by=self.known_by,
            carried=carried,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A row of a statement; if it has no customer number, its contract decides whose it is."""

    commission_id: str
    customer_id: str | None
    contract_id: str | None
    booked_on: date
    kind: CommissionKind
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCommission:
    """A booking with what finds its contract: the insurer, by number or name, and the number.

    ``contract_number`` is normalised. ``commission.contract_id`` is the id that insurer's number
    and contract number make, None where one of them is missing; the contract itself may be known
    under another id, with zeros in front. ``first_of_its_day`` says that no row above tells of the
    same contract, day and kind: a list that tells several means several, and corrects none.
    """

    line: int
    commission: Booking
    first_of_its_day: bool = True
    contract_number: str | None = None
    insurer: str | None = None
    insurer_number: str | None = None
    line_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInteraction:
    """One contact."""

    line: int
    interaction: Interaction


RejectedRow = RejectedCell
"""A row or record that was left out: line, column (GDV: field and bytes), value, reason."""

Warning_ = DoubtfulCell
"""Something doubtful about a row or record that was imported all the same."""

Item = ReadCustomer | ReadContract | ReadCommission | ReadInteraction | RejectedRow | Warning_


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A file whose kind and header are understood; ``items`` can be iterated once."""

    kind: ReadingKind
    encoding: str
    items: Iterator[Item]


def contract_number_of(text: str) -> str:
    """Returns the number in upper case, without blanks and ``. - /``, because insurers mean the
    same number.

    Characters that no id may contain are dropped too; returns an empty text if nothing is left.
    """
    return plain_number(text)[:50]


def number_told_of(contract: Contract) -> str:
    """The number that a source tells of a contract, normalised; empty if it tells none."""
    return contract_number_of(contract.contract_number or "")


def known_number_of(contract: Contract, contract_id: str) -> str:
    """The number of a contract, normalised; the end of its id if no number is known."""
    return contract_number_of(contract.contract_number or contract_id.rpartition(":")[2])


def contract_id_of(insurer_number: str | None, number: str) -> str:
    """Returns ``9999:59999999995``; the number alone if the insurer's is unknown.

    ``number`` is normalised already (`contract_number_of`).
    """
    insurer = contract_number_of(insurer_number or "")[:10]
    return f"{insurer}:{number}" if insurer else number


def id_of_its_line(item: ReadContract) -> str:
    """Returns ``9999:A1.GLASS``: insurers bundle household, glass and liability under one number,
    and each line is a contract."""
    code = contract_number_of(item.contract.gdv_line or item.contract.line)
    return f"{item.contract_id[: LONGEST_ID - 1 - len(code)]}.{code}"


def refused_row(line: int, error: ValidationError) -> RejectedRow:
    """The refusal of a row or record that cannot be what its single values make together."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    told = f"{place}: {message}" if place else message
    return RejectedRow(
        line=line, column="", value="", code="row-invalid",
        reason_de=f"Die Angaben der Zeile ergeben keinen Datensatz ({told}).",
        reason_en=f"The values of this line make no record ({told}).",
    )  # fmt: skip
