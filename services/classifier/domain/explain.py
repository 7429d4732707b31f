"""Explanations of classified units: facts, gaps, reasons and axes as JSON for the store.

Only rows that changed are explained, but those may be twenty thousand at once. Values are therefore
plain dictionaries of the contract's shape that are encoded once, and equal gaps are encoded only
once for all rows.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypedDict

import polars as pl
from pydantic_core import to_json

from services.classifier.domain.facts import LIFE, PETS
from services.classifier.domain.money import effort_ratio
from services.classifier.domain.policy_cache import cached_per_policy
from services.classifier.domain.potential import (
    ActiveNeed,
    active_needs,
    conditions_of,
    with_life_needs,
)
from services.classifier.domain.reasons import Judge, Row
from services.classifier.domain.thresholds import Calibration
from shared.contracts.lines import BY_KEY, lines_in, mask_of
from shared.contracts.policies import Policy, Range

EXPLANATION: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    "facts": pl.String(),  # JSON of Facts, or null
    "gaps": pl.String(),  # JSON list of Gap, the most valuable first
    "reasons": pl.String(),  # JSON list of Reason
    "axes": pl.String(),  # JSON of Axes
    "held": pl.String(),  # JSON of Held, or null
}
_TRUTH: Final = {True: "true", False: "false"}
_TOLD_OF_AXES: Final = ("level", "below_since", "held", "held_until", "fell")
_READ: Final = (
    "unit_id", "revenue_cents", "revenue_estimated", "effort_minutes", "effort_cents",
    "counted_effort_cents", "contracts", "own_lines", "referrals", "referral_value_cents",
    "late_payments", "price_disputes", "complaints", "announced_not_delivered", "idle_contacts",
    "promising", "conduct", "objects", "override_author", "override_until", *LIFE,
    "potential_cents", "potential_assumed", "gap_needs", "life_needs", "rule", "segment",
    "overridden", "service_level",
    *(f"{axis}_{told}" for axis in ("revenue", "potential") for told in _TOLD_OF_AXES),
)  # fmt: skip
"""What an explanation needs of a row; fewer columns are read several times faster."""
_LINES: Final = mask_of(*BY_KEY)
_HEALTH_LINES: Final = mask_of(*(line.key for line in BY_KEY.values() if line.health))
Member = tuple[Any, ...]
"""One member: the set of needs their life raises, then the values of LIFE in its order."""


class GapFields(TypedDict):
    """A Gap of the contract, unvalidated."""

    line: str
    kind: str
    expected_cents: int
    value_cents: int
    because: list[str]


def explain(
    classified: pl.DataFrame,
    *,
    further_members: pl.DataFrame,
    policy: Policy,
    calibration: Calibration,
    as_of: date,
) -> pl.DataFrame:
    """Explain rows of ``classify``'s answer: the columns EXPLANATION, in the same order.

    Takes the policy, calibration and day the rows were classified with. A column read as JSON has
    the contract's shape; the numbers of a reason, put into its rule, result in the level it names.
    """
    judge = Judge.under(policy, calibration)
    gaps = GapExplainer(policy)
    facts = FactsWriter(policy)
    others = _others(classified, further_members, policy=policy, as_of=as_of)
    found: dict[str, list[str | None]] = {name: [] for name in EXPLANATION}
    for row in classified.select(_READ).iter_rows(named=True):
        unit_id = row["unit_id"]
        members = (_member(row), *others.get(unit_id, ()))
        found["unit_id"].append(unit_id)
        found["facts"].append(facts.encoded(row))
        found["gaps"].append(gaps.encoded(row["gap_needs"], members))
        found["reasons"].append(to_json(judge.reasons(row)).decode())
        found["axes"].append(_axes(row))
        found["held"].append(_held(row))
    return pl.DataFrame(found, schema=EXPLANATION)


class FactsWriter:
    """Writes the facts of units as JSON. Numbers and booleans need no encoder; equal sets of lines
    are encoded once."""

    def __init__(self, policy: Policy) -> None:
        # Health lines stay out unless the agency switched them on (GDPR art. 9).
        self._shown = _LINES if policy.health_data else _LINES & ~_HEALTH_LINES
        self._lines: dict[int, str] = {}

    def encoded(self, row: Row) -> str | None:
        """The JSON of Facts; None if a member objected."""
        if row["objects"]:
            return None
        revenue = row["revenue_cents"]
        ratio = effort_ratio(row["counted_effort_cents"], revenue)
        return (
            f'{{"revenue_cents":{revenue},'
            f'"revenue_estimated":{_TRUTH[row["revenue_estimated"]]},'
            f'"effort_minutes":{row["effort_minutes"]},"effort_cents":{row["effort_cents"]},'
            f'"margin_cents":{revenue - row["effort_cents"]},'
            f'"effort_ratio":{"null" if ratio is None else ratio},'
            f'"potential_cents":{row["potential_cents"]},'
            f'"potential_assumed":{_TRUTH[row["potential_assumed"]]},'
            f'"contracts":{row["contracts"]},"lines":{self._named(row["own_lines"] & self._shown)},'
            f'"referrals":{row["referrals"]},"referral_value_cents":{row["referral_value_cents"]},'
            f'"late_payments":{row["late_payments"]},"price_disputes":{row["price_disputes"]},'
            f'"complaints":{row["complaints"]},'
            f'"announced_not_delivered":{row["announced_not_delivered"]},'
            f'"idle_contacts":{row["idle_contacts"]}}}'
        )

    def _named(self, lines: int) -> str:
        text = self._lines.get(lines)
        if text is None:
            text = self._lines[lines] = to_json(lines_in(lines)).decode()
        return text


def _axis(row: Row, axis: str) -> str:
    level, since = row[f"{axis}_level"], row[f"{axis}_below_since"]
    shown = f'"{level}"' if level else "null"
    return f'{{"level":{shown},"below_since":{_day(since)}}}'


def _axes(row: Row) -> str:
    return f'{{"revenue":{_axis(row, "revenue")},"potential":{_axis(row, "potential")}}}'


def _held(row: Row) -> str | None:
    """The axis whose level stability kept; the revenue axis if it kept both."""
    for axis in ("revenue", "potential"):
        if row[f"{axis}_held"]:
            until = _day(row[f"{axis}_held_until"])
            return f'{{"axis":"{axis}","by":"band","until":{until}}}'
    return None


def _day(day: object) -> str:
    return f'"{day.isoformat()}"' if isinstance(day, date) else "null"


def _member(row: Row) -> Member:
    return (row["life_needs"], *(row[name] for name in LIFE))


def _others(
    classified: pl.DataFrame, further: pl.DataFrame, *, policy: Policy, as_of: date
) -> dict[str, tuple[Member, ...]]:
    """The further members of the explained units, by unit."""
    if further.is_empty():
        return {}
    here = further.join(classified.select("unit_id"), on="unit_id", how="semi")
    found: dict[str, tuple[Member, ...]] = {}
    for row in with_life_needs(here, policy=policy, as_of=as_of).iter_rows(named=True):
        unit_id = row["unit_id"]
        found[unit_id] = (*found.get(unit_id, ()), _member(row))
    return found


class GapExplainer:
    """Writes the gaps of units as JSON; gaps that equal facts raise are encoded once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._needs = _explained_needs(policy)
        self._known: dict[tuple[object, ...], str] = {}

    def encoded(self, gap_needs: int, members: tuple[Member, ...]) -> str:
        """The JSON list of the gaps, the most valuable first."""
        texts = []
        for bit, need, told in self._needs:
            if gap_needs & bit:
                member = self._raising(bit, members)
                key = (bit, *[member[place] for place in told])
                text = self._known.get(key)
                if text is None:
                    text = self._known[key] = self._gap(need, member)
                texts.append(text)
        return f"[{','.join(texts)}]"

    @staticmethod
    def _raising(bit: int, members: tuple[Member, ...]) -> Member:
        """The first member whose life raises the need."""
        for member in members:
            if member[0] & bit:
                return member
        return members[0]

    def _gap(self, need: ActiveNeed, member: Member) -> str:
        gap = GapFields(
            line=need.line,
            kind=need.kind,
            expected_cents=need.expected_cents,
            value_cents=need.value_cents,
            because=self._because(need, member),
        )
        return to_json(gap).decode()

    def _because(self, need: ActiveNeed, member: Member) -> list[str]:
        """The conditions that the member meets; if a condition lists values, the customer's own
        one."""
        known = dict(zip(LIFE, member[1:], strict=True))
        found = []
        if need.kind == "old":
            found.append(f"terms_age>={self._policy.terms_old_after_years}")
        if need.kind == "incomplete":
            found.append("natural_hazards=none")
        for field, condition in conditions_of(self._policy.needs[need.place]).items():
            if isinstance(condition, Range):
                found += _bounds(field, condition)
            elif field == "age":
                found.append(f"age in {sorted(int(years) for years in condition)}")
            else:
                found.append(_value(field, known[field], condition))
        return found


