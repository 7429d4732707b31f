"""The rules that decided one unit's class, each with value, threshold, distance and sentence."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypedDict

from services.classifier.domain import sentences
from services.classifier.domain.stability import Borders
from services.classifier.domain.thresholds import Calibration
from shared.contracts.classifications import AxisName
from shared.contracts.policies import Policy

Row = dict[str, Any]
"""One row of ``classify``'s answer; the frame's schema (FACTS, RESULT) types the values."""
Number = int | float | None
Texts = tuple[str, str]


class ReasonFields(TypedDict):
    """A Reason of the contract, unvalidated: twenty thousand of them are built per second."""

    rule: str
    value: Number
    threshold: Number
    distance: Number
    de: str
    en: str


_COSTLY: Final = ("late_payments", "price_disputes", "idle_contacts")
_FRUITLESS: Final = ("announced_not_delivered", "idle_contacts")
_NEEDS_POTENTIAL: Final = ("matrix", "potential.high", "potential.low", "hold_time")


def _reason(
    rule: str, texts: Texts, value: Number = None, threshold: Number = None
) -> ReasonFields:
    distance = None if value is None or threshold is None else value - threshold
    if isinstance(distance, float):
        distance = round(distance, 9)
    return ReasonFields(
        rule=rule,
        value=value,
        threshold=threshold,
        distance=distance,
        de=texts[0],
        en=texts[1],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Names the reasons of classified rows, under one policy and calibration."""

    policy: Policy
    revenue: Borders | None
    potential: Borders | None

    @classmethod
    def under(cls, policy: Policy, calibration: Calibration) -> "Judge":
        """The borders are computed once for all rows."""

        def borders(threshold: int | None) -> Borders | None:
            return None if threshold is None else Borders.around(threshold, policy.stability)

        return cls(
            policy=policy,
            revenue=borders(calibration.revenue_cents),
            potential=borders(calibration.potential_cents),
        )

    def reasons(self, row: Row) -> list[ReasonFields]:
        """Every rule that decided the class of a row of ``classify``, the weightiest first."""
        found: list[ReasonFields] = []
        if row["overridden"]:
            texts = sentences.pinned(
                str(row["segment"]), author=row["override_author"], until=row["override_until"]
            )
            found.append(_reason("override", texts))
        if row["objects"]:
            return [*found, _reason("objection", sentences.FLAGS["objection"])]
        if self.policy.model == "revenue_potential":
            found += [*self._axis("revenue", row), *self._potential(row)]
        else:
            found += self._three_classes(row)
        self._tell_of_service(found, row)
        return found

    def _tell_of_service(self, found: list[ReasonFields], row: Row) -> None:
        """Add the reasons for which others raised the customer's service level above the own
        revenue's."""
        four = self.policy.model == "revenue_potential"
        earned = row["revenue_level"] == "high" if four else row["segment"] == "A"
        if self.revenue is None or earned or row["overridden"] or row["service_level"] != "high":
            return
        value = row["referral_value_cents"]
        texts = sentences.more_service(value if value > self.revenue.threshold else None)
        # The end of a hold time is named again on later days, as on the first.
        own = next(reason for reason in found if reason["rule"] != "hold_time")
        own["de"] = f"{own['de'].removesuffix('.')}; {texts[0]}"
        own["en"] = f"{own['en'].removesuffix('.')}; {texts[1]}"

    def _three_classes(self, row: Row) -> list[ReasonFields]:
        rule = str(row["rule"])
        if rule == "favourite":
            found = [_reason("favourite", sentences.FLAGS["favourite"])]
            if row["conduct"]:
                found.append(_reason("conduct", sentences.CONDUCT_BESIDE_FAVOURITE))
            return found
        if rule == "conduct":
            return [_reason("conduct", sentences.FLAGS["conduct"])]
        found = self._axis("revenue", row)
        counting = _COSTLY if row["revenue_level"] == "high" else _FRUITLESS
        found += self._counts(counting, row)
        if rule == "effort_ratio":
            found.append(self._effort(row))
        if rule in _NEEDS_POTENTIAL:
            found += self._potential(row)
        if rule == "hold_time":
            months = self.policy.chance_months
            found.append(_reason("hold_time", sentences.chance_ended(months)))
        return found

    def _potential(self, row: Row) -> list[ReasonFields]:
        found = self._axis("potential", row)
        if row["promising"] and row["potential_level"] != "high":
            found.append(_reason("promising", sentences.FLAGS["promising"]))
        return found

    def _axis(self, axis: AxisName, row: Row) -> list[ReasonFields]:
        borders = self.revenue if axis == "revenue" else self.potential
        value = row[f"{axis}_cents"]
        named = sentences.measure(
            axis,
            estimated=bool(row["revenue_estimated"]),
            assumed=bool(row["potential_assumed"]),
        )
        level = str(row[f"{axis}_level"])
        if borders is not None and row[f"{axis}_held"]:
            return [self._held(axis, row, named, value, borders)]
        found = []
        if row[f"{axis}_fell"]:
            days = self.policy.stability.hold_days
            found.append(_reason("hold_time", sentences.hold_ended(axis, days)))
        verdicts = (
            (sentences.AXIS_HIGH_DE[axis], sentences.AXIS_HIGH_EN[axis])
            if level == "high"
            else (sentences.AXIS_LOW_DE[axis], sentences.AXIS_LOW_EN[axis])
        )
        threshold = None if borders is None else borders.threshold
        texts = sentences.compared(named, value=value, threshold=threshold, verdict=verdicts)
        return [*found, _reason(f"{axis}.{level}", texts, value, threshold)]

    def _held(
        self, axis: AxisName, row: Row, named: Texts, value: int, borders: Borders
    ) -> ReasonFields:
        until = row[f"{axis}_held_until"]
        if isinstance(until, date):
            texts = sentences.kept_high(
                named, axis, value=value, falls_below=borders.falls_below, until=until
            )
            return _reason("band", texts, value, borders.falls_below)
        texts = sentences.kept_low(named, axis, value=value, rises_at=borders.rises_at)
        return _reason("band", texts, value, borders.rises_at)

    def _counts(self, rules: tuple[str, ...], row: Row) -> list[ReasonFields]:
        found = []
        for rule in rules:
            value, limit = row[rule], int(getattr(self.policy.counts, rule))
            if isinstance(value, int) and value >= limit:
                texts = sentences.counted(rule, value=value, limit=limit)
                found.append(_reason(rule, texts, value, limit))
        return found

    def _effort(self, row: Row) -> ReasonFields:
        effort, revenue = row["counted_effort_cents"], row["revenue_cents"]
        limit = self.policy.effort.ratio_limit
        # Unrounded: 0.50002 rounded to three decimals would no longer lie above a limit of 0.5.
        ratio = effort / revenue if revenue > 0 else None
        texts = sentences.effort_ratio(effort=effort, revenue=revenue, limit=limit)
        return _reason("effort_ratio", texts, ratio, limit)
