"""Customers and contracts as flat fields (``address.street``), the groups that these fields form,
and the way back to a checked record."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from shared.contracts.bounds import STORED
from shared.contracts.customers import Connection, ConnectionKind, Contract, Customer

Fields = Mapping[str, Any]
Model = TypeVar("Model", Customer, Contract)

NESTED: Final = ("address", "mandate", "life", "flags")
LINKS: Final = "connections"
LINK_KINDS: Final = get_args(ConnectionKind)
DEATH: Final = "death_date"
END_OF_MANDATE: Final = "mandate.ended_on"
OWN_WORD_ONLY: Final = frozenset({DEATH, END_OF_MANDATE})
"""Only a word that names them takes these back: their absence never does, and no empty cell."""

PAST: Final = frozenset({"carer", "last_review_on", "last_contact_on"})
"""What was before this system. A record that leaves it out does not know it."""
KEPT_UNLESS_NAMED: Final = OWN_WORD_ONLY | PAST
"""A record sent as a whole changes these only if it names them."""

NOT_PLAIN: Final = ("life.pets", "identities")
"""Fields of a customer's own row that a column holds otherwise than as the value itself."""

ENDING: Final = frozenset({"status", "end", "cancelled_on", "cancel_reason"})
"""How a contract ends."""
ENDING_GROUP: Final = "ending"
ENDED: Final = frozenset({"cancelled", "expired"})

_GROUPS: Final = {
    "status": "status", DEATH: "death", END_OF_MANDATE: "mandate_end",
    "email": "reachability", "phone": "reachability", "connections": "connections",
    "carer": "carer", "last_review_on": "past", "last_contact_on": "past",
}  # fmt: skip


class RecordContradictory(Exception):
    """what is told contradicts what is known, so that the record would make no sense"""

    def __init__(self, error: ValidationError) -> None:
        entries = error.errors(include_url=False, include_input=False)
        told = [
            (_pointer(entry["loc"]), entry["msg"].removeprefix("Value error, "))
            for entry in entries
        ]
        super().__init__("; ".join(f"{pointer or '/'}: {detail}" for pointer, detail in told))
        self.pointers = [{"pointer": pointer, "detail": detail} for pointer, detail in told]


class NameMissing(RecordContradictory):
    """a new customer needs a name; only a known one may be told of without it"""


def _pointer(place: tuple[str | int, ...]) -> str:
    return "".join(f"/{part}" for part in place)


@cache
def customer_group(field: str) -> str:
    """The group of a customer's field, which remembers source and time together."""
    head = field.partition(".")[0]
    return _GROUPS.get(field) or _GROUPS.get(head) or (head if head in NESTED else "identity")


def contract_group(field: str) -> str:
    """The group of a contract's field: its terms, or how it ends."""
    return ENDING_GROUP if field in ENDING else "terms"


def fields_of(record: Customer | Contract) -> dict[str, Any]:
    """Every field with its value; those of the parts of a record bear the part's name in front."""
    names, values_of = _flat_names(type(record))
    flat = dict(zip(names, values_of(record), strict=True))
    links = flat.pop(LINKS, None)
    if links == []:
        flat |= {f"{LINKS}.{kind}": [] for kind in LINK_KINDS}
    elif links is not None:
        flat |= {f"{LINKS}.{kind}": _linked(links, kind) for kind in LINK_KINDS}
    return flat


def some_fields_of(record: Customer | Contract, names: frozenset[str]) -> dict[str, Any]:
    """Those of these fields that a record has, with their values, as `fields_of` has them: a row
    of a list carries few."""
    plain, values_of, kinds = _some_names(type(record), names)
    fields = dict(zip(plain, values_of(record), strict=True))
    for kind in kinds:
        fields[f"{LINKS}.{kind}"] = _linked(getattr(record, LINKS), kind)
    return fields


