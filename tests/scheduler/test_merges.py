"""The work of a customer whose record was merged follows, and comes back."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest

from services.scheduler.store import planning, work_marks
from services.scheduler.usecases.follow_classifier import apply_classifier_changes
from services.scheduler.usecases.follow_notifier import apply_notifier_changes
from shared.contracts.changes.classifier import CustomerMerged
from shared.contracts.changes.notifier import MessageAnswered
from tests.fixtures.changes import AT, in_feed
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.relistings import everything, rebuilt
from tests.scheduler.test_day_runs import with_newsletter_today

LATER = date(2027, 5, 23)


async def two_customers(system: SchedulerSystem) -> None:
    """K-1 and K-2, planned; K-2 has an open claim and work on the desk, and recommended somebody.
    Both rest a gap."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1")
    await system.customer("K-2")
    await system.finish_all_work()
    assert (await system.run_day(MONDAY)).is_success
    claim = {"customer_id": "K-2", "kind": "claim"}
    assert (await system.call("POST", "/requests", json=claim)).status_code == 201
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute(
            "INSERT INTO rested_gap VALUES (:agency, 'K-1', 'household', '2027-05-23'),"
            " (:agency, 'K-2', 'household', '2028-11-23'), (:agency, 'K-2', 'legal', '2027-05-23')"
        )
        await transaction.execute(
            "INSERT INTO occasion VALUES"
            " (:agency, 'K-2', 'referral_thanks', 'e-1', '2027-01-11', 'referral.made')"
        )
        await work_marks.mark_units(transaction, ["K-1", "K-2"])
    await system.finish_all_work()


async def test_work_follows_a_merge_and_comes_back(system: SchedulerSystem) -> None:
    await two_customers(system)
    before = await everything(system)
    order = {"into": "K-1", "reason": "Dubletten"}
    told = await system.tell_classifier("POST", "/customers/K-2/merge", order)
    await system.finish_all_work()

    assert await system.rows("SELECT customer_id FROM customer") == [("K-1",)]
    (request,) = (await system.get("/requests"))["items"]
    assert (request["customer_id"], request["state"]) == ("K-1", "open")
    rested = await system.rows("SELECT customer_id, line, until FROM rested_gap ORDER BY line")
    assert rested == [("K-1", "household", date(2028, 11, 23)), ("K-1", "legal", LATER)]
    for table in ("task", "request", "occasion"):
        held = await system.rows(f"SELECT DISTINCT customer_id FROM {table}")
        assert set(held) <= {("K-1",)}
    planned = await system.touchpoints(state="planned")
    assert {each["customer_id"] for each in planned} == {"K-1"}

    await system.tell_classifier("DELETE", f"/merges/{told['merge_id']}")
    await system.finish_all_work()
    assert await everything(system) == before
    assert await system.rows("SELECT 1 FROM merged_row UNION ALL SELECT 1 FROM merge") == []


async def test_a_merge_that_was_never_heard_of_forgets_no_work(system: SchedulerSystem) -> None:
    await two_customers(system)
    await system.customer("K-3")
    await system.finish_all_work()
    before = await everything(system)
    reason = "Dubletten"
    first = await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-3", "reason": reason}
    )
    second = await system.tell_classifier(
        "POST", "/customers/K-3/merge", {"into": "K-1", "reason": reason}
    )
    await rebuilt(system)
    assert await system.rows("SELECT customer_id FROM customer") == [("K-1",)]
    (request,) = (await system.get("/requests"))["items"]
    assert (request["customer_id"], request["state"]) == ("K-1", "open")
    await rebuilt(system)
    assert len(await system.rows("SELECT 1 FROM merge")) == 2

    for told in (second, first):
        await system.tell_classifier("DELETE", f"/merges/{told['merge_id']}")
    await rebuilt(system)
    await system.finish_all_work()
    after = await everything(system)
    assert after == before
    found = await system.rows("SELECT customer_id FROM customer ORDER BY 1")
    assert found == [("K-1",), ("K-2",), ("K-3",)]
    assert await system.rows("SELECT 1 FROM merged_row UNION ALL SELECT 1 FROM merge") == []


