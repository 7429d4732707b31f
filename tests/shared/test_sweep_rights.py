"""The sweep sees which agency has work, and nothing of what the work says."""

from urllib.parse import urlsplit

import asyncpg
import pytest

from services.classifier.store.personal_data import PERSONAL_DATA as CLASSIFIER
from services.notifier.store.personal_data import PERSONAL_DATA as NOTIFIER
from services.scheduler.store.personal_data import PERSONAL_DATA as SCHEDULER
from shared.db.personal_data import PersonalData
from tests.fixtures.databases import FreshDatabases

DECLARATIONS = {"classifier": CLASSIFIER, "scheduler": SCHEDULER, "notifier": NOTIFIER}
KERNEL = {"feed_head": {"agency_id", "head"}, "feed_cursor": {"agency_id", "feed", "revision"}}
READABLE = {
    "classifier": {
        "work_mark": {"agency_id", "leased_until"},
        "import_job": {"agency_id", "state", "leased_until"},
        "reclassification": {"agency_id", "state", "leased_until"},
    },
    "scheduler": {
        "customer_mark": {"agency_id"},
        "unit_mark": {"agency_id"},
        "change_outbox": {"agency_id"},
        "dispatch_cancellation": {"agency_id"},
        "touchpoint": {"agency_id", "state", "channel", "minutes", "leased_until"},
        "request": {"agency_id", "state", "breached_at", "deadline"},
        "agency": {"agency_id", "time_zone", "standing_in_on"},
        "appointment": {
            *("agency_id", "state", "at", "sequence", "told_sequence", "reminded_sequence"),
            *("tell", "remind_at"),
        },
        "day_run": {"agency_id", "day", "finished_at"},
    },
    "notifier": {
        "message": {
            *("agency_id", "message_id", "channel", "state", "due_at"),
            *("lease_token", "leased_until"),
        },
        "print_run": {"agency_id", "run_id", "state", "leased_until"},
        "letter": {"agency_id", "message_id", "run_id"},
    },
}


@pytest.mark.parametrize("service", READABLE)
async def test_the_sweep_reads_the_columns_of_its_questions_alone(
    service: str, fresh_database: FreshDatabases
) -> None:
    database = await fresh_database(service)
    readable = await _readable(database.owner_url, str(urlsplit(database.sweep_url).username))
    assert readable == READABLE[service] | KERNEL
    declared: PersonalData = DECLARATIONS[service]
    assert not [table for table in readable if declared.personal(table) & readable[table]]


async def test_what_a_message_says_is_refused_to_the_sweep(fresh_database: FreshDatabases) -> None:
    database = await fresh_database("notifier")
    connection = await asyncpg.connect(database.sweep_url)
    try:
        for question in ("SELECT data FROM message", "SELECT * FROM letter", "TABLE change"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(question)
    finally:
        await connection.close()


async def _readable(owner_url: str, role: str) -> dict[str, set[str]]:
    connection = await asyncpg.connect(owner_url)
    try:
        rows = await connection.fetch(
            """
            SELECT relname::text AS "table", attname::text AS "column"
              FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND attnum > 0 AND NOT attisdropped
               AND has_column_privilege($1, attrelid, attnum, 'SELECT')
            """,
            role,
        )
    finally:
        await connection.close()
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["table"], set()).add(row["column"])
    return found
