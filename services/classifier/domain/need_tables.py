"""The needs of a policy as look-up tables: what a life situation raises, which needs the lines held
leave open, and what these are worth.

A set of needs is a 64-bit mask whose bit is the need's place in the policy. Every table maps a
value (of a life field, or of one byte of a set of lines or needs) to such a mask or to cents, so
that a unit takes a handful of look-ups however many needs the policy has. With conditions as
columns, planning the query took longer than answering it for a few hundred units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add, or_
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from services.classifier.domain.facts import LIFE, PETS
from services.classifier.domain.money import exact, round_half_up
from services.classifier.domain.policy_cache import cached_per_policy
from shared.contracts.lines import BIT_OF_LINE, BY_KEY, cover_mask, mask_of
from shared.contracts.policies import GapKind, Need, Policy, Range

Masks = npt.NDArray[np.int64]
Condition = Range | list[int] | list[str]
NO_NUMBER: Final = -1_000_000
"""Stands for an unknown number: below every bound, so that it meets no condition."""
_BYTES: Final = range(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveNeed:
    """A need of the policy that is switched on."""

    place: int
    line: str
    kind: GapKind
    value_cents: int
    expected_cents: int

    @property
    def bit(self) -> int:
        """The need as a set of one."""
        return 1 << self.place


@cached_per_policy
def active_needs(policy: Policy) -> tuple[ActiveNeed, ...]:
    """The needs that may become gaps; health lines only if health data is switched on."""
    return tuple(
        ActiveNeed(
            place=place,
            line=need.line,
            kind=need.kind,
            value_cents=round_half_up(need.expected_cents * exact(need.probability)),
            expected_cents=need.expected_cents,
        )
        for place, need in enumerate(policy.needs)
        if policy.health_data or not BY_KEY[need.line].health
    )


def conditions_of(need: Need) -> dict[str, Condition]:
    """The conditions of a need by life field, in the order of the contract."""
    fields = type(need.when).model_fields
    found = {name: getattr(need.when, name) for name in fields}
    return {name: condition for name, condition in found.items() if condition is not None}


class ByteTables:
    """Maps a 64-bit set to the combination (sum, or union) of what each member stands for.

    One table of 256 entries for each byte that has members worth anything.
    """

    def __init__(self, worth: Mapping[int, int], combine: Callable[[int, int], int]) -> None:
        self._tables: list[tuple[int, Masks]] = []
        self._union = combine is or_
        for byte in _BYTES:
            bits = {bit - 8 * byte: w for bit, w in worth.items() if bit // 8 == byte}
            if bits:
                entries = [
                    reduce(combine, (w for bit, w in bits.items() if members >> bit & 1), 0)
                    for members in range(256)
                ]
                self._tables.append((8 * byte, np.array(entries, dtype=np.int64)))

    def of(self, sets: Masks) -> Masks:
        """The combination for each set."""
        found = np.zeros(len(sets), dtype=np.int64)
        for shift, table in self._tables:
            part = table[(sets >> shift) & 255]
            found = found | part if self._union else found + part
        return found


@dataclass(frozen=True, slots=True)
class FieldTable:
    """The needs that a value of one life field leaves possible.

    ``code`` turns the field into a whole number without nulls; ``edges`` are the numbers at which
    the next mask begins. Without ``edges`` the code itself is the mask's index.
    """

    code: pl.Expr
    masks: Masks
    edges: Masks | None = None

    def of(self, codes: Masks) -> Masks:
        """The mask for each code."""
        places = codes if self.edges is None else np.searchsorted(self.edges, codes, side="right")
        found: Masks = self.masks[places]
        return found


@dataclass(frozen=True, slots=True)
class _FieldConditions:
    """What each need asks of one field; None if it asks nothing."""

    by_bit: Mapping[int, Condition | None]

    def met(self, meets: Callable[[Condition], bool]) -> int:
        """The needs whose condition is met, or that have none."""
        bits = (bit for bit, asked in self.by_bit.items() if asked is None or meets(asked))
        return reduce(or_, bits, 0)

    def listed(self) -> list[int | str]:
        """All values that conditions name, bounds left out."""
        lists = [asked for asked in self.by_bit.values() if isinstance(asked, list)]
        return sorted({value for values in lists for value in values}, key=str)


def _by_category(field: str, conditions: _FieldConditions) -> FieldTable:
    """For a column of an Enum: a mask for each category, then that of unknown."""
    dtype = LIFE[field]
    assert isinstance(dtype, pl.Enum)
    names = list(dtype.categories)
    masks = [conditions.met(partial(_names, code=name)) for name in names]
    code = pl.col(field).to_physical().cast(pl.Int64).fill_null(len(names))
    return FieldTable(code, _masks([*masks, conditions.met(_never)]))


def _by_text(field: str, conditions: _FieldConditions) -> FieldTable:
    """For a column of free codes: a mask for each code that a need names, then for all others."""
    codes = {str(code): place for place, code in enumerate(conditions.listed())}
    masks = [conditions.met(partial(_names, code=code)) for code in codes]
    code = pl.col(field).replace_strict(codes, default=len(codes), return_dtype=pl.Int64)
    return FieldTable(code, _masks([*masks, conditions.met(_never)]))


def _by_pets(conditions: _FieldConditions) -> FieldTable:
    """For the set of pets: a mask for each set, then that of unknown."""
    sets = range(1 << len(PETS))
    masks = [conditions.met(partial(_names_a_pet, held=held)) for held in sets]
    code = pl.col("pets").cast(pl.Int64).fill_null(len(sets))
    return FieldTable(code, _masks([*masks, conditions.met(_never)]))


def _by_number(field: str, conditions: _FieldConditions) -> FieldTable:
    """For a column of whole numbers: a mask for each stretch between two values that matter."""
    begins = sorted({NO_NUMBER + 1, *_turns(conditions.by_bit.values())})
    masks = [conditions.met(partial(_holds, number=at)) for at in begins]
    code = pl.col(field).cast(pl.Int64).fill_null(NO_NUMBER)
    return FieldTable(code, _masks([conditions.met(_never), *masks]), edges=_masks(begins))


def _turns(conditions: Iterable[Condition | None]) -> Iterable[int]:
    """The numbers at which some condition begins or ceases to be met."""
    for asked in conditions:
        if isinstance(asked, Range):
            yield from (number for number in (asked.min,) if number is not None)
            yield from (number + 1 for number in (asked.max,) if number is not None)
        elif asked is not None:
            for number in asked:
                yield from (int(number), int(number) + 1)


def _holds(asked: Condition, number: int) -> bool:
    if isinstance(asked, Range):
        return (asked.min is None or number >= asked.min) and (
            asked.max is None or number <= asked.max
        )
    return number in asked


def _names(asked: Condition, code: str) -> bool:
    return not isinstance(asked, Range) and code in asked


def _names_a_pet(asked: Condition, held: int) -> bool:
    """Whether one of the pets asked for is in a set of PETS."""
    return any(_names(asked, pet) for place, pet in enumerate(PETS) if held >> place & 1)


def _never(asked: Condition) -> bool:
    """What is unknown meets no condition."""
    return False


def _masks(masks: list[int]) -> Masks:
    return np.array(masks, dtype=np.int64)


@cached_per_policy
def field_tables(policy: Policy) -> Mapping[str, FieldTable]:
    """A table for each life field that a need asks about; that of ``age`` reads a column of that
    name."""
    asked = {need.bit: conditions_of(policy.needs[need.place]) for need in active_needs(policy)}
    fields = dict.fromkeys(field for conditions in asked.values() for field in conditions)
    return {
        field: _table(field, _FieldConditions({bit: c.get(field) for bit, c in asked.items()}))
        for field in fields
    }


def _table(field: str, conditions: _FieldConditions) -> FieldTable:
    if field == "pets":
        return _by_pets(conditions)
    if field == "age" or LIFE[field].is_integer():
        return _by_number(field, conditions)
    by_value = _by_category if isinstance(LIFE[field], pl.Enum) else _by_text
    return by_value(field, conditions)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapTables:
    """What makes a raised need a gap, and what gaps are worth."""

    missing: int
    """The needs that are gaps unless a line held covers them; the others need an old or incomplete
    line."""
    covered: ByteTables
    old: ByteTables
    incomplete: ByteTables
    earlier: Sequence[tuple[int, int]]
    """A need's bit, and the needs of the same line and kind that stand before it."""
    worth: ByteTables


