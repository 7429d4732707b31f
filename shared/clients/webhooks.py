"""Webhook signatures after Standard Webhooks (HMAC-SHA256, ``v1,…``), by its library."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product

from standardwebhooks.webhooks import Webhook

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

SECRETS_READY = 1024
SIGNATURES_AT_MOST = 16
"""Of one request; a sender lists one for each secret that it is changing."""


class SignatureRefused(Exception):
    """the webhook's signature, id or timestamp is not right: sign `id.timestamp.body` with this
    agency's and source's secret, and send it within five minutes"""


def verify(secrets: Sequence[str], *, headers: Mapping[str, str], body: bytes) -> None:
    """Raise :class:`SignatureRefused` unless one of the secrets signed this body just now.

    Several secrets stand side by side while one is being replaced. The tolerance of five minutes
    is against real time, never against the shifted edge clock.
    """
    wanted = {name: headers.get(name, "") for name in HEADERS}
    listed = wanted["webhook-signature"].split()[:SIGNATURES_AT_MOST]
    for secret, signature in product(secrets, listed):
        try:
            # One by one: the library gives up at the first entry that it cannot read.
            one = {**wanted, "webhook-signature": signature}
            _webhook(secret).verify(body, one, json_parse=False)
        except Exception:
            # The library raises ValueError and UnicodeDecodeError on garbage besides its own
            # error: every way to fail is a refusal.
            continue
        return
    raise SignatureRefused(SignatureRefused.__doc__)


@lru_cache(maxsize=SECRETS_READY)
def _webhook(secret: str) -> Webhook:
    """Decoding a secret costs as much as the signature; an unreadable one is never kept."""
    return Webhook(secret)


def sign(
    secret: str, *, webhook_id: str, body: bytes, at: datetime | None = None
) -> dict[str, str]:
    """The three headers for a body; ``at`` is converted to UTC, as the library needs it."""
    instant = (at or datetime.now(UTC)).astimezone(UTC)
    signature = _webhook(secret).sign(webhook_id, instant, body.decode())
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": signature,
    }