@cached_per_policy
def _explained_needs(policy: Policy) -> Sequence[tuple[int, ActiveNeed, tuple[int, ...]]]:
    """Bit and need, the most valuable first, with the places in a member of the values that its
    reason repeats."""
    return [(need.bit, need, _repeated(policy, need)) for need in _by_value(policy)]


def _repeated(policy: Policy, need: ActiveNeed) -> tuple[int, ...]:
    conditions = conditions_of(policy.needs[need.place]).items()
    listed = {field for field, condition in conditions if not isinstance(condition, Range)}
    return tuple(place for place, field in enumerate(LIFE, start=1) if field in listed)


class GapTeller:
    """Writes gaps for the feed: without values and without the life situation that raised them,
    because feeds are read by many."""

    def __init__(self, policy: Policy) -> None:
        self._needs = _by_value(policy)
        self._known: dict[int, str] = {}

    def encoded(self, gap_needs: int) -> str:
        """The JSON list of line, kind and expected commission, the most valuable first."""
        text = self._known.get(gap_needs)
        if text is None:
            gaps = [
                {"line": need.line, "kind": need.kind, "expected_cents": need.expected_cents}
                for need in self._needs
                if gap_needs & need.bit
            ]
            text = self._known[gap_needs] = to_json(gaps).decode()
        return text


@cached_per_policy
def _by_value(policy: Policy) -> list[ActiveNeed]:
    return sorted(active_needs(policy), key=lambda need: (-need.value_cents, need.place))


def _bounds(field: str, condition: Range) -> list[str]:
    lower = [] if condition.min is None else [f"{field}>={condition.min}"]
    upper = [] if condition.max is None else [f"{field}<={condition.max}"]
    return lower + upper


def _value(field: str, value: object, condition: list[int] | list[str]) -> str:
    if field == "pets" and isinstance(value, int):
        held = [pet for pet in PETS if pet in condition and value >> PETS.index(pet) & 1]
        return f"pets={held[0]}" if held else "pets"
    return f"{field}={value}"
