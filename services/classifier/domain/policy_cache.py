"""Remembers what follows from a policy alone, or from a policy and a day.

Writing out the columns of thirty needs takes as long as computing them for one unit, and
incremental work classifies few units at a time, always under the same policy.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from shared.contracts.policies import Policy

Made = TypeVar("Made")
Further = ParamSpec("Further")

REMEMBERED: Final = 32
"""Policies in use at a time: one for each agency that a process works for just now."""


class _SamePolicy:
    """A policy that equals only itself, because comparing two would cost more than is saved.

    The key of the cache holds the policy, so that its identity is not given to another.
    """

    __slots__ = ("policy",)

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __hash__(self) -> int:
        return id(self.policy)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SamePolicy) and other.policy is self.policy


def _key(policy: Policy, /, *args: Hashable, **more: Hashable) -> tuple[Hashable, ...]:
    return hashkey(_SamePolicy(policy), *args, **more)


def cached_per_policy(
    make: Callable[Concatenate[Policy, Further], Made],
) -> Callable[Concatenate[Policy, Further], Made]:
    """The function, asked once for each policy object and the further (hashable) arguments.

    What it makes must not be changed. The lock guards the cache, because domain functions run in
    threads; the function itself runs outside of it.
    """
    known: LRUCache[Hashable, Made] = LRUCache(maxsize=REMEMBERED)
    remembered: Any = cached(known, key=_key, lock=Lock())(make)
    found: Callable[Concatenate[Policy, Further], Made] = remembered
    return found
