"""Signed public links: what a customer may do without a login, by the token in a mail.

A token is ``<payload>.<signature>``, both base64url without padding: the payload a JSON list, the
signature HMAC-SHA256 (RFC 2104) over it. It names the agency, so a route without a bearer token
knows whose data it may touch (and sets row-level security by it). Tokens do not expire: a mail
of two years ago must still let its reader unsubscribe.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, ValidationError

from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import AgencyId, CustomerId, ExternalId, Strict

LinkKind = Literal["unsubscribe", "answer", "calendar", "confirm"]

MINIMUM_SECRET_BYTES = 16
LONGEST_TOKEN = 1024
CONTEXT = b"kundentakt public link 1\0"
"""Signed in front of every payload, so that no other use of the secret gives a valid link."""


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


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    raw = text.encode("ascii")
    decoded = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    if _encode(decoded) != text:  # another spelling of the same bytes is not what we signed
        raise ValueError("not canonical base64url")
    return decoded


def _signature(payload: bytes, secret: str) -> bytes:
    key = secret.encode()
    if len(key) < MINIMUM_SECRET_BYTES:
        raise LinkSecretTooShort
    return hmac.new(key, CONTEXT + payload, hashlib.sha256).digest()


def make_token(link: PublicLink, *, secret: str) -> str:
    """The token for ``link``; only URL-safe characters. Raises ``LinkSecretTooShort``."""
    fields = [link.kind, link.agency_id, link.customer_id, link.purpose, link.message_id]
    payload = json.dumps(fields, separators=(",", ":")).encode()
    return f"{_encode(payload)}.{_encode(_signature(payload, secret))}"


def verify_token(token: str, *, secrets: Sequence[str]) -> PublicLink:
    """What a token says, if one of ``secrets`` signed it (the present one first, then older ones).

    Raises ``InvalidLink`` for everything else, whatever the garbage.
    """
    if len(token) > LONGEST_TOKEN:
        raise InvalidLink
    try:
        payload_text, signature_text = token.split(".")
        payload, signature = _decode(payload_text), _decode(signature_text)
    except (ValueError, binascii.Error) as error:
        raise InvalidLink from error
    if not any(hmac.compare_digest(_signature(payload, secret), signature) for secret in secrets):
        raise InvalidLink
    return _read(payload)


def _read(payload: bytes) -> PublicLink:
    """The signed payload as a value; a signed one of an older form is no link any more."""
    try:
        kind, agency_id, customer_id, purpose, message_id = json.loads(payload)
        return PublicLink(
            kind=kind,
            agency_id=agency_id,
            customer_id=customer_id,
            purpose=purpose,
            message_id=message_id,
        )
    except (ValueError, TypeError, ValidationError) as error:
        raise InvalidLink from error
