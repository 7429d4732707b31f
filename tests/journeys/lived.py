"""An agency that lives day by day: the real classifier and scheduler, with a notifier at the wire.

Its clock is moved from one working day to the next. Everybody does what is on the desk in the
evening; what happens beside that, the test says.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from kundentakt.cli.audit import Findings, audit_agency
from kundentakt.demo.context import BLOCKS, OFFICE, SETTINGS
from kundentakt.sample import SampleAgency
from services.scheduler.domain.office_calendars import working_calendar
from shared.clients.http import ServiceHttp
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.clients.webhooks import sign
from shared.contracts.office_calendars import SpecialDay
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem, token

CLOSED: Final = SpecialDay(
    name="Betriebsruhe", first_day=date(2027, 1, 18), last_day=date(2027, 1, 19)
)
LIVED_OFFICE: Final = OFFICE.model_copy(update={"special_days": [*OFFICE.special_days, CLOSED]})
"""A long lunch, a short Friday, and two days in winter on which nobody is there."""
CALENDAR: Final = working_calendar(
    LIVED_OFFICE, state=SETTINGS.federal_state, time_zone=SETTINGS.time_zone
)
SOURCE: Final = "maklerverwaltung"
PEOPLE: Final[Mapping[str, dict[str, Any]]] = {
    "VJ": {"role": "owner", "name": "Jana Vogt", "capacity": 60, "deputy": "BM"},
    "BM": {"role": "adviser", "name": "Matthias Böttcher", "capacity": 20, "deputy": "KL"},
    "KL": {"role": "adviser", "name": "Karla Lenz", "capacity": 20, "deputy": "BM"},
    "HS": {"role": "back_office", "name": "Sabrina Hühne", "deputy": "BM"},
}


@dataclass(slots=True)
class LivedAgency:
    """The agency, its present day, and what was seen on the way."""

    system: SchedulerSystem
    day: date = MONDAY
    told: set[str] = field(default_factory=set)
    """Messages whose end the notifier has told."""
    away: dict[str, date] = field(default_factory=dict)
    """Who is ill, and the last day of it."""
    events: int = 0
    introduced: set[str] = field(default_factory=set)
    """Whose introduction to a new carer somebody let leave."""

    async def moves_in(self, sample: SampleAgency) -> None:
        """Customers on Monday, contracts and the rest on Tuesday; on Wednesday it opens."""
        await self.tell_classifier("PUT", "/agency", SETTINGS.model_dump(mode="json"))
        await self.tell("PUT", "/agency/calendar", LIVED_OFFICE.model_dump(mode="json"))
        blocks = [each.model_dump() for each in BLOCKS]
        for staff_id, person in PEOPLE.items():
            details = {**person, "weekly_hours": 24, "blocks": blocks}
            await self.tell("PUT", f"/staff/{staff_id}", details)
        await self.takes_in(sample.customers_csv)
        self.day = CALENDAR.next_working_day(self.day)
        for path in (sample.contracts_csv, sample.commissions_csv, sample.interactions_csv):
            await self.takes_in(path)
        self.day = CALENDAR.next_working_day(self.day)
        with self.system.not_before(self.day):
            await self.system.open()
        await self.works_off()

    async def takes_in(self, path: Path) -> None:
        """Import a file to its end."""
        with self.system.not_before(self.day):
            started = await self.system.classifier_client.post(
                "/v1/imports",
                content=await asyncio.to_thread(path.read_bytes),
                headers=self._headers | {"Content-Type": "application/octet-stream"},
                params={"filename": path.name},
            )
            assert started.is_success, started.text
            await self.works_off()
            job = await self.ask_classifier(f"/imports/{started.json()['import_id']}")
        assert job["state"] == "done", job

    async def works_off(self) -> None:
        """Let the workers do what they have to do."""
        with self.system.not_before(self.day):
            await self.system.finish_all_work(without=["run_day"])

    async def next_day(self, *, works: bool) -> None:
        """Run the day; messages leave; in the evening everybody has done what was on the desk."""
        ran = await self.system.run_day(self.day)
        while ran.status_code == 503:  # on a busy machine: the same call goes on where it stands
            ran = await self.system.run_day(self.day)
        assert ran.is_success, ran.text
        await self.messages_leave()
        if works:
            with self.system.not_before(self.day):
                for staff_id in PEOPLE:
                    if self.day > self.away.get(staff_id, date.min):
                        await self.does_the_desk(staff_id)
        await self.works_off()

    def ends_the_day(self) -> None:
        """The next working day begins."""
        self.day = CALENDAR.next_working_day(self.day)

    async def does_the_desk(self, staff_id: str) -> None:
        """End every task of a person's day."""
        plan = await self.system.get(f"/staff/{staff_id}/days/{self.day}")
        for task in plan["tasks"]:
            if task["state"] == "open":
                said = {"outcome": "done", "minutes": task["minutes"]}
                await self.tell("POST", f"/tasks/{task['task_id']}/completion", said)

    async def messages_leave(self) -> None:
        """What was handed over is sent, unless it was cancelled before."""
        notifier = self.system.notifier
        for dispatch_id in notifier.orders.keys() - self.told:
            cancelled = dispatch_id in notifier.cancelled
            notifier.tell(dispatch_id, "cancelled" if cancelled else "sent")
            self.told.add(dispatch_id)
        await self.works_off()

    async def is_ill(self, staff_id: str, *, days: int) -> None:
        """Somebody falls ill today."""
        last = self.day + timedelta(days=days)
        absence = {"first_day": str(self.day), "last_day": str(last), "kind": "sickness"}
        await self.tell("POST", f"/staff/{staff_id}/absences", absence)
        self.away[staff_id] = last

    async def leaves(self, staff_id: str) -> None:
        """Somebody does not work here any more."""
        await self.tell("PUT", f"/staff/{staff_id}", {**PEOPLE[staff_id], "active": False})
        self.away[staff_id] = date.max

    async def activates_policy(self) -> None:
        """From now on a third less potential is high."""
        active = await self.ask_classifier("/policies/active")
        ruling = await self.ask_classifier(f"/policies/{active['version']}")
        policy = {
            **ruling["policy"],
            "potential": {"threshold": {"kind": "amount", "cents": 10_000}},
        }
        made = await self.tell_classifier("POST", "/policies", policy)
        path = f"/policies/{made['version']}/activation"
        await self.tell_classifier("POST", path, {})

    async def decides_on_carers(self) -> None:
        """Somebody lets all proposed changes of carers come true, and all introductions leave."""
        proposed = (await self.system.get("/carers/changes"))["items"]
        assert {each["because"] for each in proposed} >= {"left"}
        await self.tell("POST", "/carers/changes/application", {"units": "all"})
        held = (await self.system.get("/carers/introductions"))["items"]
        assert held, "so many at once wait once more"
        self.introduced = {each["customer_id"] for each in held}
        await self.tell("POST", "/carers/introductions/release", {"customers": "all"})

    async def audited(self) -> Findings:
        """The audit, over the services as they stand."""
        notifier = self.system.resources.neighbours["notifier"]
        scheduler = ServiceHttp(url="http://service", token=token(AGENCY))
        await scheduler._client.aclose()
        scheduler._client = self.system.client
        return await audit_agency(
            AGENCY,
            self.day - timedelta(days=1),
            scheduler=SchedulerClient(scheduler),
            notifier=NotifierClient(notifier),
        )

    async def customers(self, segment: str | None = None) -> list[str]:
        """Active customers by id, of a class or all."""
        wanted = "" if segment is None else f"AND segment = '{segment}'"
        found = await self.system.rows(
            "SELECT customer_id FROM customer WHERE status = 'active' AND death_date IS NULL"
            f" AND segment IS NOT NULL {wanted} ORDER BY customer_id"
        )
        return [customer_id for (customer_id,) in found]

    async def changes(self, customer_id: str, **fields: Any) -> None:
        """The broker system tells something new of a customer."""
        await self.tell_classifier("PATCH", f"/customers/{customer_id}", fields)

    async def reports(self, event_type: str, customer_id: str, **data: Any) -> None:
        """A signed webhook."""
        secret = (await self.tell_classifier("PUT", f"/agency/webhook-sources/{SOURCE}"))["secret"]
        with self.system.not_before(self.day) as clock:
            at = clock.now().isoformat()
            body = {
                "type": event_type,
                "timestamp": at,
                "data": {"customer_id": customer_id, **data},
            }
            content = json.dumps(body).encode()
            self.events += 1
            answer = await self.system.classifier_client.post(
                f"/v1/events/{AGENCY}/{SOURCE}",
                content=content,
                headers=sign(secret, webhook_id=f"w-{self.events}", body=content),
            )
        assert answer.status_code == 202, answer.text

    async def says(self, customer_id: str, state: str) -> None:
        """A customer allows, or forbids, advertising calls."""
        told = {
            "state": state,
            "basis": "consent",
            "at": f"{self.day}T08:00:00+01:00",
            "wording": "Ja, bitte anrufen.",
            "source": "Formular",
        }
        path = f"/customers/{customer_id}/consents/advertising/phone"
        await self.tell_classifier("PUT", path, told)

    async def asks(self, kind: str, customer_id: str) -> None:
        """A customer wants something."""
        await self.tell("POST", "/requests", {"kind": kind, "customer_id": customer_id})

    async def tell(self, method: str, path: str, body: Any) -> Any:
        """A call to the scheduler that must succeed."""
        with self.system.not_before(self.day):
            answer = await self.system.call(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def tell_classifier(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the classifier that must succeed."""
        with self.system.not_before(self.day):
            answer = await self.system.classifier_client.request(
                method,
                f"/v1{path}",
                headers=self._headers | {"Content-Type": "application/json"},
                content=json.dumps(body) if body is not None else None,
            )
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def ask_classifier(self, path: str) -> Any:
        """The JSON of a GET."""
        answer = await self.system.classifier_client.get(f"/v1{path}", headers=self._headers)
        assert answer.is_success, answer.text
        return answer.json()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(AGENCY)}"}

    def ordered(self, template: str) -> list[str]:
        """The customers of whom a message of this template was ordered."""
        orders = self.system.notifier.orders.values()
        return [order["customer_id"] for order in orders if order["template"] == template]
