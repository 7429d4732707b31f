"""Carries out the steps of a case as the agency's systems and its worker would do it."""

from datetime import date, datetime, timedelta
from itertools import chain, takewhile
from typing import Any

import httpx

from services.classifier.usecases.classification import reclassify_book, reclassify_marked
from shared.clients.webhooks import sign
from shared.contracts.policies import Policy
from tests.classifier.conftest import SOURCE, Agency
from tests.classifier.domain.case_steps import Begins, Case, Happened, Out, Rules, Sent, Step


class CaseRunner:
    """Carries out steps for one agency: requests and events over HTTP, jobs by calling them."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self.events = 0

    async def run(self, case: Case) -> None:
        """Carry out all steps; the policy is in force from the first day on."""
        first = list(takewhile(lambda step: isinstance(step, Begins), case.steps))
        rest = case.steps[len(first) :]
        for step in chain(first, [Rules(policy=case.policy)], rest):
            await self.take(step)

    async def set_out(self, policy: Policy, *steps: Step) -> None:
        """Put a policy in force, carry out these steps, and let the worker finish."""
        for step in (Rules(policy=policy), *steps):
            await self.take(step)
        await self.classify()

    async def take(self, step: Step) -> None:
        """Carry out one step."""
        match step:
            case Sent():
                with self.agency.service.not_before(_day_of(step)):
                    answer = await self.agency.call(step.method, step.path, json=step.body)
                assert answer.status_code in (200, 201, 204), answer.text
                assert not answer.text or not answer.json().get("refused"), answer.text
            case Happened():
                await self._report(step)
            case Begins():
                await self.begin(step.day)
            case Rules():
                policy = step.policy.model_dump(mode="json", exclude_none=True)
                version = (await self._post("/policies", policy))["version"]
                await self.classify()
                await self._post(f"/policies/{version}/activation", {})
                await self.classify()
            case Out():
                await self.classify()
                await self._compare(step)

    async def begin(self, day: str) -> None:
        """Run a new day, which classifies the whole book."""
        with self.agency.service.not_before(date.fromisoformat(day)):
            await self._post(f"/days/{day}/run", None)
        await self.classify()

    async def classify(self) -> None:
        """Do what the worker does when it is rung."""
        resources = self.agency.service.resources
        how: dict[str, Any] = {
            "database": resources.database,
            "agency": self.agency.agency,
            "now": resources.clock.now(),
        }
        await reclassify_marked(**how)
        await reclassify_book(**how)

    async def _post(self, path: str, body: Any) -> Any:
        answer = await self.agency.call("POST", path, json=body)
        assert answer.status_code in (200, 201, 202), answer.text
        return answer.json()

    async def _report(self, event: Happened) -> None:
        self.events += 1
        body = httpx.Request(
            "POST", "http://x", json={"type": event.type, "timestamp": event.at, "data": event.data}
        ).content
        if self.events == 1:
            self.secret = await self.agency.secret()
        headers = sign(self.secret, webhook_id=f"w-{self.events}", body=body)
        following = datetime.fromisoformat(event.at).date() + timedelta(days=1)
        with self.agency.service.not_before(following):
            answer = await self.agency.service.client.post(
                f"/v1/events/{self.agency.agency}/{SOURCE}", content=body, headers=headers
            )
        assert answer.status_code == 202, answer.text

    async def _compare(self, expected: Out) -> None:
        path = f"/customers/{expected.customer_id}/classification"
        found = await self.agency.get(path)
        facts = found["facts"] or {}
        shown = Out(
            customer_id=expected.customer_id,
            segment=found["segment"],
            care=(found["service_level"], found["development"]),
            rules=[reason["rule"] for reason in found["reasons"]],
            facts={name: facts.get(name) for name in expected.facts},
            gaps=None
            if expected.gaps is None
            else [
                f"{gap['line']}:{gap['kind']}:{gap['value_cents'] / 100:g}" for gap in found["gaps"]
            ],
            held_until=expected.held_until and (found["held"] or {}).get("until"),
        )
        assert shown == expected


def _day_of(step: Sent) -> date:
    """When it is sent: bookings come on their day, which may be one of years to come."""
    items = step.body.get("items", []) if isinstance(step.body, dict) else []
    days = [date.fromisoformat(item["booked_on"]) for item in items if "booked_on" in item]
    return max(days, default=date.min)
