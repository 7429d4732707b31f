"""Connections to Redis, and the names of what lies there."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, cast

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool

RING_SECONDS = 1.0
"""Nobody waits longer for a doorbell: the work is committed, and the sweep finds it."""
SILENCE_SECONDS = 5.0
"""A worker whose Redis does not answer for so long ends and is started again. Without a limit a
connection cut without a word would keep it waiting for a quarter of an hour."""


def encoded(job: dict[str, Any]) -> bytes:
    # arq would pickle, which executes what it reads; a result may hold an exception.
    return json.dumps(job, default=repr).encode()


def decoded(data: bytes) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(data))


def queue_name(service: str) -> str:
    """The arq queue of one service's worker."""
    return f"kundentakt:{service}"


def open_redis(url: str, *, silence_seconds: float) -> ArqRedis:
    """Connections made when needed. arq's own pool would wait for an answer without a limit."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url, socket_connect_timeout=RING_SECONDS, socket_timeout=silence_seconds, encoding="utf8"
    )
    return ArqRedis(pool, job_serializer=encoded, job_deserializer=decoded)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[ArqRedis]:
    """A plain connection to the queue, for operations and tests."""
    redis = open_redis(url, silence_seconds=SILENCE_SECONDS)
    try:
        await redis.ping()
        yield redis
    finally:
        await redis.aclose(close_connection_pool=True)
