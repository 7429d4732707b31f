"""Faults of a policy: rules that can never apply, and rules that contradict each other.

The forms (bounds, known lines, ranges in order) are checked by the contract itself; here stands
what follows only from several fields together. Every stored policy has passed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.classifier.domain.potential import active_needs, conditions_of
from shared.contracts.lines import GDV_WITHOUT_NATURAL_HAZARDS, LINE_OF_GDV, TERMS_THAT_AGE
from shared.contracts.policies import (
    HEALTH_WARNING_DE,
    HEALTH_WARNING_EN,
    AmountThreshold,
    Need,
    Policy,
    PolicyWarning,
    Range,
)

CAN_BE_INCOMPLETE: Final = frozenset(LINE_OF_GDV[code] for code in GDV_WITHOUT_NATURAL_HAZARDS)
Condition = Range | list[int] | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One place (RFC 6901) of a policy, and what is wrong there."""

    pointer: str
    detail: str


class PolicyContradictory(Exception):
    """the policy contradicts itself, or holds a rule that can never apply"""

    def __init__(self, faults: Sequence[Fault]) -> None:
        told = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3])
        super().__init__(f"{type(self).__doc__}: {told}")
        self.pointers = [{"pointer": each.pointer, "detail": each.detail} for each in faults]


def require_sound(policy: Policy) -> None:
    """Raise PolicyContradictory with every fault of the policy."""
    found = [*_faults_of_needs(policy), *_faults_of_stability(policy), *_faults_of_effort(policy)]
    if found:
        raise PolicyContradictory(found)


def warnings_of(policy: Policy) -> list[PolicyWarning]:
    """What the owner should know although it is allowed."""
    found = []
    if policy.health_data:
        found.append(
            PolicyWarning(pointer="/health_data", de=HEALTH_WARNING_DE, en=HEALTH_WARNING_EN)
        )
    highest, threshold = highest_potential(policy), policy.potential.threshold
    if isinstance(threshold, AmountThreshold) and highest < threshold.cents:
        found.append(
            PolicyWarning(
                pointer="/potential/threshold",
                de="Die eingeschalteten Bedarfszeilen ergeben zusammen weniger als die Schwelle: "
                "Bei bekannter Lebenssituation hat nur hohes Potenzial, wer als aussichtsreich "
                "markiert ist.",
                en="The needs that are switched on come to less than the threshold: of those whose "
                "life situation is known only who is marked as promising has high potential.",
            )
        )
    return found


def highest_potential(policy: Policy) -> int:
    """The most that the gaps of one unit can be worth, in cents: the best need of each line and
    kind."""
    best: dict[tuple[str, str], int] = {}
    for need in active_needs(policy):
        key = (need.line, need.kind)
        best[key] = max(best.get(key, 0), need.value_cents)
    return sum(best.values())


def _faults_of_needs(policy: Policy) -> Iterator[Fault]:
    for place, need in enumerate(policy.needs):
        if need.kind == "incomplete" and need.line not in CAN_BE_INCOMPLETE:
            lines = ", ".join(sorted(CAN_BE_INCOMPLETE))
            yield Fault(
                pointer=f"/needs/{place}/kind",
                detail=f"the cover of {need.line} is never incomplete: only that of {lines} is",
            )
        if need.kind == "old" and need.line not in TERMS_THAT_AGE:
            lines = ", ".join(sorted(TERMS_THAT_AGE))
            yield Fault(
                pointer=f"/needs/{place}/kind",
                detail=f"terms of {need.line} never count as old: only those of {lines} do",
            )
        earlier = _hidden_by(policy.needs, place)
        if earlier is not None:
            yield Fault(
                pointer=f"/needs/{place}/when",
                detail=f"never applies: /needs/{earlier} stands before it, means the same gap of "
                f"{need.line} and holds for everyone for whom this one does",
            )


def _hidden_by(needs: Sequence[Need], place: int) -> int | None:
    need = needs[place]
    for earlier, other in enumerate(needs[:place]):
        if (need.line, need.kind) == (other.line, other.kind) and _implies(need, other):
            return earlier
    return None


def _implies(narrow: Need, broad: Need) -> bool:
    """Whether everybody who meets the conditions of the one need also meets those of the other."""
    given = conditions_of(narrow)
    return all(
        field in given and _within(given[field], wanted)
        for field, wanted in conditions_of(broad).items()
    )


def _within(inner: Condition, outer: Condition) -> bool:
    if isinstance(outer, Range):
        if isinstance(inner, Range):
            low, high = inner.min or 0, inner.max
        else:
            numbers = [int(value) for value in inner]
            low, high = min(numbers), max(numbers)
        return (outer.min or 0) <= low and (
            outer.max is None or (high is not None and high <= outer.max)
        )
    if isinstance(inner, Range):
        if inner.max is None or inner.max - (inner.min or 0) >= len(outer):
            return False
        return set(range(inner.min or 0, inner.max + 1)) <= set(outer)
    return set(inner) <= set(outer)


def _faults_of_stability(policy: Policy) -> Iterator[Fault]:
    stability = policy.stability
    if stability.band == 0 and not stability.upgrade_immediately:
        yield Fault(
            pointer="/stability/upgrade_immediately",
            detail="nobody would ever wait: with band 0 the upper border is the threshold itself",
        )
    if stability.band > 0 and stability.hold_days == 1 and stability.upgrade_immediately:
        yield Fault(
            pointer="/stability/hold_days",
            detail="a level would fall on the first day below the threshold, so the band never "
            "keeps it: give at least 2 days, or band 0",
        )


def _faults_of_effort(policy: Policy) -> Iterator[Fault]:
    hourly = policy.effort.hourly_cents
    free = hourly.owner == hourly.adviser == hourly.back_office == 0
    if policy.model == "revenue_effort" and free:
        yield Fault(
            pointer="/effort/hourly_cents",
            detail="nobody's hour costs anything, so effort could never exceed ratio_limit",
        )
