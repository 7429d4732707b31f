"""Promises 1 and 2: Redis may be emptied, processes may die; each effect happens once."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from shared.contracts.changes import ChangePage
from shared.contracts.vocabulary import AgencyId
from shared.db import feed
from shared.db.followers import ChangeFailsAgain, Follower
from shared.db.rings import Ring
from shared.jobs.connections import connected
from shared.jobs.doorbell import Doorbell
from shared.jobs.jobs import enqueue_pending
from shared.jobs.worker import make_worker
from tests.fixtures.databases import FreshDatabase
from tests.shared.toy import DirectFeed, NoteWritten, Toy

ROOT = Path(__file__).parents[2]


async def test_changes_take_effect_once_and_in_order(toy: Toy) -> None:
    await toy.write("agency-x", "n1", "n2")
    await toy.write("agency-x", "n3")
    follower = toy.follower()
    assert await follower.follow("agency-x") == 3
    assert await follower.follow("agency-x") == 0
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1, "n3": 1}


async def test_redis_emptied_between_commit_and_wake_loses_nothing(
    toy: Toy, toy_database: FreshDatabase, redis_url: str, rung: list[Ring]
) -> None:
    await toy.write("agency-x", "n1")
    async with connected(redis_url) as redis:
        doorbell = Doorbell(url=redis_url, service="classifier")
        await doorbell.ring(rung)
        await redis.flushdb()
        await doorbell.close()
        assert await enqueue_pending(redis, service="scheduler", jobs=[toy.job()]) == 1
    worker = make_worker(service="scheduler", redis_url=redis_url, jobs=[toy.job()], burst=True)
    await worker.async_run()
    await worker.close()
    assert await toy.echoed("agency-x") == {"n1": 1}


async def test_a_ring_during_work_leads_to_another_look(redis_url: str) -> None:
    doorbell = Doorbell(url=redis_url, service="classifier")
    bell = Ring(service="scheduler", job="follow_classifier", agency="agency-x")
    async with connected(redis_url) as redis:
        await doorbell.ring([bell, bell, bell])
        assert await redis.zcard("kundentakt:scheduler") == 1
        await redis.delete("kundentakt:rung:scheduler:follow_classifier:agency-x")
        await doorbell.ring([bell])
        assert await redis.zcard("kundentakt:scheduler") == 2
    await doorbell.close()


async def test_a_follower_killed_between_apply_and_commit_leaves_nothing_and_is_resumed(
    toy: Toy, toy_database: FreshDatabase
) -> None:
    await toy.write("agency-x", "n1", "n2", "n3")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.shared.killed_follower",
        toy_database.app_url,
        toy_database.sweep_url,
        cwd=ROOT,
    )
    assert await process.wait() == -signal.SIGKILL
    assert await toy.echoed("agency-x") == {}
    await toy.follower().follow("agency-x")
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1, "n3": 1}


async def test_two_workers_on_one_agency_apply_each_change_once(toy: Toy) -> None:
    await toy.write("agency-x", *(f"n{number}" for number in range(1200)))
    await asyncio.gather(*(toy.follower().follow("agency-x") for _ in range(4)))
    while await toy.follower().follow("agency-x"):
        pass
    echoes = await toy.echoed("agency-x")
    assert len(echoes) == 1200
    assert set(echoes.values()) == {1}


class PulledBefore(DirectFeed):
    """What a worker sees that pulled its page when there was but one change."""

    async def changes(
        self, agency: AgencyId, *, after: int, after_change_id: UUID | None, limit: int
    ) -> ChangePage:
        page = await super().changes(
            agency, after=after, after_change_id=after_change_id, limit=limit
        )
        return ChangePage(items=page.items[:1], head=1)


class FeedWithQuickerWorker(DirectFeed):
    """Between this worker's first page and its use another worker applies a shorter one."""

    quicker: Follower | None

    async def changes(
        self, agency: AgencyId, *, after: int, after_change_id: UUID | None, limit: int
    ) -> ChangePage:
        page = await super().changes(
            agency, after=after, after_change_id=after_change_id, limit=limit
        )
        if self.quicker is not None:
            quicker, self.quicker = self.quicker, None
            assert await quicker.follow(agency) == 1
        return page


async def test_a_worker_behind_one_with_a_shorter_page_still_applies_the_rest(toy: Toy) -> None:
    await toy.write("agency-x", "n1", "n2")
    feed_of_slower = FeedWithQuickerWorker(toy.notes, toy.sweep)
    feed_of_slower.quicker = toy.follower(PulledBefore(toy.notes, toy.sweep))
    assert await toy.follower(feed_of_slower).follow("agency-x") == 1
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1}


