"""Settings of the classifier, from the environment alone (prefix ``CLASSIFIER_``)."""

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class ClassifierSettings(ServiceSettings):
    """What every service needs, and how large a file may be."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="CLASSIFIER_")
    service: ClassVar[str] = "classifier"

    import_bytes: int = Field(
        default=200_000_000, ge=1_000_000, description="the largest file an import may bring"
    )
