"""Builders: a care unit in one line, and the classification of a few of them."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from services.classifier.domain.classify import classify
from services.classifier.domain.explain import explain
from services.classifier.domain.facts import FACTS, FURTHER_MEMBERS, NULLABLE, PETS
from services.classifier.domain.needs import default_policy
from services.classifier.domain.thresholds import Calibration, calibrate
from shared.contracts.lines import mask_of
from shared.contracts.policies import Policy

TODAY = date(2026, 11, 21)
FOUR = default_policy()
THREE = FOUR.model_copy(update={"model": "revenue_effort"})
VERSION = 3


def unit(unit_id: str = "K-0001", **facts: Any) -> dict[str, Any]:
    """One row of the facts frame: a new unit with nothing but what is named.

    ``covered`` names lines held here; ``euros`` and ``potential`` set revenue and a need of just
    that value (see ``policy_worth``).
    """
    row = {name: _nothing(name, dtype) for name, dtype in FACTS.items()}
    row["unit_id"] = unit_id
    lines = facts.pop("covered", ())
    row["covered_lines"] = row["own_lines"] = mask_of(*lines)
    row["contracts"] = len(lines)
    if "pets" in facts:
        facts["pets"] = sum(1 << PETS.index(pet) for pet in facts["pets"])
    unknown = set(facts) - set(row)
    assert not unknown, f"no such facts: {unknown}"
    return row | facts


def _nothing(name: str, dtype: pl.DataType) -> Any:
    if name in NULLABLE:
        return None
    return False if dtype == pl.Boolean else 0


def frame(*units: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(units), schema=FACTS, orient="row")


def members(*rows: dict[str, Any]) -> pl.DataFrame:
    empty: dict[str, Any] = dict.fromkeys(FURTHER_MEMBERS)
    return pl.DataFrame([empty | row for row in rows], schema=FURTHER_MEMBERS, orient="row")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A classified unit with its explanation read back from JSON."""

    row: dict[str, Any]
    facts: dict[str, Any] | None
    gaps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    axes: dict[str, Any]
    held: dict[str, Any] | None

    @property
    def segment(self) -> str:
        return str(self.row["segment"])

    @property
    def rules(self) -> list[str]:
        return [reason["rule"] for reason in self.reasons]

    @property
    def lines(self) -> list[str]:
        return [gap["line"] for gap in self.gaps]


def verdicts(
    *units: dict[str, Any],
    policy: Policy = FOUR,
    further: pl.DataFrame | None = None,
    calibration: Calibration | None = None,
    as_of: date = TODAY,
    version: int = VERSION,
) -> list[Verdict]:
    """Classify and explain, the way every unit goes."""
    facts = frame(*units)
    others = members() if further is None else further
    found = calibration or calibrate(facts, further_members=others, policy=policy, as_of=as_of)
    classified = classify(
        facts,
        further_members=others,
        policy=policy,
        policy_version=version,
        calibration=found,
        as_of=as_of,
    )
    explained = explain(
        classified, further_members=others, policy=policy, calibration=found, as_of=as_of
    )
    return [
        Verdict(row=row, **{name: _read(text) for name, text in why.items() if name != "unit_id"})
        for row, why in zip(
            classified.iter_rows(named=True), explained.iter_rows(named=True), strict=True
        )
    ]


def verdict(row: dict[str, Any], **how: Any) -> Verdict:
    return verdicts(row, **how)[0]


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def next_day(before: Verdict, *, version: int = VERSION, **facts: Any) -> dict[str, Any]:
    """The same unit with its last result remembered, and with these facts changed."""
    row = {name: before.row[name] for name in FACTS}
    remembered = {
        name: before.row[name.removeprefix("was_")]
        for name in FACTS
        if name.startswith("was_") and name != "was_policy_version"
    }
    return row | remembered | {"was_policy_version": version} | facts


LIFE_WORTH_150: dict[str, Any] = {
    "household": "family",
    "children": 2,
    "home": "owns",
    "employment": "employed",
    "birth_date": date(1984, 3, 12),
}
"""A family with house and job, no contract: gaps well above the potential threshold."""
LIFE_WITHOUT_NEEDS: dict[str, Any] = {"vehicles": 0, "pets": ()}
"""Known, but nothing that calls for a line."""
