"""What wakes workers: sweeps of several services on one Redis, and what an operator redrives."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from shared.contracts.vocabulary import AgencyId
from shared.db.rings import Ring
from shared.failures import Transient
from shared.jobs import jobs as jobs_module
from shared.jobs import worker as worker_module
from shared.jobs.connections import connected
from shared.jobs.doorbell import REDRIVE, Doorbell, enqueue
from shared.jobs.jobs import Job, enqueue_pending
from shared.jobs.worker import make_worker
from shared.telemetry import configure_logging
from shared.turns import Turn
from tests.fixtures.waiting import eventually


def job(done: list[str], name: str, *, pending: Sequence[AgencyId] = ()) -> Job:
    """A job that writes down for whom it ran."""

    async def run(agency: AgencyId, turn: Turn) -> None:
        done.append(f"{name} {agency}")

    async def agencies() -> Sequence[AgencyId]:
        return pending

    return Job(name=name, run=run, pending=agencies)


async def test_every_service_sweeps_in_the_same_minute_on_one_redis(redis_url: str) -> None:
    done: list[str] = []
    minute = datetime.now(UTC)
    for service in ("classifier", "scheduler", "notifier"):
        jobs = [job(done, service, pending=["agency-x"])]
        worker = make_worker(service=service, redis_url=redis_url, jobs=jobs, burst=True)
        worker.cron_jobs[0].next_run = minute
        async with asyncio.timeout(30):
            await worker.async_run()
            # What the sweep enqueued last may be left to the next look.
            await worker.async_run()
        await worker.close()
    # Within two seconds of a full minute arq enqueues the next sweep as well.
    swept = list(dict.fromkeys(done))
    assert swept == ["classifier agency-x", "scheduler agency-x", "notifier agency-x"]


async def test_a_job_whose_turn_was_cut_short_gets_another_until_it_is_done(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(jobs_module, "FIRST_TURN_SECONDS", 0.05)
    slices = turns = 0

    async def run(agency: AgencyId, turn: Turn) -> None:
        nonlocal slices, turns
        turns += 1
        while slices < 40 and turn.goes_on():
            slices += 1
            await asyncio.sleep(0.01)

    reading = Job(name="import", run=run, pending=job([], "").pending)
    worker = make_worker(service="classifier", redis_url=redis_url, jobs=[reading])
    task = asyncio.create_task(worker.async_run())
    doorbell = Doorbell(url=redis_url, service="classifier")
    await doorbell.ring([Ring(service="classifier", job="import", agency="agency-x")])

    async def all_done() -> bool:
        return slices == 40

    await eventually(all_done)
    await doorbell.close()
    task.cancel()
    await asyncio.wait([task])
    await worker.close()
    assert turns > 4


async def test_a_job_that_puts_its_turn_off_gives_its_place_back_and_looks_again_later(
    redis_url: str,
) -> None:
    looks = 0

    async def look(agency: AgencyId, turn: Turn) -> None:
        nonlocal looks
        looks += 1
        if looks < 5:
            turn.put_off(0.3)

    plan = Job(name="plan", run=look, pending=job([], "").pending)
    worker = make_worker(service="scheduler", redis_url=redis_url, jobs=[plan])
    task = asyncio.create_task(worker.async_run())
    bell = Ring(service="scheduler", job="plan", agency="agency-x")

    async with connected(redis_url) as redis:
        # Each ring of an import would put it off once more; it is put off once.
        for _ in range(3):
            await enqueue(redis, bell)

        async def put_off_once() -> bool:
            return looks > 0 and await redis.zcard("kundentakt:scheduler") == 1

        async def done() -> bool:
            return looks == 5 and not await redis.zcard("kundentakt:scheduler")

        await eventually(put_off_once)
        await eventually(done)
    task.cancel()
    await asyncio.wait([task])
    await worker.close()


async def test_redriving_runs_every_job_of_the_service_for_that_agency(redis_url: str) -> None:
    done: list[str] = []
    doorbell = Doorbell(url=redis_url, service="classifier")
    await doorbell.ring([Ring(service="classifier", job=REDRIVE, agency="agency-x")])
    await doorbell.close()
    jobs = [job(done, "reclassify"), job(done, "import")]
    worker = make_worker(service="classifier", redis_url=redis_url, jobs=jobs, burst=True)
    await worker.async_run()
    await worker.async_run()
    await worker.close()
    assert set(done) == {"reclassify agency-x", "import agency-x"}


async def test_a_question_that_hangs_does_not_hold_up_the_others(redis_url: str) -> None:
    done: list[str] = []
    hanging = asyncio.Event()

    async def never() -> Sequence[AgencyId]:
        await hanging.wait()
        return []

    reclassify = job(done, "reclassify", pending=["agency-x"])
    jobs = [Job(name="follow_scheduler", run=reclassify.run, pending=never), reclassify]
    async with connected(redis_url) as redis:
        sweep = asyncio.create_task(enqueue_pending(redis, service="classifier", jobs=jobs))

        async def enqueued() -> bool:
            return bool(await redis.zcard("kundentakt:classifier"))

        await eventually(enqueued)
        hanging.set()
        assert await sweep == 1


async def test_a_question_that_fails_for_hours_is_logged_when_it_begins_and_when_it_is_over(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("classifier")
    away: list[Exception | None] = [Transient("away"), Transient("away"), None, None, KeyError("x")]

    async def asked() -> Sequence[AgencyId]:
        if error := away.pop(0):
            raise error
        return []

    jobs = [Job(name="follow_scheduler", run=job([], "x").run, pending=asked)]
    unanswered: set[str] = set()
    async with connected(redis_url) as redis:
        while away:
            await enqueue_pending(redis, service="classifier", jobs=jobs, unanswered=unanswered)
    lines = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["sweep waits", "sweep goes on", "sweep failed"]


async def test_who_is_told_to_end_while_ringing_ends_then(redis_url: str) -> None:
    doorbell = Doorbell(url=redis_url, service="classifier")
    went_on = 0

    async def ring_and_go_on(agency: AgencyId) -> None:
        nonlocal went_on
        await doorbell.ring([Ring(service="classifier", job="import", agency=agency)])
        asked = asyncio.current_task()
        went_on += asked is not None and asked.cancelling() > 0

    # At each of its steps, again and again: what is lost is lost at one of them, and not always.
    for steps in [*range(40)] * 5:
        ringing = asyncio.create_task(ring_and_go_on(f"agency-{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        ringing.cancel()
        await asyncio.gather(ringing, return_exceptions=True)
    await doorbell.close()
    assert went_on == 0


async def test_a_worker_that_waits_is_woken_by_a_ring(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_SECONDS", 4)
    done: list[str] = []
    jobs = [job(done, "reclassify")]
    worker = make_worker(service="classifier", redis_url=redis_url, jobs=jobs)
    working = asyncio.create_task(worker.async_run())
    doorbell = Doorbell(url=redis_url, service="classifier")

    async def caught_up() -> bool:
        return len(done) == rung

    for rung in (1, 2, 3):
        # It looked just now, for the one before: by itself it would do so in four seconds.
        bell = Ring(service="classifier", job="reclassify", agency=f"agency-{rung}")
        await doorbell.ring([bell])
        await eventually(caught_up, seconds=3.5)
    await doorbell.close()
    working.cancel()
    await asyncio.wait([working])
    await worker.close()


async def test_rings_while_a_job_works_lead_to_one_more_look_and_not_to_a_second_worker(
    redis_url: str,
) -> None:
    looks: list[int] = []
    at_work = 0
    may_end = asyncio.Event()

    async def look(agency: AgencyId, turn: Turn) -> None:
        nonlocal at_work
        at_work += 1
        looks.append(at_work)
        await may_end.wait()
        at_work -= 1

    reclassify = Job(name="reclassify", run=look, pending=job([], "").pending)
    worker = make_worker(service="classifier", redis_url=redis_url, jobs=[reclassify])
    task = asyncio.create_task(worker.async_run())
    doorbell = Doorbell(url=redis_url, service="classifier")
    bell = Ring(service="classifier", job="reclassify", agency="agency-x")

    async with connected(redis_url) as redis:

        async def working() -> bool:
            return looks == [1] and await redis.zcard("kundentakt:classifier") == 1

        async def all_done() -> bool:
            return not await redis.zcard("kundentakt:classifier")

        for _ in range(3):
            await doorbell.ring([bell])
            await eventually(working)
        may_end.set()
        await eventually(all_done)
    assert looks == [1, 1]
    await doorbell.close()
    task.cancel()
    await asyncio.wait([task])
    await worker.close()