async def test_a_poison_change_is_parked_while_the_others_pass(toy: Toy) -> None:
    toy.poisoned.add("bad")
    await toy.write("agency-x", "n1", "bad", "n2")
    await toy.follower().follow("agency-x")
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1}
    async with toy.echoes.transaction("agency-x") as transaction:
        parked = (
            await transaction.execute("SELECT change_id, subject, error FROM parked_change")
        ).one()
    assert (parked.subject, parked.error) == ("bad", "Poison: bad")
    with pytest.raises(ChangeFailsAgain, match="stays parked: Poison: bad"):
        await toy.follower().retry_parked("agency-x", parked.change_id)
    toy.poisoned.clear()
    assert await toy.follower().retry_parked("agency-x", parked.change_id)
    assert not await toy.follower().retry_parked("agency-x", parked.change_id)
    assert (await toy.echoed("agency-x"))["bad"] == 1


async def test_a_later_change_of_the_subject_supersedes_a_parked_one(toy: Toy) -> None:
    toy.poisoned.add("bad")
    await toy.write("agency-x", "bad")
    await toy.follower().follow("agency-x")
    toy.poisoned.clear()
    async with toy.notes.transaction("agency-x") as transaction:
        transaction.publish(NoteWritten(note_id="bad"))
    await toy.follower().follow("agency-x")
    async with toy.echoes.transaction("agency-x") as transaction:
        left = await transaction.execute("SELECT count(*) FROM parked_change")
        assert left.scalar_one() == 0


async def test_a_feed_restored_from_a_backup_is_listed_anew_and_followed_from_its_head(
    toy: Toy,
) -> None:
    await toy.write("agency-x", "n1", "n2", "n3")
    await toy.follower().follow("agency-x")
    async with toy.notes.transaction("agency-x") as transaction:
        await transaction.execute("DELETE FROM change WHERE revision > 1")
        await transaction.execute("UPDATE feed_head SET head = 1")
    await toy.write("agency-x", "n4", "n5", "n6")
    follower: Follower = toy.follower()
    await follower.follow("agency-x")
    assert toy.rebuilt == ["agency-x"]
    assert await follower.pending() == []
    assert set(await toy.echoed("agency-x")) == {"n1", "n2", "n3", "n4", "n5", "n6"}


async def test_a_feed_trimmed_to_its_head_is_listed_anew_once_and_then_followed(toy: Toy) -> None:
    await toy.write("agency-x", "n1", "n2", "n3")
    async with toy.notes.transaction("agency-x") as transaction:
        assert await feed.trim(transaction, before=datetime.now(UTC) + timedelta(hours=1)) == 3
        assert await feed.trim(transaction, before=datetime.now(UTC)) == 3
    follower = toy.follower()
    await follower.follow("agency-x")
    assert toy.rebuilt == ["agency-x"]
    await toy.write("agency-x", "n4")
    await follower.follow("agency-x")
    assert toy.rebuilt == ["agency-x"]
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1, "n3": 1, "n4": 1}


async def test_two_workers_that_rebuild_at_once_apply_nothing_twice(toy: Toy) -> None:
    await toy.write("agency-x", "n1")
    async with toy.notes.transaction("agency-x") as transaction:
        await feed.trim(transaction, before=datetime.now(UTC) + timedelta(hours=1))

    async def while_another_follows(agency: AgencyId) -> None:
        await toy.follower().follow(agency)
        await toy.write(agency, "n2", "n3")
        await toy.follower().follow(agency)

    slow = Follower(
        feed_of="classifier",
        feed=DirectFeed(toy.notes, toy.sweep),
        database=toy.echoes,
        sweep=toy.sweep,
        apply=toy.apply,
        rebuild=while_another_follows,
    )
    await slow.follow("agency-x")
    await slow.follow("agency-x")
    assert await toy.echoed("agency-x") == {"n1": 1, "n2": 1, "n3": 1}


async def test_what_was_parked_before_a_restore_is_superseded_by_what_comes_after(
    toy: Toy,
) -> None:
    toy.poisoned.add("bad")
    await toy.write("agency-x", "n1", "n2", "bad")
    await toy.follower().follow("agency-x")
    toy.poisoned.clear()
    async with toy.notes.transaction("agency-x") as transaction:
        await transaction.execute("DELETE FROM change")
        await transaction.execute("DELETE FROM feed_head")
    await toy.follower().follow("agency-x")
    async with toy.notes.transaction("agency-x") as transaction:
        transaction.publish(NoteWritten(note_id="bad"))
    await toy.follower().follow("agency-x")
    async with toy.echoes.transaction("agency-x") as transaction:
        left = await transaction.execute("SELECT count(*) FROM parked_change")
        assert left.scalar_one() == 0


async def test_the_sweep_names_agencies_whose_feed_moved_on(toy: Toy) -> None:
    await toy.write("agency-x", "n1")
    await toy.write("agency-y", "n1")
    follower = toy.follower()
    await follower.follow("agency-x")
    assert await follower.pending() == ["agency-y"]
