"""What the staff's minutes cost."""

from collections.abc import Sequence

from shared.contracts.policies import HourlyCents
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import StaffId


def hourly_costs(people: Sequence[Staff]) -> dict[StaffId, int]:
    """The cost of each person's hour in cents: their own, else the usual one of the role."""
    usual = HourlyCents()
    return {
        each.staff_id: getattr(usual, each.role) if each.hourly_cents is None else each.hourly_cents
        for each in people
    }


def cost_of(minutes: float, hourly_cents: int) -> int:
    """Minutes at an hourly cost, rounded half up to a cent."""
    return int(minutes * hourly_cents / 60 + 0.5)
