"""A month lived day by day: nobody works for two weeks, people fall ill, customers change their
minds; nothing is left without an end or a desk."""

from datetime import timedelta
from typing import Any, Final

from tests.scheduler.builders import MONDAY, SchedulerSystem
from tests.scheduler.conftest import databases, system
from tests.scheduler.test_tasks import complete

__all__ = ["databases", "system"]

CUSTOMERS: Final = 12
WEEKS_OF_NOBODY: Final = 2

WITHOUT_END_OR_DESK: Final = """
    SELECT touchpoint.service, touchpoint.state, touchpoint.day, touchpoint.reason
      FROM touchpoint LEFT JOIN task
             ON task.agency_id = touchpoint.agency_id AND task.task_id = touchpoint.touchpoint_id
      LEFT JOIN staff ON staff.agency_id = touchpoint.agency_id AND staff.staff_id = task.staff_id
     WHERE CASE touchpoint.state
           WHEN 'planned' THEN coalesce(touchpoint.day, touchpoint.latest) <= '{day}'
           WHEN 'due' THEN touchpoint.minutes > 0 AND NOT coalesce(
               task.state = 'open' AND staff.active AND task.day >= '{day}', false)
           WHEN 'sent' THEN false WHEN 'handed_over' THEN false
           ELSE coalesce(task.state = 'open', false)
                OR touchpoint.state <> 'done' AND touchpoint.reason IS NULL
                OR touchpoint.left_on IS NOT NULL AND touchpoint.ended_on IS NULL END
    UNION ALL
    SELECT task.service, task.state, task.day, task.reason FROM task
      LEFT JOIN request ON request.agency_id = task.agency_id
                       AND request.request_id = task.request_id
     WHERE task.request_id IS NOT NULL AND (task.state = 'open') <> (request.state = 'open')
    UNION ALL
    SELECT task.service, 'with somebody away', task.day, task.staff_id FROM task
      JOIN absence USING (agency_id, staff_id)
     WHERE task.state = 'open' AND '{day}' BETWEEN first_day AND last_day
"""


class Life:
    """The days of one agency, one after the other."""

    def __init__(self, system: SchedulerSystem) -> None:
        self.system = system
        self.day = MONDAY

    async def begins(self) -> None:
        """An agency of three with customers of all kinds, their welcome and greetings due."""
        await self.system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
        await self.system.staff()
        for number in range(CUSTOMERS):
            born = MONDAY + timedelta(days=2 * number + 1)
            await self.system.customer(
                f"K-{number}",
                birth_date=f"1980-{born:%m-%d}",
                customer_since=str(MONDAY - timedelta(days=99 - number)),
            )
            await self.says(f"K-{number}", "granted")
        await self.system.finish_all_work()

    async def says(self, customer_id: str, state: str) -> None:
        told = {"state": state, "basis": "consent", "at": "2026-11-01T10:00:00+01:00"}
        words = {"wording": "Ja, bitte anrufen.", "source": "Formular"}
        await self.system.tell_classifier(
            "PUT", f"/customers/{customer_id}/consents/advertising/phone", {**told, **words}
        )

    async def next_day(self, *, works: bool) -> None:
        """Run the next working day; then everybody does what is on the desk, or nobody does."""
        assert (await self.system.run_day(self.day)).is_success
        with self.system.not_before(self.day):
            await self.nothing_is_left_lying()
            if works:
                for staff_id in ("S-1", "S-2", "S-3"):
                    for task in await self.desk(staff_id):
                        await complete(self.system, task["task_id"], outcome="done")
        self.day += timedelta(days=3 if self.day.weekday() == 4 else 1)

    async def desk(self, staff_id: str) -> list[dict[str, Any]]:
        plan = await self.system.get(f"/staff/{staff_id}/days/{self.day}")
        return [task for task in plan["tasks"] if task["state"] == "open"]

    async def brings(self, number: int) -> None:
        """What happens on a day of the weeks after."""
        match number:
            case 0:
                await self.system.customer("K-1", death_date=str(self.day))
            case 1:
                await self.system.tell_classifier("DELETE", "/customers/K-2")
            case 2:
                objection = {"advertising": True}
                await self.system.tell_classifier("PUT", "/customers/K-3/objections", objection)
            case 3:
                gone = {"role": "adviser", "name": "Uwe Kern", "deputy": "S-3", "active": False}
                assert (await self.system.call("PUT", "/staff/S-2", json=gone)).is_success
            case 4:
                await self.system.customer("K-4", status="former")
            case _:
                return
        await self.system.finish_all_work(without=["run_day"])

    async def nothing_is_left_lying(self) -> None:
        faults = await self.system.rows(WITHOUT_END_OR_DESK.format(day=self.day))
        assert faults == [], self.day

    async def ask(self, kind: str, customer_id: str) -> str:
        with self.system.not_before(self.day):
            answer = await self.system.call(
                "POST", "/requests", json={"kind": kind, "customer_id": customer_id}
            )
            assert answer.status_code == 201, answer.text
            return str(answer.json()["task_id"])

    async def tasks_of(self, staff_id: str) -> list[dict[str, Any]]:
        """What somebody has, whatever day it has."""
        listed = await self.system.get("/tasks", params={"staff_id": staff_id, "state": "open"})
        found: list[dict[str, Any]] = listed["items"]
        return found

    async def gives_away_one_task(self, *, to: str) -> str:
        """Hand one of the owner's welcomes over; returns its id."""
        listed = await self.system.get("/tasks", params={"kind": "welcome", "staff_id": "S-1"})
        task_id = str(listed["items"][0]["task_id"])
        body = {"to": to, "reason": "Fachgebiet", "by": "S-1"}
        answer = await self.system.call("POST", f"/tasks/{task_id}/handover", json=body)
        assert answer.status_code == 200, answer.text
        return task_id

    async def is_away(self, staff_id: str, days: int) -> None:
        with self.system.not_before(self.day):
            absence = {
                "first_day": str(self.day),
                "last_day": str(self.day + timedelta(days=days)),
                "kind": "sickness",
            }
            answer = await self.system.call("POST", f"/staff/{staff_id}/absences", json=absence)
            assert answer.status_code == 200, answer.text


