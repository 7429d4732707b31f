"""Remembering what follows from a policy alone, or from a policy and a day.

Writing out the columns of thirty needs takes as long as computing them for one unit, and
incremental work classifies few units at a time, always under the same policy.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Concatenate, Final, ParamSpec, TypeVar

from shared.contracts.policies import Policy

Made = TypeVar("Made")
Further = ParamSpec("Further")

REMEMBERED: Final = 32
"""Policies in use at a time: one for each agency that a process works for just now."""


def cached_per_policy(
    make: Callable[Concatenate[Policy, Further], Made],
) -> Callable[Concatenate[Policy, Further], Made]:
    """The function, asked once for each policy object and the further (hashable) arguments; what
    it makes must not be changed.

    By identity, because comparing two policies would cost more than is saved. A policy is kept as
    long as what was made of it, so that its identity is not given to another.
    """
    known: OrderedDict[Hashable, tuple[Policy, Made]] = OrderedDict()

    def remembered(policy: Policy, /, *args: Further.args, **more: Further.kwargs) -> Made:
        key = (id(policy), args, tuple(more.items()))
        found = known.get(key)
        if found is None or found[0] is not policy:
            found = known[key] = (policy, make(policy, *args, **more))
            while len(known) > REMEMBERED:
                known.popitem(last=False)
        return found[1]

    return remembered
