"""What waits for a customer whose record was merged goes to who stayed, and not twice."""

from uuid import UUID

import asyncpg

from shared.contracts.changes.classifier import CustomerMerged
from tests.fixtures.databases import FreshDatabase
from tests.fixtures.old_schemas import migrate_to
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours

MERGE = UUID("5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11")


async def test_waiting_messages_follow_a_merge_and_come_back(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.customer("K-0002")
    await notifier.dispatch(
        order(1, customer_id="K-0001"),
        order(2, customer_id="K-0002"),
        order(3, customer_id="K-0002", template="birthday", purpose="advertising"),
    )
    neighbours.tell(CustomerMerged(customer_id="K-0002", into="K-0001", merge_id=MERGE))
    await notifier.work("follow_classifier")
    assert (await notifier.states())["d-2"] == ("cancelled", "customer_merged")
    waiting = (await notifier.get("/messages?state=accepted"))["items"]
    assert {each["dispatch_id"]: each["customer_id"] for each in waiting} == {
        "d-1": "K-0001",
        "d-3": "K-0001",
    }
    neighbours.tell(CustomerMerged(customer_id="K-0002", into=None, merge_id=MERGE))
    await notifier.work("follow_classifier")
    waiting = (await notifier.get("/messages?state=accepted"))["items"]
    assert {each["dispatch_id"]: each["customer_id"] for each in waiting} == {
        "d-1": "K-0001",
        "d-3": "K-0002",
    }
    told = await notifier.changes("message.ended")
    assert [each["payload"]["reason"] for each in told] == ["customer_merged", "merge_undone"]


async def test_what_a_merge_noted_before_an_update_can_be_given_back(
    empty_database: FreshDatabase,
) -> None:
    await migrate_to(empty_database, "notifier", "0013")
    connection = await asyncpg.connect(empty_database.admin_url)
    message = UUID("7e0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b12")
    await connection.execute(
        "INSERT INTO merged_message (agency_id, merge_id, message_id) VALUES ('a', $1, $2)",
        MERGE,
        message,
    )
    await migrate_to(empty_database, "notifier", "head")
    rows = await connection.fetch(
        "SELECT agency_id, merge_id, table_name, step, content FROM merged_row"
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("a", MERGE, "message", "moved", f'{{"message_id": "{message}"}}')
    ]