async def test_after_two_weeks_of_nobody_working_new_duties_come_and_a_normal_week_follows(
    system: SchedulerSystem,
) -> None:
    life = Life(system)
    await life.begins()
    await life.next_day(works=False)
    given = await life.gives_away_one_task(to="S-3")
    for _ in range(5 * WEEKS_OF_NOBODY - 1):
        await life.next_day(works=False)
    with system.not_before(life.day):
        loads = {each["staff_id"]: each for each in (await system.get("/workloads"))["items"]}
        owner = await system.get(f"/staff/S-1/days/{life.day}")
    assert loads["S-1"]["sinks"]
    assert loads["S-1"]["overdue_minutes"] > 2 * 288
    assert [each["staff_id"] for each in owner["sinking"]] == ["S-1"]
    lapsed = await system.rows("SELECT service, reason FROM task WHERE state = 'discarded'")
    assert ("birthday", "last_sensible_day_passed") in lapsed
    assert {service for service, _ in lapsed} == {"birthday"}, "what is owed never lapses"

    claim = await life.ask("claim", "K-0")
    await life.says("K-9", "withdrawn")
    await life.is_away("S-1", days=2)
    with system.not_before(life.day):
        await system.customer("K-new", customer_since=str(life.day - timedelta(days=98)))
        await system.finish_all_work(without=["run_day"])
    (new,) = await system.touchpoints(service="welcome", customer_id="K-new")
    assert new["day"] <= str(life.day + timedelta(days=2)), "a new duty finds its day at once"
    await life.next_day(works=False)
    assert claim in [task["task_id"] for task in await life.tasks_of("S-2")]
    escalated = await system.get(f"/tasks/{given}")
    assert (escalated["escalated_from"], escalated["staff_id"]) == ("S-3", "S-2"), (
        "it is the owner's now, for whom the deputy stands in"
    )
    assert [each["step"] for each in escalated["steps"]][-1] == "escalated"
    for number in range(10):
        with system.not_before(life.day):
            await life.brings(number)
        await life.next_day(works=True)
    with system.not_before(life.day):
        loads = {each["staff_id"]: each for each in (await system.get("/workloads"))["items"]}
    assert {each["overdue_tasks"] for each in loads.values()} == {0}
    welcomes = await system.touchpoints(service="welcome")
    ends = {each["customer_id"]: each["state"] for each in welcomes}
    assert {state for one, state in ends.items() if one not in ("K-1", "K-2", "K-4")} == {"done"}