@lru_cache(maxsize=1024)
def _some_names(
    shape: type[Customer | Contract], names: frozenset[str]
) -> tuple[tuple[str, ...], Callable[[Customer | Contract], tuple[Any, ...]], tuple[str, ...]]:
    """Of these names those that are no links, in their order, and what gives their values; and
    the kinds of the links."""
    plain = tuple(name for name in _flat_names(shape)[0] if name in names)
    kinds = tuple(kind for kind in LINK_KINDS if f"{LINKS}.{kind}" in names)
    return plain, _values_of(plain), kinds


def _values_of(names: tuple[str, ...]) -> Callable[[Customer | Contract], tuple[Any, ...]]:
    """What gives the values of these fields; `attrgetter` gives one alone without a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(attrgetter(name)(record) for name in names)


@lru_cache(maxsize=1024)
def names_among(shape: type[Customer | Contract], names: frozenset[str]) -> frozenset[str]:
    """Which of these names are fields of such a record."""
    return names & _all_names(shape)


def field_names(record: Customer | Contract) -> frozenset[str]:
    """The names of every field, as `fields_of` has them."""
    return _all_names(type(record))


@cache
def _all_names(shape: type[Customer | Contract]) -> frozenset[str]:
    names, _ = _flat_names(shape)
    links = [f"{LINKS}.{kind}" for kind in LINK_KINDS] if LINKS in names else []
    return frozenset((*names, *links)) - {LINKS}


@cache
def _flat_names(
    shape: type[Customer | Contract],
) -> tuple[tuple[str, ...], Callable[[Customer | Contract], tuple[Any, ...]]]:
    """The flat names of a record's fields, and what gives their values in this order: a file asks
    for them row by row."""
    parts = {name: field.annotation for name, field in _fields_of_shape(shape).items()}
    names = [
        f"{name}.{part}" if part else name
        for name, model in parts.items()
        for part in (model.model_fields if name in NESTED else ("",))
    ]
    return tuple(names), attrgetter(*names)


@cache
def own_fields(
    shape: type[Customer | Contract],
) -> tuple[tuple[str, ...], Callable[[Customer | Contract], tuple[Any, ...]]]:
    """The flat names of the fields that stand in the row of a record itself, and what gives their
    values in this order. Links and flags have tables of their own; lists and numbers elsewhere
    come last."""
    names = [
        name for name in _flat_names(shape)[0] if name != LINKS and not name.startswith("flags.")
    ]
    names.sort(key=lambda name: name in NOT_PLAIN)
    return tuple(names), attrgetter(*names)


def named_fields(record: Customer | Contract) -> frozenset[str]:
    """The fields that a body names, null included; what it leaves out is not among them."""
    named: set[str] = set()
    for name in record.model_fields_set & _fields_of_shape(type(record)).keys():
        value = getattr(record, name)
        if name in NESTED and isinstance(value, BaseModel):
            named |= {f"{name}.{part}" for part in value.model_fields_set}
        elif name == LINKS:
            named |= {f"{LINKS}.{kind}" for kind in LINK_KINDS}
        else:
            named.add(name)
    return frozenset(named)


def _linked(links: Sequence[Connection], kind: str) -> list[str]:
    return sorted({link.customer_id for link in links if link.kind == kind})


def _fields_of_shape(shape: type[BaseModel]) -> Mapping[str, Any]:
    """Those of the record itself: events carry ids beside it."""
    return (Customer if issubclass(shape, Customer) else Contract).model_fields


def record_of(shape: type[Model], fields: Fields) -> Model:
    """The checked record of these fields; raises RecordContradictory."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        head, _, part = name.partition(".")
        if head == LINKS:
            links = nested.setdefault(LINKS, [])
            links += [{"customer_id": other, "kind": part} for other in value]
        elif part:
            nested.setdefault(head, {})[part] = value
        else:
            nested[name] = value
    try:
        return shape.model_validate(nested, context=STORED)  # what is new was checked at its door
    except ValidationError as error:
        raise RecordContradictory(error) from None
