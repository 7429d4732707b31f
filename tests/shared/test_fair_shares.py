"""One agency with much work does not hold others up: places of a worker, connections of a
process."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from shared.contracts.vocabulary import AgencyId
from shared.db import shares
from shared.db.rings import Ring
from shared.db.shares import AllConnectionsTaken, Shares
from shared.jobs import doorbell as doorbell_module
from shared.jobs import jobs as jobs_module
from shared.jobs.connections import connected, queue_name
from shared.jobs.doorbell import Doorbell
from shared.jobs.jobs import Job
from shared.jobs.places import PLACES_OF_AGENCY, PLACES_OF_LONG_WORK, Places
from shared.jobs.worker import make_worker
from shared.turns import Turn
from tests.fixtures.waiting import eventually
from tests.shared.toy import Toy

LONG = [f"long-{number}" for number in range(10)]
SLICE_SECONDS = 0.02
PATIENCE_SECONDS = 120
"""For a slow machine; who had to wait for the end of long work would wait for ever."""


class Office:
    """Agencies whose jobs go on for ever in slices, until told that they are done."""

    def __init__(self) -> None:
        self.at_work: Counter[AgencyId] = Counter()
        self.most_at_work: Counter[AgencyId] = Counter()
        self.worked: set[tuple[AgencyId, str]] = set()
        self.classified: set[AgencyId] = set()
        self.done = False

    def jobs(self) -> list[Job]:
        """Ten kinds of long work, and the classification of an event."""
        return [*map(self._long, LONG), Job(name="reclassify", run=self._one, pending=nobody)]

    def _long(self, name: str) -> Job:
        async def run(agency: AgencyId, turn: Turn) -> None:
            self.at_work[agency] += 1
            self.most_at_work |= self.at_work
            while not self.done and turn.goes_on():
                self.worked.add((agency, name))
                await asyncio.sleep(SLICE_SECONDS)
            self.at_work[agency] -= 1

        return Job(name=name, run=run, pending=nobody)

    async def _one(self, agency: AgencyId, turn: Turn) -> None:
        self.classified.add(agency)


async def nobody() -> Sequence[AgencyId]:
    return []


@pytest.fixture(autouse=True)
def no_ring_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing sweeps here: a slow machine must not lose a ring for good."""
    monkeypatch.setattr(doorbell_module, "RING_SECONDS", 30)


@asynccontextmanager
async def at_work(office: Office, redis_url: str) -> AsyncIterator[Doorbell]:
    worker = make_worker(service="classifier", redis_url=redis_url, jobs=office.jobs())
    working = asyncio.create_task(worker.async_run())
    doorbell = Doorbell(url=redis_url, service="classifier")
    try:
        yield doorbell
    finally:
        office.done = True
        async with connected(redis_url) as redis:

            async def nothing_left() -> bool:
                return not await redis.zcard(queue_name("classifier"))

            await eventually(nothing_left, seconds=PATIENCE_SECONDS)
        await doorbell.close()
        while not working.done():  # connecting may swallow a cancellation
            working.cancel()
            await asyncio.wait([working], timeout=0.2)
        await worker.close()


def bells(agency: AgencyId, *names: str) -> list[Ring]:
    return [Ring(service="classifier", job=name, agency=agency) for name in names]


async def ring_and_see_classified(office: Office, doorbell: Doorbell, agency: AgencyId) -> None:
    """Fails when nobody classifies it."""
    office.classified.discard(agency)
    await doorbell.ring(bells(agency, "reclassify"))

    async def classified() -> bool:
        return agency in office.classified

    await eventually(classified, seconds=PATIENCE_SECONDS)


async def test_one_event_is_classified_promptly_while_another_agency_has_ten_long_jobs(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "FIRST_TURN_SECONDS", 0.1)
    monkeypatch.setattr(jobs_module, "TURN_SECONDS", 0.1)
    office = Office()
    async with at_work(office, redis_url) as doorbell:
        await doorbell.ring(bells("agency-a", *LONG))

        async def all_had_a_turn() -> bool:
            return len(office.worked) == len(LONG)

        await eventually(all_had_a_turn, seconds=PATIENCE_SECONDS)
        for number in range(3):
            await ring_and_see_classified(office, doorbell, f"agency-b{number}")
        # Its own events do not wait for its long work for ever, either.
        await ring_and_see_classified(office, doorbell, "agency-a")
    assert office.most_at_work["agency-a"] == PLACES_OF_AGENCY


async def test_one_event_is_classified_promptly_while_many_agencies_have_long_jobs(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "FIRST_TURN_SECONDS", 0.1)
    # Nobody could wait for the end of such a turn.
    monkeypatch.setattr(jobs_module, "TURN_SECONDS", 300)
    office = Office()
    busy = [f"agency-a{number}" for number in range(15)]
    async with at_work(office, redis_url) as doorbell:
        for agency in busy:  # one by one: a ring takes a second at most
            await doorbell.ring(bells(agency, *LONG[:2]))

        async def long_work_has_its_places() -> bool:
            return office.at_work.total() == PLACES_OF_LONG_WORK and len(office.worked) == 2 * len(
                busy
            )

        await eventually(long_work_has_its_places, seconds=PATIENCE_SECONDS)
        await ring_and_see_classified(office, doorbell, "agency-b")


def test_who_waits_for_a_place_gets_it_in_line() -> None:
    places = Places()
    assert all(places.take("a", str(number)) for number in range(PLACES_OF_AGENCY))
    assert not places.take("a", "next")
    assert not places.take("a", "last")
    assert places.take("b", "any")
    assert places.leave("b", "any", goes_on=False) is None  # they wait for their own agency
    assert places.leave("a", "0", goes_on=True) == ("a", "next")
    assert places.is_long("a", "0")
    assert places.take("a", "next")
    assert not places.take("a", "0")
    assert places.leave("a", "1", goes_on=False) == ("a", "last")


def test_work_that_ends_within_its_turn_is_short_again() -> None:
    places = Places()
    for goes_on in (True, False):
        assert places.take("a", "import")
        places.leave("a", "import", goes_on=goes_on)
        assert places.is_long("a", "import") == goes_on


async def test_one_agency_leaves_connections_to_the_others(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shares, "WAIT_SECONDS", 0.05)
    async with AsyncExitStack() as slow:
        for _ in range(3):  # of the toy's four
            await slow.enter_async_context(toy.notes.transaction("agency-x"))
        with pytest.raises(AllConnectionsTaken):
            async with toy.notes.direct("agency-x"):
                pass
        async with asyncio.timeout(20), toy.notes.transaction("agency-y") as other:
            assert (await other.execute("SELECT 1")).scalar_one() == 1
    async with toy.notes.transaction("agency-x") as again:
        assert (await again.execute("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize(("pool", "share"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (100, 75)])
def test_a_share_leaves_something_where_there_is_something_to_leave(pool: int, share: int) -> None:
    assert Shares(pool).of_agency == share
