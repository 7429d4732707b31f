"""Which promise comes first when hours are short, and what it costs to move what stands.

Ranks in order: legal duty, request, guaranteed promise, service, development, appreciation. Within
a rank the class decides, then the last day, then the id; so the order of any two is fixed by facts
alone, and with it the set of promises that are kept.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Final

import polars as pl

from services.scheduler.domain.services import KINDS


class Rank(IntEnum):
    """What is kept first has the smaller number."""

    LEGAL_DUTY = 0
    REQUEST = 1
    GUARANTEED = 2
    SERVICE = 3
    DEVELOPMENT = 4
    APPRECIATION = 5


class Hold(IntEnum):
    """How firmly a contact stands on its day."""

    MOVABLE = 0
    """It moves where the load needs it."""
    SOON = 1
    """It begins within the freeze: it moves only for what is promised more."""
    TOLD = 2
    """A person fixed the day, or the customer knows it: nothing moves it."""


LAST_THAT_MUST: Final = Rank.REQUEST
"""Up to this rank a contact without room goes over the share of the day that is left free."""
LAST_HANDED_OVER: Final = Rank.SERVICE
"""Up to this rank a colleague does what would else break. A greeting lives on who brings it."""

_ANSWERS: Final = sorted(
    kind.key for kind in KINDS.values() if kind.answers and kind.owed_within is None
)
_DEVELOPING: Final = sorted(kind.key for kind in KINDS.values() if kind.develops)
_BECAUSE_OF_GAPS: Final = ("gap", "life_unknown")


def rank(guaranteed: Collection[tuple[str, int]] = ()) -> pl.Expr:
    """The rank of each row of ``TOUCHPOINTS``.

    ``guaranteed`` are the services that the catalogue guarantees, each with the priority of a class
    that has the guarantee.
    """
    promised = pl.concat_str("service", "priority", separator=" ").is_in(
        [f"{key} {priority}" for key, priority in guaranteed]
    )
    service = pl.col("service")
    develops = service.is_in(_DEVELOPING) | pl.col("because").is_in(_BECAUSE_OF_GAPS)
    return (
        pl.when(service.is_in(_ANSWERS))
        .then(Rank.REQUEST)
        .when(pl.col("duty"))
        .then(Rank.LEGAL_DUTY)
        .when(promised)
        .then(Rank.GUARANTEED)
        .when(pl.col("purpose") == "service")
        .then(Rank.SERVICE)
        .when(develops)
        .then(Rank.DEVELOPMENT)
        .otherwise(Rank.APPRECIATION)
        .cast(pl.Int8)
        .alias("rank")
    )
