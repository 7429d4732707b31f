"""Settings of the scheduler, from the environment alone (prefix ``SCHEDULER_``)."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class SchedulerSettings(ServiceSettings):
    """What every service needs, and how long running a day may take."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="SCHEDULER_")
    service: ClassVar[str] = "scheduler"

    run_seconds: float = Field(
        default=100.0, gt=0, le=600, description="how long one call may work on running a day"
    )
