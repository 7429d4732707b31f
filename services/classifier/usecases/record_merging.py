"""What somebody tells of customers and contracts, and the records that come of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from services.classifier.domain.contract_endings import with_what_it_lifts
from services.classifier.domain.provenance import LeftAlone, Merged, first_word, merged
from services.classifier.domain.records import (
    ENDING_GROUP,
    KEPT_UNLESS_NAMED,
    NESTED,
    Model,
    NameMissing,
    RecordContradictory,
    contract_group,
    customer_group,
    field_names,
    fields_of,
    named_fields,
    record_of,
)
from services.classifier.domain.words import Word
from services.classifier.store.contracts import ContractRecord
from services.classifier.store.customers import CustomerRecord
from shared.contracts.bounds import STORED
from shared.contracts.customers import Contract, Customer
from shared.contracts.vocabulary import ContractId, CustomerId

API = "api"
NAMES: Final = ("first_name", "last_name", "company_name")
"""A file that changes one of these may bring a marriage, or mean somebody else."""
INSTALMENTS: Final = "instalments_per_year"
ContractKey = tuple[CustomerId, ContractId]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCustomer:
    """A word on a customer; ``customer`` is the record if it is nobody known as yet."""

    customer_id: CustomerId
    word: Word
    customer: Customer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedContract:
    """A word on a contract; ``contract`` is the record if it is none known as yet."""

    customer_id: CustomerId
    contract_id: ContractId
    word: Word
    contract: Contract | None = None

    @property
    def key(self) -> ContractKey:
        """Customer and contract."""
        return self.customer_id, self.contract_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftField:
    """A field that stays as known although the word at this place in the batch says otherwise.

    ``told`` is what the word says; None where it left the field empty.
    """

    place: int
    field: LeftAlone
    known: Any
    told: Any


@dataclass(slots=True)
class MergedCustomers:
    """The records after all words of a batch, by id."""

    records: dict[CustomerId, CustomerRecord] = field(default_factory=dict)
    changed: dict[CustomerId, frozenset[str]] = field(default_factory=dict)
    refused: dict[CustomerId, RecordContradictory] = field(default_factory=dict)
    left: list[LeftField] = field(default_factory=list)


@dataclass(slots=True)
class MergedContracts:
    """The contracts after all words of a batch, by key."""

    records: dict[ContractKey, ContractRecord] = field(default_factory=dict)
    changed: set[ContractKey] = field(default_factory=set)
    refused: dict[ContractKey, RecordContradictory] = field(default_factory=dict)
    left: list[LeftField] = field(default_factory=list)


def replacement_of(record: Customer | Contract, *, now: datetime) -> Word:
    """The word of a PUT: every field, but death, end of mandate and what was before this system
    only if the body names them."""
    named = named_fields(record)
    fields = {
        name: value
        for name, value in fields_of(record).items()
        if name in named or name not in KEPT_UNLESS_NAMED
    }
    return Word(source=API, at=now, fields=fields, final=True, whole=True)


def word_of(record: Customer | Contract, *, source: str, at: datetime) -> Word:
    """A word that changes only the fields which the record names, null included."""
    named = named_fields(record)
    fields = {name: value for name, value in fields_of(record).items() if name in named}
    return Word(source=source, at=at, fields=fields)


def patch_of(record: Model, patch: Mapping[str, Any], *, now: datetime) -> Word:
    """The word of a JSON Merge Patch (RFC 7396); raises RecordContradictory if what comes of it
    is no record."""
    whole = _patched(record.model_dump(mode="json"), patch)
    named = _named_by(patch)
    try:
        after = type(record).model_validate(whole)
    except ValidationError as error:
        given = {name.partition(".")[0] for name in named}
        places = [each["loc"] for each in error.errors()]
        if any(place[0] in given for place in places if place) or (
            () in places and _is_sound(record)
        ):
            raise RecordContradictory(error) from None
        # What the patch leaves alone was taken before a bound of today.
        after = type(record).model_validate(whole, context=STORED)
    fields = {
        name: value
        for name, value in fields_of(after).items()
        if name in named or name.partition(".")[0] in named
    }
    return Word(source=API, at=now, fields=fields, final=True)


def _is_sound(record: Customer | Contract) -> bool:
    """Whether a record as it is known keeps today's rules; else they bind nobody who only changes
    something else in it."""
    try:
        type(record).model_validate(record.model_dump())
    except ValidationError:
        return False
    return True


def _patched(target: Any, patch: Any, *, free: bool = False) -> Any:
    """``MergePatch`` of RFC 7396, section 2. A null for a name that no record has stays, so that
    it is refused; in ``free`` objects any name may go."""
    if not isinstance(patch, Mapping):
        return patch
    members = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None and (free or name in members):
            members.pop(name, None)
        else:
            members[name] = _patched(members.get(name), value, free=name == "identities")
    return members


def _named_by(patch: Mapping[str, Any]) -> set[str]:
    """The fields a patch names; a whole part if it is null."""
    named: set[str] = set()
    for name, value in patch.items():
        if name in NESTED and isinstance(value, Mapping):
            named |= {f"{name}.{part}" for part in value}
        else:
            named.add(name)
    return named


def take_customers(
    known: Mapping[CustomerId, CustomerRecord], told: Sequence[ReportedCustomer]
) -> MergedCustomers:
    """Apply the words in their order; each finds what those before it left."""
    taken = MergedCustomers()
    for place, each in enumerate(told):
        before = taken.records.get(each.customer_id) or known.get(each.customer_id)
        try:
            record, changed, left = _customer(each, before)
        except RecordContradictory as contradiction:
            taken.refused[each.customer_id] = contradiction
            continue
        if left:
            taken.left += _to_tell(place, each.word, left)
        before_this = taken.changed.get(each.customer_id)
        taken.changed[each.customer_id] = before_this | changed if before_this else changed
        if before is None or record != before:
            taken.records[each.customer_id] = record
    return taken


_Result = tuple[CustomerRecord, frozenset[str], list[tuple[LeftAlone, Any]]]


def _customer(told: ReportedCustomer, before: CustomerRecord | None) -> _Result:
    if before is None:
        customer = told.customer or record_of(Customer, told.word.fields)
        if not customer.named:
            raise _name_missing(customer)
        fields = field_names(customer)
        provenance = first_word(told.word, fields, customer_group)
        record = CustomerRecord(
            customer_id=told.customer_id, customer=customer, provenance=provenance
        )
        return record, fields, []
    known = fields_of(before.customer)
    word = _with_known_identities(told.word, known)
    result = merged(known, before.provenance, word, customer_group)
    customer = record_of(Customer, result.fields) if result.changed else before.customer
    if not customer.named and before.customer.named:
        raise _name_missing(customer)
    record = replace(before, customer=customer, provenance=result.provenance)
    left = _left(result, known)
    if word.from_file:
        left += [
            (LeftAlone(field=name, why="renamed"), known[name])
            for name in NAMES
            if name in result.changed and known[name] is not None
        ]
    return record, result.changed, left


def _name_missing(customer: Customer) -> NameMissing:
    try:
        Customer(kind=customer.kind)
    except ValidationError as error:
        return NameMissing(error)
    raise AssertionError("a customer with a name lacks none")


def _with_known_identities(word: Word, known: Mapping[str, Any]) -> Word:
    """A word that replaces nothing adds its numbers to those of the other systems."""
    if word.final or not word.fields.get("identities"):
        return word
    told = dict(known["identities"])
    for system, number in word.fields["identities"].items():
        if number in told.values():
            continue
        insurer = "".join(filter(str.isalnum, number.partition(":")[0].lower()))
        told[f"{system}_{insurer}" if system in told else system] = number
    return replace(word, fields={**word.fields, "identities": told})


def take_contracts(
    known: Mapping[ContractKey, ContractRecord], told: Sequence[ReportedContract]
) -> MergedContracts:
    """Apply the words in their order; each finds what those before it left."""
    taken = MergedContracts()
    for place, each in enumerate(told):
        before = taken.records.get(each.key) or known.get(each.key)
        try:
            record, left = _contract(each, before)
        except RecordContradictory as contradiction:
            taken.refused[each.key] = contradiction
            continue
        if left:
            taken.left += _to_tell(place, each.word, left)
        if before is None or record.contract != before.contract:
            taken.changed.add(each.key)
        if before is None or record != before:
            taken.records[each.key] = record
    return taken


def _contract(
    told: ReportedContract, before: ContractRecord | None
) -> tuple[ContractRecord, list[tuple[LeftAlone, Any]]]:
    if before is None:
        contract = told.contract or record_of(Contract, told.word.fields)
        provenance = first_word(told.word, field_names(contract), contract_group)
        record = ContractRecord(
            customer_id=told.customer_id,
            contract_id=told.contract_id,
            contract=contract,
            provenance=provenance,
        )
        return record, []
    known = fields_of(before.contract)
    ending = before.provenance.groups.get(ENDING_GROUP)
    lifting = with_what_it_lifts(known, told.word, ending.source if ending else None)
    word, unpaired = _with_its_premium(lifting, known)
    result = merged(known, before.provenance, word, contract_group)
    withdrawn = _ended_at_its_start(result) if word.from_file else None
    fields = result.fields if withdrawn is None else {**result.fields, "end": withdrawn}
    contract = record_of(Contract, fields) if result.changed else before.contract
    record = replace(before, contract=contract, provenance=result.provenance)
    left = _left(result, known) + unpaired
    if withdrawn is not None:
        left.append((LeftAlone(field="end", why="withdrawn"), withdrawn))
    return record, left


def _ended_at_its_start(result: Merged) -> date | None:
    """The day on which a contract ends that a file cancels to a day before its known start: it is
    withdrawn, and ends on the day it would have started, as by an event."""
    start, end = result.fields.get("start"), result.fields.get("end")
    if start is None or end is None or end >= start:
        return None
    changed = "end" in result.changed and result.fields.get("status") == "cancelled"
    return start if changed else None


def _with_its_premium(
    word: Word, known: Mapping[str, Any]
) -> tuple[Word, list[tuple[LeftAlone, Any]]]:
    """A file's word without another number of instalments if it does not tell their premium.

    The premium is that of one instalment: twelve of what is known as the year's would be wrong.
    """
    then, now = known.get("premium_cents"), known.get(INSTALMENTS)
    told = word.fields.get(INSTALMENTS)
    if not word.from_file or "premium_cents" in word.fields or None in (then, now, told):
        return word, []
    if not then or told == now:
        return word, []
    fields = {name: value for name, value in word.fields.items() if name != INSTALMENTS}
    return replace(word, fields=fields), [(LeftAlone(field=INSTALMENTS, why="unpaired"), now)]


def _to_tell(place: int, word: Word, left: Sequence[tuple[LeftAlone, Any]]) -> list[LeftField]:
    return [
        LeftField(place=place, field=one, known=known, told=word.fields.get(one.field))
        for one, known in left
    ]


def _left(result: Merged, known: Mapping[str, Any]) -> list[tuple[LeftAlone, Any]]:
    return [(left, known.get(left.field)) for left in result.left_alone]
