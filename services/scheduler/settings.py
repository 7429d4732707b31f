"""Settings of the scheduler, from the environment alone (prefix ``SCHEDULER_``)."""

from datetime import time
from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """What every service needs, how days are run, and how many introductions one may bring."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="SCHEDULER_")
    service: ClassVar[str] = "scheduler"

    run_seconds: float = Field(
        default=100.0, gt=0, le=600, description="how long one call may work on running a day"
    )
    day_begins: time | None = Field(
        default=time(4),
        description="local time from which the worker runs an agency's new day by itself, once"
        " its first day was run by a call; empty: never",
    )

    introductions_share: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="share of the customers whom one day may introduce to a new carer; more wait"
        " for somebody who releases or drops them",
    )

    freeze_working_days: int = Field(
        default=10,
        ge=0,
        le=60,
        description="contacts that begin within so many working days no longer move for the load",
    )
    plan_quiet_seconds: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="planning many changes, as of an import, waits until none came for so long",
    )
    plan_waits_seconds: float = Field(
        default=300.0,
        ge=0,
        le=3600,
        description="planning waits for the end of an import for at most so long",
    )

    @field_validator("day_begins", mode="before")
    @classmethod
    def _empty_is_never(cls, value: object) -> object:
        return None if value == "" else value