@cached_per_policy
def gap_tables(policy: Policy) -> GapTables:
    """The tables of a policy's active needs."""
    needs = active_needs(policy)
    return GapTables(
        missing=reduce(or_, (need.bit for need in needs if need.kind == "missing"), 0),
        covered=_needs_of_lines(needs, "missing", cover_mask),
        old=_needs_of_lines(needs, "old", mask_of),
        incomplete=_needs_of_lines(needs, "incomplete", mask_of),
        earlier=_earlier(needs),
        worth=ByteTables({need.place: need.value_cents for need in needs}, add),
    )


def _needs_of_lines(
    needs: Sequence[ActiveNeed], kind: GapKind, lines_of: Callable[[str], int]
) -> ByteTables:
    """For each line the needs of that kind which it speaks to."""
    worth: dict[int, int] = {}
    for need in needs:
        if need.kind == kind:
            for bit in BIT_OF_LINE.values():
                if lines_of(need.line) >> bit & 1:
                    worth[bit] = worth.get(bit, 0) | need.bit
    return ByteTables(worth, or_)


def _earlier(needs: Sequence[ActiveNeed]) -> Sequence[tuple[int, int]]:
    seen: dict[tuple[str, GapKind], int] = {}
    found = []
    for need in needs:
        before = seen.get((need.line, need.kind), 0)
        if before:
            found.append((need.bit, before))
        seen[need.line, need.kind] = before | need.bit
    return tuple(found)
