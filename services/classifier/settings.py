"""Settings of the classifier, from the environment alone (prefix ``CLASSIFIER_``)."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings

IMPORT_BYTES = 200_000_000
"""The largest file an import may bring: a million bookings; more comes in several files."""
BATCH_BYTES = 4_000_000
"""The largest batch of commissions or interactions."""


class ClassifierSettings(ServiceSettings):
    """What every service needs; the classifier needs nothing beyond."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="CLASSIFIER_")
    service: ClassVar[str] = "classifier"
