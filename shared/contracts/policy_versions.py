"""Versions of the policy: when each is in force, its calibrations, and the differences."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from shared.contracts.policies import CalibrationNumber, PositiveCents, Version
from shared.contracts.vocabulary import Day, Instant, Strict

ActivationState = Literal["planned", "calibrating", "in_force", "past", "never_ruled"]


class ListedActivation(Strict):
    """A day from which a version is in force, or will be."""

    model_config = ConfigDict(populate_by_name=True)

    from_day: Day = Field(alias="from")
    version: Version | None = Field(description="null if the day's version is not calibrated")
    calibration: CalibrationNumber | None
    next_version: Version | None = Field(
        description="in force as soon as it is calibrated; the same version if it is recalibrated"
    )
    state: ActivationState
    reclassification_id: UUID | None = Field(description="the run that it started")
    activated_at: Instant
    activated_by: str | None


class ActivationPage(Strict):
    """Which version is in force from which day, the latest day first."""

    items: list[ListedActivation]
    next_cursor: str | None = None


class PolicyCalibration(Strict):
    """The thresholds of "high" in cents for the book of a day; null if nobody is high."""

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
    """The policy in force on a day."""

    model_config = ConfigDict(populate_by_name=True)

    day: Day
    version: Version
    from_day: Day = Field(alias="from", description="1900-01-01 for the policy of a new agency")
    calibration: CalibrationNumber
    revenue_cents: PositiveCents | None
    potential_cents: PositiveCents | None


class PolicyDifference(Strict):
    """One difference, with a sentence that explains it."""

    pointer: str = Field(
        description="place (RFC 6901) in the newer policy; in the older one if it was removed",
        examples=["/revenue/threshold"],
    )
    old: JsonValue
    new: JsonValue
    de: str = Field(examples=["Ertragsschwelle: von 300,00 € auf 400,00 € erhöht."])
    en: str = Field(examples=["Revenue threshold: raised from €300.00 to €400.00."])


class PolicyDifferences(Strict):
    """The differences between two versions."""

    model_config = ConfigDict(populate_by_name=True)

    from_version: Version = Field(alias="from")
    to_version: Version = Field(alias="to")
    items: list[PolicyDifference]
    next_cursor: str | None = None
