"""Letters are cancelled while their run is assembled and approved: nobody waits for each other."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.notifier.store import letters, messages, print_run_assembly, print_runs
from services.notifier.usecases.dispatches import DispatchUnderWay, cancel_dispatch
from services.notifier.usecases.follow_classifier import KeptFiles, forget
from services.notifier.usecases.next_states import ended
from shared.db.database import Transaction
from tests.fixtures.waiting import eventually
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours

LATER = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def join_the_open_run(transaction: Transaction) -> str:
    """Let the letters that are due join the run that lies open."""
    await print_run_assembly.lock_assembly(transaction)
    await print_run_assembly.assemble(
        transaction,
        print_run_assembly.DueLetters(template="newsletter"),
        day=LATER.date(),
        now=LATER,
        room=10,
    )
    (run,) = await print_runs.list_print_runs(transaction, after=None, limit=10)
    return run.run_id


async def waiting_for_locks(notifier: Notifier, number: int) -> bool:
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        found = await transaction.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(found.scalar_one()) == number


async def taken_out(notifier: Notifier, run_id: str, message_id: UUID) -> set[UUID]:
    """Do as an approval does that finds somebody who objected: lock the run, then its letter."""
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        await print_runs.lock_run(transaction, run_id)
        in_run = {each.message_id: each for each in await letters.letters_of(transaction, run_id)}
        gone = [
            ended(each, "suppressed", "cancelled")
            for each in in_run.values()
            if each.message_id == message_id
        ]
        return await letters.leave_out(transaction, gone, run_id=run_id, now=LATER)


@pytest.mark.parametrize("who", ["caller", "erasure"])
async def test_a_letter_cancelled_while_it_joins_a_run_waits_for_the_run_first(
    notifier: Notifier, neighbours: Neighbours, who: str
) -> None:
    database, agency = notifier.resources.database, notifier.agency
    await notifier.dispatch(order(1, channel="letter"))
    async with database.transaction(agency) as transaction:
        run_id = await join_the_open_run(transaction)
    (second,) = await notifier.dispatch(order(2, channel="letter"))
    message_id = UUID(second["message_id"])

    async def cancel() -> None:
        if who == "caller":
            await cancel_dispatch(database=database, agency=agency, dispatch_id="d-2", now=LATER)
            return
        async with database.transaction(agency) as transaction:
            files = KeptFiles(folders=notifier.resources.print_folders, mailboxes=None)
            await forget(transaction, files, "K-0002", now=LATER)

    async with database.transaction(agency) as transaction:
        await join_the_open_run(transaction)
        approval = asyncio.create_task(taken_out(notifier, run_id, message_id))
        await eventually(lambda: waiting_for_locks(notifier, 1))
        cancelling = asyncio.create_task(cancel())
        await eventually(lambda: waiting_for_locks(notifier, 2))
    results = await asyncio.gather(approval, cancelling, return_exceptions=True)

    # PostgreSQL may wake the second of both first, because the row of the run has changed.
    assert results[0] in ({message_id}, set())
    assert results[1] is None or isinstance(results[1], DispatchUnderWay)
    async with database.transaction(agency) as transaction:
        left = await messages.message(transaction, message_id)
    assert left is not None
    if results[0]:
        assert (left.state, left.reason) == ("suppressed", "cancelled")
    else:
        assert left.state in ("cancelled", "suppressed")


async def test_a_run_approved_and_released_by_many_at_once_is_released_for_each(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002")
    await notifier.dispatch(order(1, channel="letter"), order(2, channel="letter"))
    await notifier.work("render_print_runs")
    for step, state in (("approval", "approved"), ("release", "released")):
        path = f"/print-runs/newsletter-2026-11-23-1/{step}"
        answers = await asyncio.gather(*(notifier.call("POST", path) for _ in range(20)))
        told = {(each.status_code, each.json().get("state")) for each in answers}
        assert told == {(200, state)}, [each.text for each in answers]
    states = [each["payload"]["state"] for each in await notifier.changes("print_run.changed")]
    assert states.count("released") == 1
