"""Every state that a domain can store is reached from the first one, or has a reason why not.

A domain writes its transitions either as a mapping from each state to the states it may lead to,
named `…TRANSITIONS`, or as constants that each have the states `before` and `after` a step. States
that no transition leads to yet stand with their reason in a mapping named `…NOT_REACHED`.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

import services
from services.notifier.domain import messages
from shared.contracts.dispatches import MessageState, PrintRunState
from tests.architecture.test_state_columns import STATES

NOTIFIER_STORE = Path(__file__).parents[2] / "services" / "notifier" / "store"
Transition = tuple[str, str]
STATE_TYPES: dict[frozenset[str], str] = {
    frozenset(get_args(states)): column for column, states in STATES.items()
}


def domain_modules() -> Iterator[Any]:
    """Every module of every service's domain."""
    for service in pkgutil.iter_modules(services.__path__, "services."):
        domain = importlib.import_module(f"{service.name}.domain")
        for module in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}."):
            yield importlib.import_module(module.name)


def transitions_of(name: str, value: Any) -> set[Transition]:
    """The transitions that a constant of a domain allows; empty if it is about something else."""
    if name.endswith("TRANSITIONS") and isinstance(value, Mapping):
        return {(before, after) for before, later in value.items() for after in later}
    before, after = getattr(value, "before", None), getattr(value, "after", None)
    if not isinstance(value, type) and isinstance(before, tuple) and isinstance(after, tuple):
        return set(product(before, after))
    return set()


def column_of(named: set[str]) -> str:
    """The state column whose type has all these states; the transitions must leave no doubt."""
    (column,) = (column for states, column in STATE_TYPES.items() if named <= states)
    return column


def transitions_and_excuses() -> tuple[dict[str, set[Transition]], dict[str, set[str]]]:
    """By the column that keeps the state: all transitions, and the states not reached yet."""
    found: dict[str, set[Transition]] = {}
    excused: dict[str, set[str]] = {}
    for module in domain_modules():
        constants = vars(module).items()
        excuses = {
            state
            for name, value in constants
            if name.endswith("NOT_REACHED")
            for state, reason in value.items()
            if reason
        }
        for name, value in constants:
            if transitions := transitions_of(name, value):
                column = column_of({state for transition in transitions for state in transition})
                found.setdefault(column, set()).update(transitions)
                excused.setdefault(column, set()).update(excuses)
    return found, excused


TRANSITIONS, EXCUSED = transitions_and_excuses()


def unreached(column: str) -> set[str]:
    """The states of a column that no transitions from the first one lead to."""
    first, *_ = states = get_args(STATES[column])
    reached = {first}
    while new := {after for before, after in TRANSITIONS[column] if before in reached} - reached:
        reached |= new
    return set(states) - reached


def test_the_tables_of_transitions_are_found() -> None:
    found = {"scheduler.touchpoint.state", "notifier.message.state", "notifier.print_run.state"}
    assert found <= set(TRANSITIONS)


@pytest.mark.parametrize("column", TRANSITIONS)
def test_every_state_is_reached_from_the_first_or_says_why_not(column: str) -> None:
    assert unreached(column) <= EXCUSED[column]


def test_no_state_that_is_reached_has_an_excuse() -> None:
    assert set().union(*EXCUSED.values()) == set().union(*map(unreached, TRANSITIONS))


def test_the_tables_of_steps_are_complete() -> None:
    steps = [step for step in vars(messages).values() if isinstance(step, messages.Step)]
    assert steps == [*messages.MESSAGE_STEPS, *messages.PRINT_RUN_STEPS]


def test_the_statements_of_the_notifier_take_their_states_from_the_steps() -> None:
    known = "|".join((*get_args(MessageState), *get_args(PrintRunState)))
    named = [
        f"{path.name}: {found}"
        for path in sorted(NOTIFIER_STORE.glob("*.py"))
        if not path.name.endswith("_tables.py")  # an index is over the rows of a state
        for found in re.findall(rf"'(?:{known})'", path.read_text("utf-8"))
    ]
    assert named == []
