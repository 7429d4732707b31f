"""Every state that a table of transitions names can be reached from the first one."""

from typing import get_args

from services.scheduler.domain.tasks import TRANSITIONS
from shared.contracts.plans import TouchpointState


def test_every_state_of_a_touchpoint_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(get_args(TouchpointState))
    reached: set[TouchpointState] = {"planned"}
    while new := {after for state in reached for after in TRANSITIONS[state]} - reached:
        reached |= new
    assert reached == set(TRANSITIONS)
