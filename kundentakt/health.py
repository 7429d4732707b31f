"""Answers a container's health check: exit code 0 when a service or worker can work.

    python -m kundentakt.health http://127.0.0.1:8101/readyz
    python -m kundentakt.health worker classifier

A slim image has no curl. A worker writes a key that expires within seconds of its last sign of
life; REDIS_URL says where. Checks run all day in every container, so each loads only what it
needs.
"""

import asyncio
import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

# arq appends this to the queue's name.
_SUFFIX = ":health-check"
_PATIENCE_SECONDS = 4.0


def service_is_ready(url: str) -> bool:
    """Whether the URL answers 200."""
    # A proxy of the environment is for the world outside, not for this container.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PATIENCE_SECONDS) as answer:
            return bool(answer.status == 200)
    except (URLError, TimeoutError):
        return False


async def worker_is_alive(service: str, *, redis_url: str) -> bool:
    """Whether a worker of this service gave a sign of life in the last seconds.

    Raises what the Redis client raises; the engine keeps the message and counts it as unhealthy.
    """
    from shared.jobs.connections import connected, queue_name

    async with asyncio.timeout(_PATIENCE_SECONDS), connected(redis_url) as redis:
        return bool(await redis.exists(queue_name(service) + _SUFFIX))


def main(arguments: list[str]) -> int:
    """Exit code for a container engine: 0 healthy, 1 not, 2 asked wrongly."""
    match arguments:
        case ["worker", service]:
            found = asyncio.run(worker_is_alive(service, redis_url=os.environ["REDIS_URL"]))
        case [url] if url.startswith("http"):
            found = service_is_ready(url)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
