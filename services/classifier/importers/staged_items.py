"""Items as text: a delivery of an insurer is read once as a whole, and written in slices."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    ReadInteraction,
    RejectedRow,
    Warning_,
)

_SHAPES: Final[dict[str, type[Any]]] = {
    "customer": ReadCustomer, "contract": ReadContract, "commission": ReadCommission,
    "interaction": ReadInteraction, "rejected": RejectedRow, "doubtful": Warning_,
}  # fmt: skip
_ADAPTERS: Final = {name: TypeAdapter(shape) for name, shape in _SHAPES.items()}
_NAMES: Final = {shape: name for name, shape in _SHAPES.items()}


def written(items: Sequence[Item]) -> bytes:
    """One line for each item: its kind and its values as JSON."""
    return b"\n".join(
        _NAMES[type(item)].encode() + b" " + _ADAPTERS[_NAMES[type(item)]].dump_json(item)
        for item in items
    )


def read_again(text: bytes) -> list[Item]:
    """The items of `written`."""
    found = []
    for line in text.split(b"\n") if text else ():
        name, _, values = line.partition(b" ")
        found.append(_ADAPTERS[name.decode()].validate_json(values))
    return found
