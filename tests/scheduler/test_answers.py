"""What customers answer by the button of a message becomes a request with its deadline."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.changes.notifier import MessageAnswer
from tests.scheduler.builders import SchedulerSystem
from tests.scheduler.test_standing_in import away, open_tasks
from tests.scheduler.test_tasks import with_welcome_today


async def requests_of(system: SchedulerSystem) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await system.get("/requests"))["items"]
    return items


@pytest.mark.parametrize(
    ("answer", "kind"), [("call_me", "callback"), ("accept", "callback"), ("other_time", "review")]
)
async def test_an_answer_opens_a_request_once_with_its_deadline(
    system: SchedulerSystem, answer: MessageAnswer, kind: str
) -> None:
    await with_welcome_today(system)
    for _ in range(2):
        system.notifier.answer("K-1", answer)
    await system.finish_all_work()
    (request,) = await requests_of(system)
    assert (request["kind"], request["state"], request["staff_id"]) == (kind, "open", "S-1")
    assert request["deadline"] == "2026-11-23T16:30:00Z", "by the end of the day"
    assert request["task_id"] in await open_tasks(system, "S-1")


async def test_who_declines_is_left_alone(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    system.notifier.answer("K-1", "decline")
    await system.finish_all_work()
    assert await requests_of(system) == []


async def test_two_messages_answered_are_two_requests_and_the_deputy_answers(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await away(system, "S-1")
    system.notifier.answer("K-1", "call_me")
    system.notifier.answer("K-1", "call_me", str(uuid4()))
    await system.finish_all_work()
    assert [each["staff_id"] for each in await requests_of(system)] == ["S-2", "S-2"]
