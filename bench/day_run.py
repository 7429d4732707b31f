"""A day with 10,000 due messages until the notifier has them, against the bare HTTP calls.

What is timed is the day's end of the scheduler's run: everything planned for the day falls due in
one statement, is leased, ordered in batches, and what was answered is written and noted for the
feed. The peer sends the same batches over the same client to the same door, emptied in between.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter

import asyncpg

from bench.care_book import AS_OF, NO_TOKEN, NOW, fill, name_of
from bench.class_worker import unheard
from bench.day_receiver import TABLE, URL_VARIABLE
from bench.figures import at_most
from bench.servers import database_of, serving
from kundentakt.supervisor.environment import Addresses
from services.scheduler.usecases.dispatches import hand_over
from services.scheduler.usecases.leftovers import fall_due
from shared.clients.http import ServiceHttp
from shared.clients.notifier import NotifierClient
from shared.contracts.dispatches import DispatchAnswers, DispatchItem
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database

DUE = 10_000
LIMIT = 3.0
ROUNDS = 3

_PLAN = """
INSERT INTO touchpoint (agency_id, touchpoint_id, customer_id, unit_id, service, occurrence,
       purpose, duty, channel, minutes, priority, due, earliest, latest, day, state, because)
SELECT agency_id, gen_random_uuid(), customer_id, unit_id, 'newsletter', $2, 'advertising', false,
       'email', 0, 3, $1, $1, $1, $1, 'planned', 'campaign'
  FROM customer
"""


class NotifierMissedSome(Exception):
    """not every due message was handed over"""


class Recording(NotifierClient):
    """The client, which keeps the batches that it sent."""

    def __init__(self, http: ServiceHttp) -> None:
        super().__init__(http)
        self.sent: list[Sequence[DispatchItem]] = []

    async def dispatch(
        self, agency: AgencyId | None, items: Sequence[DispatchItem]
    ) -> DispatchAnswers:
        """Send the batch and keep it."""
        self.sent.append(items)
        return await super().dispatch(agency, items)


async def handed_over(database: Database, notifier: NotifierClient, due: int) -> float:
    """Seconds from falling due until the notifier has all."""
    agency = name_of(1)
    started = perf_counter()
    async with database.transaction(agency) as transaction:
        await fall_due(transaction, AS_OF, now=NOW)
    handed = await hand_over(database=database, notifier=notifier, agency=agency)
    spent = perf_counter() - started
    if handed != due:
        raise NotifierMissedSome(f"{handed} of {due}")
    return spent


async def bare(notifier: NotifierClient, batches: Sequence[Sequence[DispatchItem]]) -> float:
    """Seconds of the same calls and nothing else."""
    started = perf_counter()
    for batch in batches:
        await notifier.dispatch(name_of(1), batch)
    return perf_counter() - started


async def measure(due: int) -> bool:
    """Print the figures; true where the bound is kept."""
    port = Addresses.free(preferred=False).ports["notifier"]
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "uvicorn", "bench.day_receiver:app", "--port", str(port),
        "--log-level", "warning",
    ]  # fmt: skip
    ratios = []
    async with database_of("scheduler") as urls:
        admin = await asyncpg.connect(urls.admin_url)
        database = Database(service="scheduler", url=urls.app_url, ring=unheard)
        await fill(admin, agencies=1, customers=due)
        await admin.execute(TABLE)
        environment = {URL_VARIABLE: urls.admin_url}
        with serving(command, environment=environment, url=f"{url}/livez"):
            http = ServiceHttp(url=url, token=NO_TOKEN)
            for number in range(ROUNDS):
                await admin.execute("TRUNCATE received")
                await admin.execute(_PLAN, AS_OF, f"{datetime.now(UTC):%Y}-{number}")
                recording = Recording(http)
                ours = await handed_over(database, recording, due)
                await admin.execute("TRUNCATE received")
                peer = await bare(NotifierClient(http), recording.sent)
                ratios.append(ours / peer)
                print(f"  {due} due: {ours:.2f} s, bare calls {peer:.2f} s", flush=True)
            await http.close()
        await admin.close()
        await database.close()
    return at_most("day run", sorted(ratios)[ROUNDS // 2], limit=LIMIT)


def main() -> int:
    """``python -m bench.day_run [--due N]``."""
    parser = argparse.ArgumentParser(prog="bench.day_run")
    parser.add_argument("--due", type=int, default=DUE)
    return 0 if asyncio.run(measure(parser.parse_args().due)) else 1


if __name__ == "__main__":
    sys.exit(main())
