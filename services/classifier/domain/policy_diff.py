"""The differences between two policies, field by field, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, JsonValue, TypeAdapter

from services.classifier.domain.policy_words import (
    FIELDS,
    NEED_FIELDS,
    FieldWords,
    Texts,
    condition_words,
    need_name,
    worth_words,
)
from shared.contracts.policies import AmountThreshold, Need, Policy

_JSON: Final[TypeAdapter[Any]] = TypeAdapter(Any)
Placed = tuple[int, Need]
"""A need and its place in the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference: its place (RFC 6901), both values, and a sentence about it.

    ``pointer`` leads into the newer policy, or into the older one if the value was removed.
    """

    pointer: str
    old: JsonValue
    new: JsonValue
    de: str
    en: str


def differences(old: Policy, new: Policy) -> list[Difference]:
    """Every difference of ``new`` from ``old``; empty if they are equal."""
    found = [
        _difference(pointer, words, before, after)
        for pointer, words in FIELDS.items()
        if (before := value_at(old, pointer)) != (after := value_at(new, pointer))
    ]
    return [*found, *_differences_of_needs(old.needs, new.needs)]


def value_at(policy: Policy, pointer: str) -> Any:
    """The value of a field, by its place."""
    value: Any = policy
    for name in pointer.strip("/").split("/"):
        value = getattr(value, name)
    return value


def _difference(
    pointer: str, field: FieldWords, before: Any, after: Any, *, of: Texts | None = None
) -> Difference:
    german, english = _changed(field, before, after)
    prefix = (f"Bedarf {of[0]}, ", f"Need {of[1]}, ") if of else ("", "")
    return Difference(
        pointer=pointer,
        old=_json(before),
        new=_json(after),
        de=f"{prefix[0]}{field.de}: {german}.",
        en=f"{prefix[1]}{field.en}: {english}.",
    )


def _changed(field: FieldWords, before: Any, after: Any) -> Texts:
    old, new = field.words(before), field.words(after)
    if isinstance(after, bool):
        return f"{new[0]}geschaltet", f"switched {new[1]}"
    low, high = _amount(before), _amount(after)
    if not field.is_number or low is None or high is None:
        return f"statt {old[0]} jetzt {new[0]}", f"{new[1]} instead of {old[1]}"
    verbs = ("erhöht", "raised") if high > low else ("gesenkt", "lowered")
    if field.is_span:
        old = (str(before), str(before))  # of two spans the second alone bears its unit
    return f"von {old[0]} auf {new[0]} {verbs[0]}", f"{verbs[1]} from {old[1]} to {new[1]}"


def _amount(value: Any) -> float | None:
    """What can be raised or lowered; a share of the book is neither above nor below an amount."""
    if isinstance(value, int | float):
        return value
    return value.cents if isinstance(value, AmountThreshold) else None


def _json(value: Any) -> JsonValue:
    if isinstance(value, BaseModel):
        shown: JsonValue = value.model_dump(mode="json", exclude_none=True)
        return shown
    plain: JsonValue = _JSON.dump_python(value, mode="json")
    return plain


def _differences_of_needs(old: Sequence[Need], new: Sequence[Need]) -> Iterator[Difference]:
    """By line and kind, in the order of the newer policy; removed ones come last."""
    before, after = _by_gap(old), _by_gap(new)
    for gap, rows in after.items():
        yield from _rows(before.get(gap, []), rows)
    for gap, rows in before.items():
        if gap not in after:
            yield from (_gone(row) for row in rows)


def _by_gap(needs: Sequence[Need]) -> dict[tuple[str, str], list[Placed]]:
    found: dict[tuple[str, str], list[Placed]] = {}
    for place, need in enumerate(needs):
        found.setdefault((need.line, need.kind), []).append((place, need))
    return found


def _rows(old: Sequence[Placed], new: Sequence[Placed]) -> Iterator[Difference]:
    """Rows of one gap: those with the same condition are the same row, the rest in order."""
    pairs, gone, added = _matched(old, new)
    several = len(old) > 1 or len(new) > 1
    for (_, before), (place, after) in pairs:
        yield from _fields_of_need(before, after, place, named_by_condition=several)
    for row in added:
        yield _added(row)
    for row in gone:
        yield _gone(row)
    order = [old_place for (old_place, _), _ in pairs]
    if order != sorted(order):
        yield _reordered(pairs)


def _matched(
    old: Sequence[Placed], new: Sequence[Placed]
) -> tuple[list[tuple[Placed, Placed]], list[Placed], list[Placed]]:
    same = {}
    left = list(old)
    for row in new:
        twin = next((each for each in left if each[1].when == row[1].when), None)
        if twin is not None:
            same[row[0]] = twin
            left.remove(twin)
    for row in new:
        if row[0] not in same and left:
            same[row[0]] = left.pop(0)
    pairs = [(same[row[0]], row) for row in new if row[0] in same]
    return pairs, left, [row for row in new if row[0] not in same]


def _fields_of_need(
    before: Need, after: Need, place: int, *, named_by_condition: bool
) -> Iterator[Difference]:
    name = need_name(after)
    condition, was = condition_words(after), condition_words(before)
    if before.when != after.when:
        yield Difference(
            pointer=f"/needs/{place}/when",
            old=_json(before.when),
            new=_json(after.when),
            de=f"Bedarf {name[0]}, Bedingung: statt {was[0]} jetzt {condition[0]}.",
            en=f"Need {name[1]}, condition: {condition[1]} instead of {was[1]}.",
        )
    if named_by_condition:
        name = (f"{name[0]} bei {condition[0]}", f"{name[1]} for {condition[1]}")
    for field, words in NEED_FIELDS.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            yield _difference(f"/needs/{place}/{field}", words, old, new, of=name)


def _added(row: Placed) -> Difference:
    place, need = row
    name, condition, worth = need_name(need), condition_words(need), worth_words(need)
    return Difference(
        pointer=f"/needs/{place}",
        old=None,
        new=_json(need),
        de=f"Bedarf {name[0]}: neu bei {condition[0]}, {worth[0]} im Jahr.",
        en=f"Need {name[1]}: new for {condition[1]}, {worth[1]} a year.",
    )


def _gone(row: Placed) -> Difference:
    place, need = row
    name, condition, worth = need_name(need), condition_words(need), worth_words(need)
    return Difference(
        pointer=f"/needs/{place}",
        old=_json(need),
        new=None,
        de=f"Bedarf {name[0]}: entfallen bei {condition[0]}, {worth[0]} im Jahr.",
        en=f"Need {name[1]}: gone for {condition[1]}, {worth[1]} a year.",
    )


def _reordered(pairs: Sequence[tuple[Placed, Placed]]) -> Difference:
    """Of several rows of one gap the first that applies counts, so their order says something."""
    by_age = sorted(pairs, key=lambda pair: pair[0][0])
    name = need_name(pairs[0][1][1])
    return Difference(
        pointer="/needs",
        old=[_json(before[1].when) for before, _ in by_age],
        new=[_json(after[1].when) for _, after in pairs],
        de=f"Bedarf {name[0]}: andere Reihenfolge der Zeilen; die erste, die zutrifft, gilt.",
        en=f"Need {name[1]}: its rows are in another order; the first that applies counts.",
    )
