"""The states of ``domain/messages.py`` as parts of a statement."""

from collections.abc import Iterable
from typing import Any

from services.notifier.domain.messages import Step


def state_in(*states: str, column: str = "state") -> str:
    """The condition that a column holds one of these states."""
    return f"{column} IN ({_quoted(states)})"


def may_begin(step: Step[Any], *, column: str = "state") -> str:
    """The condition that a row is in a state in which the step begins."""
    return state_in(*step.before, column=column)


def leads_on(step: Step[Any]) -> str:
    """The assignment of the one state that the step leads to."""
    (state,) = step.after
    return f"state = '{state}'"


def _quoted(states: Iterable[str]) -> str:
    return ", ".join(f"'{state}'" for state in states)
