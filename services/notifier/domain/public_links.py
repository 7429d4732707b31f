"""Signed public links: what a customer may do without a login, by the token in a mail.

itsdangerous signs the token, ``<payload>.<signature>``. The payload is a JSON list and names the
agency, so a route without a bearer token knows whose data it may touch (and sets row-level
security by it). Tokens do not expire, because a mail of two years ago must still let its reader
unsubscribe.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode
from pydantic import Field, ValidationError

from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import AgencyId, CustomerId, ExternalId, Strict

LinkKind = Literal["unsubscribe", "answer", "calendar", "confirm"]

MINIMUM_SECRET_BYTES = 16
LONGEST_TOKEN = 1024
SALT = b"kundentakt public link 2"
"""Mixed into the key, so that no other use of the secret yields a valid link."""


class LinkSecretTooShort(Exception):
    """The secret that signs public links has fewer than 16 bytes."""


class InvalidLink(Exception):
    """This link is not one of ours, or was changed on the way."""


class PublicLink(Strict):
    """What a public token says. ``purpose`` is the consent that an unsubscribe withdraws."""

    kind: LinkKind
    agency_id: AgencyId
    customer_id: CustomerId
    purpose: ConsentPurpose | None = None
    message_id: ExternalId | None = Field(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLinks:
    """Makes the links of one message as complete URLs.

    ``public_url`` is the notifier's address as customers reach it.
    """

    public_url: str
    secret: str

    def unsubscribe(
        self,
        agency: AgencyId,
        customer_id: CustomerId,
        message_id: UUID,
        *,
        purpose: ConsentPurpose,
    ) -> str:
        """Return where a customer withdraws the consent for ``purpose``."""
        return self._link("unsubscribe", "unsubscribe", agency, customer_id, message_id, purpose)

    def answer(self, agency: AgencyId, customer_id: CustomerId, message_id: UUID) -> str:
        """Return where a customer asks to be called back about a message."""
        return self._link("answer", "answers", agency, customer_id, message_id, None)

    def _link(
        self,
        kind: LinkKind,
        path: str,
        agency: AgencyId,
        customer_id: CustomerId,
        message_id: UUID,
        purpose: ConsentPurpose | None,
    ) -> str:
        link = PublicLink(
            kind=kind,
            agency_id=agency,
            customer_id=customer_id,
            purpose=purpose,
            message_id=str(message_id),
        )
        token = make_token(link, secret=self.secret)
        return f"{self.public_url.rstrip('/')}/v1/{path}/{token}"


def make_token(link: PublicLink, *, secret: str) -> str:
    """Return the token for ``link`` in URL-safe characters. Raises ``LinkSecretTooShort``."""
    fields = [link.kind, link.agency_id, link.customer_id, link.purpose, link.message_id]
    return _serializer((secret,)).dumps(fields)


def verify_token(token: str, *, secrets: Sequence[str]) -> PublicLink:
    """Return what a token says, if one of ``secrets`` signed it.

    The present secret comes first, then older ones. Raises ``InvalidLink`` for everything else,
    whatever the garbage.
    """
    if len(token) > LONGEST_TOKEN:
        raise InvalidLink
    try:
        _refuse_other_spelling(token)
        kind, agency_id, customer_id, purpose, message_id = _serializer(tuple(secrets)).loads(token)
        return PublicLink(
            kind=kind,
            agency_id=agency_id,
            customer_id=customer_id,
            purpose=purpose,
            message_id=message_id,
        )
    except (BadData, ValueError, TypeError, ValidationError) as error:
        raise InvalidLink from error


def _refuse_other_spelling(token: str) -> None:
    """The last character of base64 has spare bits, so two spellings carry one signature."""
    signature = token.rpartition(".")[2].encode("ascii")
    if base64_encode(base64_decode(signature)) != signature:
        raise InvalidLink


@lru_cache(maxsize=16)
def _serializer(secrets: tuple[str, ...]) -> URLSafeSerializer:
    """Return what signs with the first secret and verifies with all of them."""
    keys = [secret.encode() for secret in secrets]
    if any(len(key) < MINIMUM_SECRET_BYTES for key in keys):
        raise LinkSecretTooShort
    return URLSafeSerializer(
        keys[::-1],  # itsdangerous signs with the last key
        salt=SALT,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
