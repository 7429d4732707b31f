"""The agency: the settings that every service needs, and its webhook sources."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from shared.contracts.customers import FederalState
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import AgencyId, Day, Instant, Strict

_ZONES = available_timezones()


def _known_zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError("not a time zone of the IANA database, such as Europe/Berlin")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone), Field(examples=["Europe/Berlin"])]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:00"])]
LetterForm = Literal["A", "B"]
SourceName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", examples=["broker-system"])
]


class AgencySettings(Strict):
    """Body of ``PUT /v1/agency``. A missing field takes the default of a new agency.

    The cost of an hour and of a kilometre is part of the policy, because a class must depend on
    nothing but the facts and the policy's version.
    """

    time_zone: TimeZone = "Europe/Berlin"
    federal_state: FederalState | None = Field(
        default=None,
        description="The state whose public holidays count; null for those of all Germany.",
    )
    sender: SenderIdentity | None = Field(
        default=None, description="Legal notice; without it no message leaves."
    )
    send_times: list[TimeOfDay] = Field(
        default_factory=lambda: ["08:00", "13:00"],
        min_length=1,
        max_length=24,
        description="When outgoing messages leave, in the agency's time zone.",
    )
    letter_form: LetterForm = Field(
        default="B",
        description="The form of DIN 5008 that letters are set in: B leaves 45 mm above the"
        " address, A leaves 27 mm; fold marks and text move with it.",
    )


class Agency(AgencySettings):
    """Answer of ``GET /v1/agency``: the settings, and the last day run."""

    agency_id: AgencyId
    day: Day | None = Field(description="The last day run; null before the first.")


class WebhookSecret(Strict):
    """The secret a source signs with. Whoever repeats the call that made it gets the same one.

    After a rotation the previous secret stays valid until the next rotation.
    """

    source: SourceName
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    url: str = Field(
        description="Where to post events, below the service's address.",
        examples=["/v1/events/musterbetrieb/broker-system"],
    )
    rotated: bool = Field(description="Whether this call replaced the secret before.")


class WebhookSource(Strict):
    """A system that sends events, without its secret."""

    source: SourceName
    url: str = Field(
        description="Where to post events, below the service's address.",
        examples=["/v1/events/musterbetrieb/broker-system"],
    )
    rotated_at: Instant = Field(description="When the secret in use was made.")
    previous_valid: bool = Field(description="Whether the secret before it is still accepted.")


class WebhookSources(Strict):
    """All systems that send events to the agency, by name."""

    items: list[WebhookSource]
