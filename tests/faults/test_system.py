"""The whole running system, robbed of a part while a day is half carried out.

Whatever is killed, emptied, stopped or restarted: once it is back, every due contact is in exactly
one place, and no message arrived twice. Messages are counted at the receiver.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import uuid4

import pytest

from kundentakt.demo.context import SETTINGS
from kundentakt.sample.rows import STAFF_HEADER, STAFF_ROWS
from kundentakt.servers.redis_server import RedisServer
from kundentakt.servers.shared_server import SharedServer
from kundentakt.supervisor.system import System
from shared.clients.http import ServiceAway
from shared.contracts.customers import Consent, Customer, LifeSituation, Mandate
from shared.contracts.dispatches import FINAL_STATES
from shared.contracts.scheduling import CampaignMove
from tests.fixtures.running import NOW, PROGRAMS, SERVICES, TODAY, Office, arrivals, office, running
from tests.fixtures.waiting import eventually, wait_until

CUSTOMERS = [f"K-{number:02d}" for number in range(12)]
SOURCE = "maklerverwaltung"
PATIENCE_SECONDS = 240.0
"""Leases of the killed last up to 90 seconds, and the next sweep comes within a minute."""
STAFF_CSV = "\r\n".join(";".join(cells) for cells in (STAFF_HEADER, *STAFF_ROWS)).encode()

Answer = TypeVar("Answer")
Trouble = Callable[[System], None]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A system of these tests alone: they break it."""
    with running() as ready:
        yield ready


def kill(service: str, system: System) -> None:
    """-9 to a service and its worker; the supervisor starts them again."""
    supervisor = system.supervisor
    programs = (f"{service}-worker", service)
    before = {program: supervisor.starts(program) for program in programs}
    for program in programs:
        pid = supervisor.pid(program)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(supervisor.starts(each) > before[each] for each in programs))


def empty_redis(system: System) -> None:
    assert system.servers.redis is not None
    assert isinstance(system.servers.redis.server, RedisServer)
    system.servers.redis.server.empty(system.servers.redis.state().port, 0)


def without_redis(system: System) -> None:
    """Workers end without Redis, and are started again and again until it is back."""
    away_and_back(system.servers.redis)


def restart_postgres(system: System) -> None:
    away_and_back(system.servers.postgres)


def away_and_back(server: SharedServer | None) -> None:
    assert server is not None
    server.take_away()
    server.bring_back()


def restart_mail_server(system: System) -> None:
    """It keeps its port, as servers do; what was under way is cut off."""
    assert system.mails is not None
    system.mails.stop()
    system.mails.start()


TROUBLES: dict[str, Trouble] = {
    **{f"kill {service} and its worker": partial(kill, service) for service in SERVICES},
    "empty redis": empty_redis,
    "redis away and back": without_redis,
    "restart postgres": restart_postgres,
    "restart mail server": restart_mail_server,
}


async def persistently(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """What every caller does whom a service asks to come again: the very same call once more."""
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await call()
        except ServiceAway:
            assert monotonic() < deadline
            await asyncio.sleep(0.1)


async def opened(ours: Office) -> None:
    """Settings, staff and customers, all in the plan, with the newsletter due today."""
    await ours.classifier.put_agency(ours.agency, SETTINGS)
    await ours.scheduler.import_staff(ours.agency, STAFF_CSV)
    await asyncio.gather(*(taken_in(ours, customer) for customer in CUSTOMERS))

    async def all_classified() -> bool:
        return len(await ours.classes()) == len(CUSTOMERS)

    await eventually(all_classified)
    await ours.planned_for_everybody()
    await ours.scheduler.open_agency(ours.agency)
    await ours.scheduler.move_campaign(
        ours.agency, "newsletter", f"{TODAY:%Y-%m}", CampaignMove(day=TODAY)
    )


async def taken_in(ours: Office, customer: str) -> None:
    """A tenant without contracts: class C, which is written to and not called."""
    tenant = Customer(
        kind="person",
        last_name=f"Mieter {customer}",
        email=f"{customer.lower()}@{ours.agency}.example.org",
        mandate=Mandate(contract=True, power_of_attorney=True),
        life=LifeSituation(home="rents"),
    )
    await ours.classifier.put_customer(ours.agency, customer, tenant)
    granted = Consent(state="granted", at=NOW, wording="Ja.", source="Formular")
    await ours.classifier.put_consent(ours.agency, customer, "newsletter", "email", granted)


async def half_a_day(ours: Office, trouble: Trouble) -> None:
    """Trouble comes while the day is run and while events of the same customers come in."""
    secret = (await ours.classifier.put_webhook_source(ours.agency, SOURCE)).secret

    async def moved_house(customer: str) -> None:
        body = {
            "type": "life.changed",
            "timestamp": NOW.isoformat(),
            "data": {"customer_id": customer, "change": "move"},
        }
        await persistently(
            lambda: ours.classifier.report_event(
                ours.agency, SOURCE, secret, webhook_id=customer, body=json.dumps(body).encode()
            )
        )

    async def handed_over() -> bool:
        return bool(await persistently(ours.messages))

    half = len(CUSTOMERS) // 2
    day = asyncio.create_task(persistently(lambda: ours.scheduler.run_day(ours.agency, TODAY)))
    await asyncio.gather(*(moved_house(customer) for customer in CUSTOMERS[:half]))
    await eventually(handed_over, seconds=PATIENCE_SECONDS)
    await asyncio.to_thread(trouble, ours.system)
    await asyncio.gather(*(moved_house(customer) for customer in CUSTOMERS[half:]))
    await day


@pytest.fixture(scope="module")
async def troubled(system: System) -> AsyncIterator[dict[str, Office]]:
    """One agency and one trouble after the other; each is looked at when all have passed."""
    offices: dict[str, Office] = {}
    async with AsyncExitStack() as stack:
        for number, (name, trouble) in enumerate(TROUBLES.items()):
            agency = f"trouble-{number}-{uuid4().hex[:6]}"
            ours = offices[name] = await stack.enter_async_context(office(system, agency))
            await persistently(partial(opened, ours))
            await half_a_day(ours, trouble)
        for program in PROGRAMS:
            await asyncio.to_thread(system.supervisor.wait_until_ready, program)
        yield offices


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_day_robbed_half_way_ends_with_everything_in_one_place_and_nothing_doubled(
    troubled: dict[str, Office], trouble: str
) -> None:
    ours = troubled[trouble]

    async def all_ended() -> bool:
        messages = await ours.messages()
        owed = 2 * len(CUSTOMERS)
        return len(messages) >= owed and all(m.state in FINAL_STATES for m in messages)

    await eventually(all_ended, seconds=PATIENCE_SECONDS)
    findings = await ours.audited(TODAY)
    assert findings.faults == []
    messages = await ours.messages()
    once_each = {(each, what) for each in CUSTOMERS for what in ("newsletter", "life_event")}
    assert Counter((m.customer_id, m.template) for m in messages) == Counter(once_each)
    assert {m.state for m in messages} <= {"sent", "unknown"}
    arrived = arrivals(ours.system)
    assert {arrived[m.message_id] for m in messages if m.state == "sent"} == {1}
    assert max(arrived.values()) == 1
    assert (await ours.scheduler.run_day(ours.agency, TODAY)).already_run
