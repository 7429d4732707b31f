"""Settings every service has; each service adds its own in its ``settings.py``.

They come from the environment alone. Secrets have no defaults, and the word that people leave
in examples is refused.
"""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class PlaceholderSecret(ValueError):
    """a secret still holds a placeholder; set a random value of at least 16 characters"""


def refuse_placeholder(name: str, secret: SecretStr) -> None:
    """Refuse secrets that are placeholders or too short to be random."""
    value = secret.get_secret_value()
    if "changeme" in value.lower() or len(value) < 16:
        raise PlaceholderSecret(f"{name}: {PlaceholderSecret.__doc__}")


def own(name: str) -> AliasChoices:
    """A variable without the service's prefix, shared by all services."""
    return AliasChoices(name)


class ServiceSettings(BaseSettings):
    """What every service needs: its database, Redis, keys, its neighbours and its clock."""

    model_config = SettingsConfigDict(
        # A refused setting is named, and its value, which may be a secret, is not printed.
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )
    service: ClassVar[str]

    database_url: SecretStr = Field(description="the app role's URL; the role cannot bypass RLS")
    sweep_database_url: SecretStr = Field(description="the sweep role's URL")
    database_pool: int = Field(default=8, ge=1, le=100, description="connections of one process")
    worker_metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="where the worker serves its Prometheus metrics"
    )
    redis_url: SecretStr = Field(validation_alias=own("REDIS_URL"), description="the doorbell")
    token_keys: str = Field(
        validation_alias=own("TOKEN_KEYS"), description="public keys of tokens: a JWK set as JSON"
    )
    service_token: SecretStr = Field(description="the token this service calls others with")
    classifier_url: str = Field(
        default="http://127.0.0.1:8101", validation_alias=own("CLASSIFIER_URL"),
        description="where the classifier answers",
    )  # fmt: skip
    scheduler_url: str = Field(
        default="http://127.0.0.1:8102", validation_alias=own("SCHEDULER_URL"),
        description="where the scheduler answers",
    )  # fmt: skip
    notifier_url: str = Field(
        default="http://127.0.0.1:8103", validation_alias=own("NOTIFIER_URL"),
        description="where the notifier answers",
    )  # fmt: skip
    now: datetime | None = Field(
        default=None, validation_alias=own("KUNDENTAKT_NOW"),
        description="the edge clock starts at this instant (tests and demo)",
    )  # fmt: skip
    now_since: datetime | None = Field(
        default=None, validation_alias=own("KUNDENTAKT_NOW_SINCE"),
        description="the real instant at which KUNDENTAKT_NOW was so",
    )  # fmt: skip

    @model_validator(mode="after")
    def _secrets_are_real(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and "changeme" in value.get_secret_value().lower():
                refuse_placeholder(name, value)
        return self
