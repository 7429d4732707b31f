"""Idempotency keys: the same key with the same request finds the first, with another one nothing.

Only a digest of the request is kept, so nothing of it can be read back.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.db.database import Transaction


class IdempotencyKeyReused(Exception):
    """the key came with another request before; send this one with a key of its own"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request that its sender may repeat: the route, the sender's key, and what was sent."""

    route: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, route: str, key: str | None, content: str | bytes) -> "KeyedRequest | None":
        """The request under this key; None if its sender gave no key.

        ``content`` is what must be the same in a repetition: the model as read (two spellings of
        the same JSON are one request), or the bytes of a file.
        """
        if key is None:
            return None
        encoded = content.encode() if isinstance(content, str) else content
        return cls(route=route, key=key, digest=hashlib.sha256(encoded).digest())


async def claim_key(transaction: "Transaction", request: KeyedRequest | None) -> None:
    """Keep the request's key with its digest; raises IdempotencyKeyReused for another digest.

    Called in the transaction that carries the request out: two at once wait for each other here,
    and a request that was refused leaves its key free. SQL text because of `ON CONFLICT`.
    """
    if request is None:
        return
    kept = await transaction.execute(
        """
        INSERT INTO kept_key (agency_id, route, key, digest)
        VALUES (:agency, :route, :key, :digest)
        ON CONFLICT (agency_id, route, key) DO UPDATE SET digest = kept_key.digest
        RETURNING digest
        """,
        {"route": request.route, "key": request.key, "digest": request.digest},
    )
    if kept.scalar_one() != request.digest:
        raise IdempotencyKeyReused
