"""Idempotency keys: what came under each of them, and how it was answered.

A key belongs to one agency and one route for :data:`KEPT_HOURS`. Under it are kept a digest of the
request, an id for what the request makes, and the answer. So a repetition gets the first answer,
another request under the same key is refused, and nothing is done twice. Of the key itself only a
digest is kept, because a sender may make keys of names.
"""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from shared.db.database import Transaction

KEPT_HOURS: Final = 24
"""Senders repeat a request for minutes, not for days. Afterwards a key is as good as new."""
KEYS_OF_AN_AGENCY: Final = 10_000
"""The oldest are forgotten beyond so many, because a sender may give each request a key."""
ANSWER_BYTES: Final = 16_384
"""A longer answer (of a batch) is not kept: the request is carried out again, which finds what the
first made by its ids."""
BUSY_SECONDS: Final = 120
"""After so long without an answer the first request's process is taken for dead."""


class IdempotencyKeyReused(Exception):
    """the key came with another request before; send this one with a key of its own"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class IdempotencyKeyInUse(Exception):
    """the first request under this key is still being carried out; send it again in a moment"""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was sent."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatableRequest:
    """A request that its sender may repeat under a key, or one without a key.

    ``request_id`` is the same in every repetition: what the request makes takes its id from it.
    """

    request_id: UUID
    token: UUID | None = None
    repeated: bool = False
    made: str | None = None
    """What the first attempt made, if it came so far and its answer was lost."""
    answer: KeptAnswer | None = None

    @classmethod
    def without_key(cls) -> "RepeatableRequest":
        """A request that nobody can repeat."""
        return cls(request_id=uuid4())


async def claim_key(
    transaction: Transaction, *, route: str, key: str, digest: bytes
) -> RepeatableRequest:
    """Take a key for a request, or find what came of the same request before.

    Raises IdempotencyKeyReused for another digest and IdempotencyKeyInUse while the first is under
    way. A transaction of its own, so that others see at once that the key is taken. SQL text
    because of `ON CONFLICT`, and because the database's clock decides.
    """
    await transaction.execute(_FORGET_OLD, {"hours": KEPT_HOURS, "kept": KEYS_OF_AN_AGENCY})
    named = {"route": route, "key": hashlib.sha256(key.encode()).hexdigest()}
    token = uuid4()
    new = await transaction.execute(
        _TAKE,
        {**named, "digest": digest, "id": uuid4(), "token": token, "seconds": BUSY_SECONDS},
    )
    taken = new.one_or_none()
    if taken is not None:
        return RepeatableRequest(request_id=taken.request_id, token=token)
    kept = (await transaction.execute(_KEPT, named)).one_or_none()
    if kept is None:  # refused and freed a moment ago
        raise IdempotencyKeyInUse
    if kept.digest != digest:
        raise IdempotencyKeyReused
    if kept.busy:
        raise IdempotencyKeyInUse
    await transaction.execute(_TAKE_OVER, {**named, "token": token, "seconds": BUSY_SECONDS})
    answer = None
    if kept.answer is not None:
        answer = KeptAnswer(status=kept.status, content_type=kept.media_type, body=kept.answer)
    return RepeatableRequest(
        request_id=kept.request_id,
        token=None if answer else token,
        repeated=kept.status is not None,
        made=kept.made,
        answer=answer,
    )


async def keep_made(transaction: Transaction, request: RepeatableRequest, made: str) -> None:
    """Note what a request made, in the transaction that makes it: for what has no id of its own
    that a repetition could find."""
    if request.token is not None:
        await transaction.execute(
            "UPDATE kept_key SET made = :made WHERE agency_id = :agency AND token = :token",
            {"made": made, "token": request.token},
        )


async def forget_made(transaction: Transaction, made: str) -> None:
    """Forget the keys of requests that made this, in the transaction that deletes it.

    Only for what an answer hands out, such as a secret: a repetition would hand out a dead one. A
    late repetition must not make anything else again that somebody deleted since.
    """
    await transaction.execute(
        "DELETE FROM kept_key WHERE agency_id = :agency AND made = :made", {"made": made}
    )


async def keep_answer(
    transaction: Transaction, token: UUID, answer: KeptAnswer, *, again: bool
) -> None:
    """Keep how a request was answered; with ``again`` only that it was, so that a repetition is
    carried out again."""
    kept = not again and len(answer.body) <= ANSWER_BYTES
    await transaction.execute(
        """
        UPDATE kept_key SET busy_until = NULL, status = :status, media_type = :media_type,
                            answer = :answer
         WHERE agency_id = :agency AND token = :token
        """,
        {
            "status": answer.status,
            "media_type": answer.content_type,
            "answer": answer.body if kept else None,
            "token": token,
        },
    )


async def free_key(transaction: Transaction, token: UUID) -> None:
    """Forget the key of a request that was refused or failed, unless an earlier try made
    something."""
    await transaction.execute(
        """
        DELETE FROM kept_key WHERE agency_id = :agency AND token = :token
           AND made IS NULL AND status IS NULL
        """,
        {"token": token},
    )
    await transaction.execute(
        "UPDATE kept_key SET busy_until = NULL WHERE agency_id = :agency AND token = :token",
        {"token": token},
    )


_FORGET_OLD = """
    DELETE FROM kept_key WHERE agency_id = :agency AND (route, key) IN (
        SELECT route, key FROM kept_key
         WHERE agency_id = :agency
           AND (kept_at < now() - make_interval(hours => :hours)
                OR kept_at < (SELECT kept_at FROM kept_key WHERE agency_id = :agency
                               ORDER BY kept_at DESC OFFSET :kept LIMIT 1))
           FOR UPDATE SKIP LOCKED)
"""
_TAKE = """
    INSERT INTO kept_key (agency_id, route, key, digest, request_id, token, busy_until)
    VALUES (:agency, :route, :key, :digest, :id, :token, now() + make_interval(secs => :seconds))
    ON CONFLICT DO NOTHING RETURNING request_id
"""
_KEPT = """
    SELECT digest, request_id, made, status, media_type, answer,
           coalesce(busy_until > now(), false) AS busy
      FROM kept_key WHERE agency_id = :agency AND route = :route AND key = :key FOR UPDATE
"""
_TAKE_OVER = """
    UPDATE kept_key SET token = :token, busy_until = now() + make_interval(secs => :seconds)
     WHERE agency_id = :agency AND route = :route AND key = :key AND answer IS NULL
"""
