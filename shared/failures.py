"""One bit at each edge to the world: whether trying again is worth it.

::

    Exception
     ├─ Transient   the same call may succeed later: retried with backoff and jitter
     └─ Permanent   the same call will fail again: recorded with its reason, not retried
"""

import random


class Transient(Exception):
    """the other side is away or busy; the same call may succeed later"""


class Permanent(Exception):
    """the other side refused; the same call will be refused again"""


def backoff_seconds(attempt: int, *, first: float = 0.5, longest: float = 60.0) -> float:
    """Seconds to wait before attempt ``attempt + 1``: doubling, with full jitter, at most a minute.

    Jitter keeps workers that failed together from coming back together.
    """
    return random.uniform(first / 2, min(longest, first * 2**attempt))
