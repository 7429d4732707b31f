"""A book listed anew, and all that must be as it was then."""

from typing import Any

from tests.scheduler.builders import AGENCY, SchedulerSystem

TABLES = ("request", "task", "occasion", "rested_gap", "customer")
STAMPS = {"since", "facts_at"}


async def everything(system: SchedulerSystem) -> dict[str, list[Any]]:
    """All that hangs on customers, without when it was written."""
    found: dict[str, list[Any]] = {}
    for table in TABLES:
        every = await system.rows(
            f"SELECT to_jsonb(t) FROM {table} AS t ORDER BY to_jsonb(t)::text"
        )
        found[table] = [{n: v for n, v in row[0].items() if n not in STAMPS} for row in every]
    found["touchpoint"] = await system.rows(
        "SELECT touchpoint_id, customer_id, unit_id, state FROM touchpoint"
        " WHERE state <> 'cancelled' ORDER BY touchpoint_id",
    )
    return found


async def rebuilt(system: SchedulerSystem) -> None:
    """The feed cannot be followed any more, as after a restore of the classifier: all is listed
    anew, and the work that follows is done."""
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute(
            "UPDATE feed_cursor SET revision = revision - 1, change_id = gen_random_uuid()"
            " WHERE agency_id = :agency AND feed = 'classifier'"
        )
    await system.finish_all_work()
