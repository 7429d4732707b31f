"""Every state that a table of transitions names can be reached from the first one."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from services.notifier.domain import messages
from services.scheduler.domain.tasks import TRANSITIONS
from shared.contracts.dispatches import MessageState, PrintRunState
from shared.contracts.plans import TouchpointState

NOTIFIER_STORE = Path(__file__).parents[2] / "services" / "notifier" / "store"


def reached(first: str, transitions: Mapping[Any, Iterable[Any]]) -> set[str]:
    """Every state that steps lead to from the first one."""
    found = {first}
    while new := {after for state in found for after in transitions.get(state, ())} - found:
        found |= new
    return found


def transitions(steps: Iterable[messages.Step[Any]]) -> dict[str, set[str]]:
    """Every state that a step begins in, with the states it may lead to."""
    found: dict[str, set[str]] = {}
    for step in steps:
        for state in step.before:
            found.setdefault(state, set()).update(step.after)
    return found


def test_every_state_of_a_touchpoint_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(get_args(TouchpointState))
    assert reached("planned", TRANSITIONS) == set(TRANSITIONS)


@pytest.mark.parametrize(
    ("first", "states", "steps", "not_reached"),
    [
        ("accepted", MessageState, messages.MESSAGE_STEPS, messages.MESSAGES_NOT_REACHED),
        ("open", PrintRunState, messages.PRINT_RUN_STEPS, messages.PRINT_RUNS_NOT_REACHED),
    ],
    ids=["messages", "print runs"],
)
def test_every_state_of_the_notifier_is_reached_or_has_a_reason_why_not(
    first: str, states: Any, steps: Iterable[Any], not_reached: Mapping[Any, str]
) -> None:
    found = reached(first, transitions(steps))
    assert found.isdisjoint(not_reached)
    assert found | set(not_reached) == set(get_args(states))
    assert all(not_reached.values())


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
