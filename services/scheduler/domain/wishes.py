"""What a contact wants of the plan: how long it lasts, when, and who may do it."""

from dataclasses import dataclass

Spot = tuple[int, int]
"""A person and a day, by their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A contact: its window (days included), who may do it, and how it stands.

    ``value`` is smaller for what is promised more; ``order`` is its place among all, without ties.
    ``must``: it may go over the free share.
    """

    minutes: int
    first: int
    last: int
    people: tuple[int, ...]
    value: int
    order: int
    must: bool
    hold: int
    standing: Spot | None
    own: int
    """Who is responsible; -1 if that is nobody with working days."""
