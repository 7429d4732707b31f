"""Which contract a number means: insurer and number as written, then without leading zeros.

Lists, statements and deliveries write the same contract differently: with blanks and points, with
zeros in front that a spreadsheet drops, with the insurer's number or only its name.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

_NOT_IN_NUMBERS: Final = re.compile(r"[^A-Z0-9_:]+")
_WORD: Final = re.compile(r"[^\W_]+")
_LEGAL: Final = frozenset({"ag", "vvag", "a", "g", "se", "versicherung", "versicherungen", "die"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractName:
    """How a source names a contract; ``number`` is normalised, ``line`` a key of the line table."""

    number: str
    insurer_number: str | None = None
    insurer: str | None = None
    line: str | None = None
    gdv_line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPart:
    """One of the contracts that a source tells under one number, with the id that it would get."""

    contract_id: str
    name: ContractName


class KnownContract(NamedTuple):
    """A contract with what it can be met by."""

    customer_id: str
    contract_id: str
    number: str
    insurer_number: str | None
    insurer: str | None
    line: str
    gdv_line: str | None
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The contract met; ``sure`` is false where the insurers could not be compared."""

    contract: KnownContract
    sure: bool


@lru_cache(maxsize=65536)
def plain_number(text: str) -> str:
    """A number in upper case, without blanks, ``. - /`` and whatever else no id may contain."""
    return _NOT_IN_NUMBERS.sub("", text.upper())


def plain_contract_number(contract_number: str | None, contract_id: str) -> str:
    """The number of a contract; the end of its id if no number is known."""
    return plain_number(
        contract_id.rpartition(":")[2] if contract_number is None else contract_number
    )


def number_key(number: str) -> str:
    """What equal numbers share whatever zeros stand in front of them."""
    return number.lstrip("0")


def contract_number_key(contract_number: str | None, contract_id: str) -> str:
    """The `number_key` of a contract."""
    return number_key(plain_contract_number(contract_number, contract_id))


def met_contract(
    name: ContractName, candidates: Sequence[KnownContract], *, customer_id: str | None = None
) -> Meeting | None:
    """The one contract that is meant; None where there is none or more than one customer's.

    ``candidates`` share the number's key. With ``customer_id`` only that customer's contracts
    count. An insurer that cannot be compared is trusted only for the very same number.
    """
    key = number_key(name.number)
    own = [
        (each, same_insurer(name, each))
        for each in candidates
        if customer_id in (None, each.customer_id) and number_key(each.number) == key
    ]
    if not own:
        return None
    agreeing = [each for each, same in own if same is True]
    unknown = [each for each, same in own if same is None]
    same_number = [each for each in unknown if each.number == name.number]
    trusted = unknown if customer_id is not None else same_number
    for sure, group in ((True, agreeing), (customer_id is not None, trusted)):
        exact = [each for each in group if each.number == name.number] or group
        chosen = _of_one_customer(exact)
        if chosen:
            return Meeting(contract=_nearest(name, chosen), sure=sure)
        if group:
            return None
    return None


def plainly_met(
    number: str, insurer_number: str | None, candidates: Sequence[KnownContract]
) -> KnownContract | None:
    """The only candidate, if it bears this very number of this very insurer.

    So it is of most rows of a statement; `met_contract` would say the same, surely.
    """
    if len(candidates) != 1 or insurer_number is None:
        return None
    only = candidates[0]
    same = only.number == number and only.insurer_number == insurer_number
    return only if same and insurer_number else None


def counterparts(
    parts: Sequence[ContractPart], candidates: Sequence[KnownContract]
) -> dict[str, KnownContract]:
    """The known contract that each part of one number means, by the part's id.

    Bundles come and go: what stood alone is one of several lines next month, under another id. So
    lines meet first, then ids; a contract that stood alone goes on as the first part. No known
    contract is met twice.
    """
    free = sorted(candidates, key=lambda each: (not each.running, each.contract_id))
    met: dict[str, KnownContract] = {}
    rules: tuple[Callable[[ContractPart, KnownContract], bool], ...] = (
        lambda part, each: same_line(part.name, each) and part.contract_id == each.contract_id,
        lambda part, each: same_line(part.name, each),
        lambda part, each: part.contract_id == each.contract_id,
        lambda part, each: len(candidates) == 1 and (len(parts) > 1 or "." not in part.contract_id),
    )
    for rule in rules:
        for part in sorted(parts, key=lambda each: each.contract_id):
            fitting = [each for each in free if rule(part, each)]
            if part.contract_id not in met and fitting:
                met[part.contract_id] = fitting[0]
                free.remove(fitting[0])
    return met


def same_line(name: ContractName, contract: KnownContract) -> bool:
    """Whether both are of one line: by the GDV's code where both have one, else by our key."""
    if name.gdv_line and contract.gdv_line:
        return name.gdv_line == contract.gdv_line
    return name.line is not None and name.line == contract.line


def exactly_numbered(number: str, candidates: Sequence[KnownContract]) -> Sequence[KnownContract]:
    """Those with the very number if there are any; else all, who differ by zeros in front."""
    return [each for each in candidates if each.number == number] or candidates


def same_insurer(name: ContractName, contract: KnownContract) -> bool | None:
    """Whether both name one insurer; None where they cannot be compared."""
    if name.insurer_number and contract.insurer_number:
        return _digits(name.insurer_number) == _digits(contract.insurer_number)
    if name.insurer and contract.insurer:
        one, other = _words(name.insurer), _words(contract.insurer)
        return bool(one and other) and (one <= other or other <= one)
    return None


def _of_one_customer(group: Sequence[KnownContract]) -> list[KnownContract]:
    """The group if one customer holds all of it, or those running if one holds these."""
    for part in (list(group), [each for each in group if each.running]):
        if len({each.customer_id for each in part}) == 1:
            return part
    return []


def _nearest(name: ContractName, group: Sequence[KnownContract]) -> KnownContract:
    return min(group, key=lambda each: (each.line != name.line, not each.running, each.contract_id))


@lru_cache(maxsize=1024)
def _digits(number: str) -> str:
    return re.sub(r"\W", "", number).upper().lstrip("0")


@lru_cache(maxsize=1024)
def _words(name: str) -> frozenset[str]:
    """Words of an insurer's name without its legal form."""
    return frozenset(_WORD.findall(name.casefold())) - _LEGAL
