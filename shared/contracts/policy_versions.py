"""Versions of the policy: from when each rules, what "high" was, and what is said otherwise."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from shared.contracts.policies import CalibrationNumber, PositiveCents, Version
from shared.contracts.vocabulary import Day, Instant, Strict

ActivationState = Literal["planned", "calibrating", "in_force", "past", "never_ruled"]


class ListedActivation(Strict):
    """A day from which a version rules, or will."""

    model_config = ConfigDict(populate_by_name=True)

    from_day: Day = Field(alias="from")
    version: Version | None = Field(description="null where the day's version is not calibrated")
    calibration: CalibrationNumber | None
    next_version: Version | None = Field(
        description="takes over as soon as it is calibrated; the same version: is calibrated anew"
    )
    state: ActivationState
    reclassification_id: UUID | None = Field(description="the run that it set going")
    activated_at: Instant
    activated_by: str | None


class ActivationPage(Strict):
    """From when which version rules, the latest day first."""

    items: list[ListedActivation]
    next_cursor: str | None = None


class PolicyCalibration(Strict):
    """What "high" meant in cents over the book of a day; null where nobody is high."""

    calibration: CalibrationNumber
    policy_version: Version
    as_of: Day
    revenue_cents: PositiveCents | None
    potential_cents: PositiveCents | None
    created_at: Instant


class CalibrationPage(Strict):
    """The calibrations of a version, the newest first."""

    items: list[PolicyCalibration]
    next_cursor: str | None = None


class ActivePolicy(Strict):
    """What rules on a day."""

    model_config = ConfigDict(populate_by_name=True)

    day: Day
    version: Version
    from_day: Day = Field(alias="from", description="1900-01-01 for the policy of a new agency")
    calibration: CalibrationNumber
    revenue_cents: PositiveCents | None
    potential_cents: PositiveCents | None


class PolicyDifference(Strict):
    """One thing that is different, with a sentence that says how."""

    pointer: str = Field(
        description="where (RFC 6901): in the newer policy, for what is gone in the older one",
        examples=["/revenue/threshold"],
    )
    old: JsonValue
    new: JsonValue
    de: str = Field(examples=["Ertragsschwelle: von 300,00 € auf 400,00 € erhöht."])
    en: str = Field(examples=["Revenue threshold: raised from €300.00 to €400.00."])


class PolicyDifferences(Strict):
    """What a version says otherwise than another."""

    model_config = ConfigDict(populate_by_name=True)

    from_version: Version = Field(alias="from")
    to_version: Version = Field(alias="to")
    items: list[PolicyDifference]
    next_cursor: str | None = None
