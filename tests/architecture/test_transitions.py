"""Every state that a table of transitions names can be reached from the first one."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import pytest

from services.notifier.domain import messages
from services.scheduler.domain.tasks import TRANSITIONS
from shared.contracts.dispatches import MessageState, PrintRunState
from shared.contracts.plans import TouchpointState


def reached(first: str, transitions: Mapping[Any, Iterable[Any]]) -> set[str]:
    """Every state that steps lead to from the first one."""
    found = {first}
    while new := {after for state in found for after in transitions.get(state, ())} - found:
        found |= new
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
    found = reached(first, messages.transitions(steps))
    assert found.isdisjoint(not_reached)
    assert found | set(not_reached) == set(get_args(states))
    assert all(not_reached.values())


def test_the_tables_of_steps_are_complete() -> None:
    steps = [step for step in vars(messages).values() if isinstance(step, messages.Step)]
    assert steps == [*messages.MESSAGE_STEPS, *messages.PRINT_RUN_STEPS]
