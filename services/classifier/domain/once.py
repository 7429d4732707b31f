"""Remembering what follows from a policy alone.

Writing out the columns of thirty needs takes as long as computing them for one unit, and
incremental work classifies few units at a time, always under the same policy.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from shared.contracts.policies import Policy

Made = TypeVar("Made")

REMEMBERED: Final = 32
"""Policies in use at a time: one for each agency that a process works for just now."""


def once_per_policy(make: Callable[[Policy], Made]) -> Callable[[Policy], Made]:
    """The function, asked once for each policy object; what it makes must not be changed.

    By identity, because comparing two policies would cost more than is saved. A policy is kept as
    long as what was made of it, so that its identity is not given to another.
    """
    known: OrderedDict[int, tuple[Policy, Made]] = OrderedDict()

    def remembered(policy: Policy) -> Made:
        found = known.get(id(policy))
        if found is None or found[0] is not policy:
            found = known[id(policy)] = (policy, make(policy))
            while len(known) > REMEMBERED:
                known.popitem(last=False)
        return found[1]

    return remembered
