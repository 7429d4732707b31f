"""Settings of the notifier, from the environment alone (prefix ``NOTIFIER_``)."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings, own, refuse_placeholder


class NotifierSettings(ServiceSettings):
    """The settings of every service, and those of mails, links and letters."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="NOTIFIER_")
    service: ClassVar[str] = "notifier"

    smtp_url: SecretStr = Field(
        validation_alias=own("SMTP_URL"),
        description="the mail server: smtp://user:password@host:587 or smtps://…",
    )
    public_url: str = Field(
        validation_alias=own("PUBLIC_URL"),
        description="where links in mails point: this service as customers reach it",
    )
    link_secret: SecretStr = Field(
        validation_alias=own("LINK_SECRET"), description="signs the links in mails"
    )
    print_directory: Path = Field(
        validation_alias=own("PRINT_DIRECTORY"),
        description="where print runs are handed over, one folder an agency",
    )
    local_mailboxes: Path | None = Field(
        default=None,
        validation_alias=own("LOCAL_MAILBOXES"),
        description="where a local mail receiver keeps mails, for erasing them; none in production",
    )
    dkim_directory: Path | None = Field(
        default=None,
        description="private keys as <sender's domain>/<selector>.pem; mails are unsigned without",
    )
    smtp_connections: int = Field(default=4, ge=1, le=50, description="mails under way at once")
    smtp_answer_seconds: float = Field(
        default=90.0, gt=0, le=300, description="wait for each answer of the mail server"
    )
    lease_seconds: float = Field(
        default=30.0, ge=1, le=600, description="after a kill, claimed work is free again then"
    )
    assembly_quiet_seconds: float = Field(
        default=2.0,
        ge=0,
        le=60,
        description="quiet after which a print run is rendered; longer if letters come slowly",
    )

    @field_validator("link_secret")
    @classmethod
    def _random(cls, secret: SecretStr) -> SecretStr:
        refuse_placeholder("LINK_SECRET", secret)
        return secret