async def test_who_answers_an_old_mail_after_a_merge_makes_a_request_of_who_stayed(
    system: SchedulerSystem,
) -> None:
    await two_customers(system)
    await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-1", "reason": "Dublette"}
    )
    await system.finish_all_work()
    answered = MessageAnswered(
        message_id="5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11", dispatch_id="d-1", customer_id="K-2",
        at=AT, answer="call_me",
    )  # fmt: skip
    async with system.resources.database.transaction(AGENCY) as transaction:
        await apply_notifier_changes(transaction, [in_feed(answered)])
    asked = {each["customer_id"] for each in (await system.get("/requests"))["items"]}
    assert asked == {"K-1"}


@pytest.mark.parametrize("late", [False, True])
async def test_what_a_merge_cancelled_as_a_double_is_ordered_again_when_it_is_undone(
    system: SchedulerSystem, late: bool
) -> None:
    """Also if the notifier follows merge and undoing after the scheduler."""
    await with_newsletter_today(system)
    assert (await system.run_day(MONDAY)).is_success
    (key,) = (k for k, each in system.notifier.orders.items() if each["customer_id"] == "K-2")
    order = {"into": "K-1", "reason": "Dubletten"}
    told = await system.tell_classifier("POST", "/customers/K-2/merge", order)
    if not late:
        system.notifier.tell(key, "cancelled", "customer_merged")
    await system.finish_all_work(without=["run_day"])
    await system.tell_classifier("DELETE", f"/merges/{told['merge_id']}")
    await system.finish_all_work(without=["run_day"])
    if late:
        system.notifier.tell(key, "cancelled", "customer_merged")
    system.notifier.tell(key, "cancelled", "merge_undone")
    await system.finish_all_work(without=["run_day"])
    listed = await system.touchpoints(service="newsletter")
    left = [each for each in listed if each["state"] != "planned"]
    states = {(each["customer_id"], each["state"], each["reason"]) for each in left}
    assert states == {
        ("K-0", "handed_over", None),
        ("K-1", "handed_over", None),
        ("K-2", "cancelled", "merge_undone"),
        ("K-2", "handed_over", None),
    }
    assert len(system.notifier.orders) == 4


async def test_planning_and_merges_never_wait_for_each_other(system: SchedulerSystem) -> None:
    """A planner takes the plan and then the touchpoints. If a follower locked them in another
    order, the database would end one of the two as a deadlock in the first turns."""
    await two_customers(system)
    for _ in range(15):
        async with system.resources.database.transaction(AGENCY) as transaction:
            await transaction.execute(
                "UPDATE touchpoint SET state = 'planned', reason = NULL, ended_on = NULL"
                " WHERE agency_id = :agency AND customer_id = 'K-2' AND left_on IS NULL"
            )
        merge_id = uuid4()
        for into in ("K-1", None):
            told = CustomerMerged(customer_id="K-2", into=into, merge_id=merge_id)
            await asyncio.gather(write_plan(system), _follow(system, told))
    assert len(await system.rows("SELECT customer_id FROM customer")) == 2


async def _follow(system: SchedulerSystem, told: CustomerMerged) -> None:
    async with system.resources.database.transaction(AGENCY) as transaction:
        await apply_classifier_changes(transaction, [in_feed(told)])


async def write_plan(system: SchedulerSystem) -> None:
    """What a planner locks, in its order: the plan, touchpoints, marks."""
    async with system.resources.database.transaction(AGENCY) as transaction:
        marked = await work_marks.marked_units(transaction)
        version = await planning.plan_version(transaction)
        claimed = await planning.claim_version(
            transaction, read=version, as_of=MONDAY, catalogue_version=1, now=AT
        )
        await asyncio.sleep(0.03)
        if claimed:
            await transaction.execute("UPDATE touchpoint SET since = since WHERE left_on IS NULL")
            await work_marks.unmark_units(transaction, marked)
            await work_marks.mark_units(transaction, ["K-1", "K-2"])
