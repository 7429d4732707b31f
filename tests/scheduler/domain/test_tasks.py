"""A touchpoint's life, and what it takes to end a task."""

from typing import get_args

import pytest

from services.scheduler.domain.tasks import (
    TRANSITIONS,
    Completion,
    DelegatedToOneself,
    DelegateMissing,
    DelegateNotAllowed,
    DelegateUnknown,
    OpenTask,
    ReasonMissing,
    ResultNotAllowed,
    TaskAlreadyEnded,
    TaskNotDueYet,
    TransitionNotAllowed,
    complete,
    moved,
)
from shared.contracts.plans import TouchpointState

STAFF = frozenset({"S-1", "S-2"})
CALL = OpenTask(
    state="due", service="development", development=True, staff_id="S-1", minutes=15, day=None
)
REVIEW = OpenTask(
    state="due", service="yearly_review", development=False, staff_id="S-1", minutes=60, day=None
)


def test_every_state_knows_where_it_may_lead() -> None:
    assert set(TRANSITIONS) == set(get_args(TouchpointState))


def test_a_message_is_handed_over_sent_and_may_bounce() -> None:
    assert moved(current="due", wanted="handed_over") == "handed_over"
    assert moved(current="handed_over", wanted="sent") == "sent"
    assert moved(current="sent", wanted="failed", reason="bounced") == "failed"


def test_what_was_sent_cannot_be_taken_back() -> None:
    with pytest.raises(TransitionNotAllowed):
        moved(current="sent", wanted="cancelled", reason="too late")


def test_an_end_may_be_told_twice() -> None:
    assert moved(current="sent", wanted="sent") == "sent"


def test_a_suppressed_touchpoint_says_why() -> None:
    with pytest.raises(ReasonMissing):
        moved(current="due", wanted="suppressed")


def test_a_done_task_counts_the_planned_minutes_unless_told_otherwise() -> None:
    planned = complete(task=REVIEW, completion=Completion(outcome="done"), staff=STAFF)
    told = complete(task=REVIEW, completion=Completion(outcome="done", minutes=25), staff=STAFF)
    assert (planned.state, planned.minutes_spent, told.minutes_spent) == ("done", 60, 25)


def test_a_development_tells_its_result_and_a_review_has_none() -> None:
    won = Completion(outcome="done", result="won")
    assert complete(task=CALL, completion=won, staff=STAFF).result == "won"
    with pytest.raises(ResultNotAllowed):
        complete(task=REVIEW, completion=won, staff=STAFF)


def test_a_delegated_task_stays_due_with_somebody_else() -> None:
    passed = complete(
        task=CALL,
        completion=Completion(outcome="delegated", to="S-2", reason="Urlaub"),
        staff=STAFF,
    )
    assert (passed.state, passed.staff_id, passed.minutes_spent) == ("due", "S-2", 0)


@pytest.mark.parametrize(
    ("completion", "error"),
    [
        (Completion(outcome="delegated", reason="x"), DelegateMissing),
        (Completion(outcome="delegated", to="S-1", reason="x"), DelegatedToOneself),
        (Completion(outcome="delegated", to="S-9", reason="x"), DelegateUnknown),
        (Completion(outcome="delegated", to="S-2"), ReasonMissing),
        (Completion(outcome="discarded", reason="  "), ReasonMissing),
        (Completion(outcome="done", to="S-2"), DelegateNotAllowed),
    ],
)
def test_an_end_that_lacks_what_it_needs_is_refused(
    completion: Completion, error: type[Exception]
) -> None:
    with pytest.raises(error):
        complete(task=CALL, completion=completion, staff=STAFF)


def test_a_task_is_touched_once() -> None:
    ended = OpenTask(
        state="done", service="call", development=False, staff_id="S-1", minutes=15, day=None
    )
    with pytest.raises(TaskAlreadyEnded):
        complete(task=ended, completion=Completion(outcome="done"), staff=STAFF)


def test_a_task_whose_day_has_not_come_cannot_be_ended() -> None:
    ahead = OpenTask(
        state="planned", service="call", development=False, staff_id="S-1", minutes=15, day=None
    )
    with pytest.raises(TaskNotDueYet):
        complete(task=ahead, completion=Completion(outcome="done"), staff=STAFF)
