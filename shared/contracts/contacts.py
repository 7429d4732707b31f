"""``POST /v1/contacts/lookup`` of the classifier: how to reach customers, and what they allowed.

The notifier asks just before each batch leaves, so that a withdrawal of a minute ago counts.
Birth dates are not part of it, because sending only needs to know whether a person is a minor.
"""

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.customers import (
    ConsentBasis,
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    CustomerKind,
    CustomerStatus,
    FormOfAddress,
    Language,
    Salutation,
)
from shared.contracts.vocabulary import AgencyId, CustomerId, Day, Instant, Strict

BlockReason = Literal["bounced", "complained", "returned", "manual"]

AddressDigest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081" * 8])]
"""An address as its ``address_digest`` in hexadecimal."""

LOOKUP_LIMIT = 500
"""Customers per lookup: one statement of the classifier, and an answer well below a megabyte."""

Name = Annotated[str, Field(max_length=200)]


def address_digest(agency: AgencyId, address: str) -> bytes:
    """Return what remembers an address without keeping it; capitals and blanks do not matter."""
    return hashlib.sha256(f"{agency}\0{address.strip().casefold()}".encode()).digest()


class ContactAddress(Strict):
    """A postal address, as the broker's system gave it; missing parts are unknown."""

    street: Name | None = Field(default=None, examples=["Lindenallee 4"])
    postcode: str | None = Field(default=None, max_length=20, examples=["06526"])
    city: Name | None = Field(default=None, examples=["Sangerhausen"])
    country: str = Field(default="DE", pattern=r"^[A-Z]{2}$", examples=["DE"])


class ContactConsent(Strict):
    """The customer's latest consent or refusal for a purpose and a channel (GDPR art. 7(1))."""

    purpose: ConsentPurpose = Field(description="What the messages are for.", examples=["events"])
    channel: ConsentChannel = Field(description="How they would arrive.", examples=["email"])
    state: ConsentState = Field(description="The customer's last word.", examples=["granted"])
    basis: ConsentBasis = Field(description="What allows it in law.", examples=["consent"])
    at: Instant = Field(description="When the last word was given.")
    wording: str | None = Field(
        default=None,
        max_length=4000,
        description="The text agreed to, or the notice given when the address was collected.",
        examples=["Ja, ich möchte den Newsletter per E-Mail erhalten."],
    )
    source: str | None = Field(
        default=None, max_length=200, description="Where it was recorded.", examples=["web form"]
    )
    confirmed: bool | None = Field(
        default=None,
        description="Double opt-in: true confirmed, false still waiting, null never asked for.",
        examples=[True],
    )


class ContactObjections(Strict):
    """Objections under GDPR art. 21; null where there is none."""

    advertising: Instant | None = Field(default=None, description="Against direct marketing.")
    profiling: Instant | None = Field(default=None, description="Against profiling for it.")


class ContactBlock(Strict):
    """A channel that must not be used any more, because its address does not work."""

    channel: ConsentChannel = Field(
        description="The channel that does not work.", examples=["email"]
    )
    reason: BlockReason = Field(description="How that became known.", examples=["bounced"])
    at: Instant = Field(description="Since when.")


class ContactMandate(Strict):
    """The customer's mandate to the agency; null means unknown, for a field or the whole."""

    contract: bool | None = Field(default=None, description="A broker contract (Maklervertrag).")
    power_of_attorney: bool | None = Field(default=None, description="A Vollmacht.")
    since: Day | None = Field(default=None, description="First day of the mandate.")
    ended_on: Day | None = Field(default=None, description="Last day of the mandate.")


class Contact(Strict):
    """One customer as sending needs them: name, addresses, consents and objections."""

    customer_id: CustomerId
    kind: CustomerKind = Field(examples=["person"])
    status: CustomerStatus = Field(default="active", examples=["active"])
    salutation: Salutation | None = Field(default=None, examples=["frau"])
    title: Name | None = Field(default=None, examples=["Dr."])
    first_name: Name | None = Field(default=None, examples=["Ute"])
    last_name: Name | None = Field(default=None, examples=["Bergmann"])
    company_name: Name | None = Field(default=None, examples=[None])
    contact_person: Name | None = Field(default=None, examples=[None])
    form_of_address: FormOfAddress = Field(default="sie", examples=["sie"])
    language: Language = Field(default="de", examples=["de"])
    address: ContactAddress | None = None
    email: str | None = Field(default=None, max_length=254, examples=["ute@example.org"])
    phone: str | None = Field(default=None, max_length=40, examples=["+49 3464 5555"])
    minor: bool = Field(default=False, description="Under 18 on the classifier's day.")
    deceased: bool = Field(default=False, description="A death was recorded.")
    consents: list[ContactConsent] = Field(default_factory=list)
    objections: ContactObjections = Field(default_factory=ContactObjections)
    blocks: list[ContactBlock] = Field(default_factory=list)
    mandate: ContactMandate | None = None


class AddressBlockView(Strict):
    """An address of a customer that is not written to any more, because it does not exist.

    It belongs to the address: another address of the customer is free at once.
    """

    customer_id: CustomerId
    channel: ConsentChannel = Field(examples=["email"])
    reason: BlockReason = Field(description="How that became known.", examples=["bounced"])
    at: Instant = Field(description="Since when.")
    current: bool = Field(description="It is the customer's present address.")


class AddressBlockPage(Strict):
    """Answer of ``GET /v1/address-blocks``, the newest first."""

    items: list[AddressBlockView]
    next_cursor: str | None = None


class AddressBlockLift(Strict):
    """Body of ``DELETE …/address-blocks/{channel}``: why the address is written to again."""

    reason: Annotated[str, Field(min_length=3, max_length=500, pattern=r"\S")] = Field(
        examples=["Die Adresse ist wieder eingerichtet, Anruf vom 23.11."]
    )


class ContactLookup(Strict):
    """Body of the lookup: at most 500 customers of one agency."""

    customer_ids: list[CustomerId] = Field(min_length=1, max_length=LOOKUP_LIMIT)


class ContactLookupAnswer(Strict):
    """Answer of the lookup: the customers that exist, in no order, and the ids that do not."""

    items: list[Contact]
    missing: list[CustomerId] = Field(default_factory=list)
