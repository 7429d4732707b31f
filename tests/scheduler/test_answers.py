"""What customers answer by the button of a message becomes a request with its deadline."""

from datetime import date
from typing import Any, cast
from uuid import uuid4

import pytest

from services.scheduler.domain.answers import request_of_answer
from shared.contracts.answers import AnswerAbout, MessageAnswer
from tests.scheduler.builders import FIRST, MONDAY, SchedulerSystem
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


async def test_who_declines_after_all_takes_the_request_off_the_desk(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    system.notifier.answer("K-1", "accept", about="event")
    await system.finish_all_work()
    (request,) = await requests_of(system)
    system.notifier.answer("K-1", "decline", about="event", minutes=5)
    await system.finish_all_work()
    (request,) = await requests_of(system)
    assert (request["state"], request["outcome"]) == ("closed", "discarded")
    assert request["message_id"] == FIRST
    assert request["task_id"] not in await open_tasks(system, "S-1")

    system.notifier.answer("K-1", "accept", about="event", minutes=10)
    await system.finish_all_work()
    (opened,) = [each for each in await requests_of(system) if each["state"] == "open"]
    assert opened["task_id"] in await open_tasks(system, "S-1"), "a promise in writing is kept"


async def test_the_proposed_time_stands_on_the_desk_and_a_later_proposal_in_its_place(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    proposals = (("2026-12-01", "evening"), ("2026-12-04", None))
    for minutes, (day, part) in enumerate(proposals):
        system.notifier.answer(
            "K-1",
            "other_time",
            about="appointment",
            minutes=minutes,
            proposed_on=date.fromisoformat(day),
            proposed_part=part,
        )
        await system.finish_all_work()
        (request,) = await requests_of(system)
        assert (request["kind"], request["opened_at"]) == ("review", "2026-11-23T09:00:00Z")
        day_plan = await system.get(f"/staff/S-1/days/{day}")
        (detail,) = [each["detail"] for each in day_plan["tasks"] if each["request_id"]]
        assert detail == " ".join(filter(None, ["other_time", day, part]))


@pytest.mark.parametrize(
    ("about", "answer", "kind"),
    [
        ("appointment", "accept", "review"),
        ("appointment", "call_me", "callback"),
        ("changes", "accept", "data_change"),
        ("changes", "other_time", "callback"),
        ("event", "other_time", "callback"),
        ("talk", "accept", "callback"),
        (None, "other_time", "review"),
        ("changes", "decline", None),
    ],
)
def test_what_an_answer_asks_depends_on_what_the_message_asked(
    about: AnswerAbout | None, answer: MessageAnswer, kind: str | None
) -> None:
    assert request_of_answer(answer, about=about) == kind


async def test_another_kind_of_wish_replaces_the_first(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    system.notifier.answer("K-1", "call_me", about="appointment")
    system.notifier.answer("K-1", "accept", about="appointment", minutes=1)
    await system.finish_all_work()
    states = {each["kind"]: each["state"] for each in await requests_of(system)}
    assert states == {"callback": "closed", "review": "open"}


async def test_a_gap_that_was_declined_rests_until_somebody_says_otherwise(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    touchpoint_id = str(uuid4())
    await system.rows(
        f"""
        INSERT INTO touchpoint
        SELECT (jsonb_populate_record(touchpoint, jsonb_build_object(
                   'touchpoint_id', '{touchpoint_id}', 'service', 'development',
                   'occurrence', 'x', 'subject', '{{"line": "disability"}}'::jsonb))).*
          FROM touchpoint WHERE agency_id = :agency LIMIT 1 RETURNING touchpoint_id
        """
    )
    for minutes, (answer, rests) in enumerate([("decline", True), ("accept", False)]):
        system.notifier.answer(
            "K-1", cast(MessageAnswer, answer), dispatch_id=touchpoint_id, minutes=minutes
        )
        await system.finish_all_work()
        ((until,),) = await system.rows("SELECT until FROM rested_gap WHERE agency_id = :agency")
        assert (until > MONDAY) is rests


WISH: dict[str, Any] = {"about": "appointment", "proposed_on": date(2026, 12, 5)}
"""A Saturday: the working day after it is the 7th."""


async def open_task_of(system: SchedulerSystem) -> dict[str, Any]:
    (request,) = [each for each in await requests_of(system) if each["state"] == "open"]
    task: dict[str, Any] = await system.get(f"/tasks/{request['task_id']}")
    return {**task, "request_deadline": request["deadline"]}


@pytest.mark.parametrize("before", [None, "accept", "call_me"])
async def test_a_wished_day_is_the_day_of_the_task_and_its_promise(
    system: SchedulerSystem, before: MessageAnswer | None
) -> None:
    await with_welcome_today(system)
    if before is not None:
        system.notifier.answer("K-1", before, about="appointment")
    system.notifier.answer("K-1", "other_time", minutes=5, **WISH)
    await system.finish_all_work()
    task = await open_task_of(system)
    assert task["day"] == "2026-12-07"
    assert task["request_deadline"].startswith("2026-12-07T")


@pytest.mark.parametrize("before", ["accept", "call_me"])
async def test_a_day_that_a_person_chose_stays_whatever_is_answered_later(
    system: SchedulerSystem, before: MessageAnswer
) -> None:
    await with_welcome_today(system)
    system.notifier.answer("K-1", before, about="appointment")
    await system.finish_all_work()
    task = await open_task_of(system)
    said = {"to": "2026-12-02", "reason": "Kunde im Urlaub", "by": "S-1"}
    put_off = await system.call("POST", f"/tasks/{task['task_id']}/postponement", json=said)
    assert put_off.status_code == 200, put_off.text
    system.notifier.answer("K-1", "other_time", minutes=5, **WISH)
    await system.finish_all_work()
    assert (await open_task_of(system))["day"] == "2026-12-02"
