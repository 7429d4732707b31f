"""The CHECK constraint of a column that holds a state."""

from typing import Any, get_args

from sqlalchemy import CheckConstraint


def state_check(states: Any, *, column: str = "state") -> CheckConstraint:
    """A constraint that allows only the values of this ``Literal``.

    The table class and the domain then name the same states, because both take them from one
    type. Nothing outside the type can be stored, whichever statement writes it.
    """
    listed = ", ".join(f"'{state}'" for state in get_args(states))
    return CheckConstraint(f"{column} IN ({listed})", name=column)
