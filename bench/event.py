"""From a signed event over HTTP to the new class over HTTP, at 50 and at 200 events a second.

Through the real services: uvicorn, its worker, Redis and Postgres, durable as in production, on a
book of 20,000 customers. Every event is a booking for another care unit that moves it into
another class. Events come at random times (Poisson) whatever became of those before, and each
counts from when it was due. A class is readable from the moment at which the feed of changes, read
over HTTP every twenty milliseconds, has shown it in full; so what is measured is late by up to that
pause and one reading of the feed. Of a sample the class itself is then read with its reasons, and
must be the one told. Load and reader share the two cores of the machine with what they measure.

The peer does the same steps inside one request of a bare route, one at a time: `event_inline.py`.
An event that is refused, lost, still waiting, or of another class than foreseen fails the run.
"""

import argparse
import asyncio
import base64
import json
import secrets
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta

import asyncpg

from bench.book import AGENCY, AS_OF, fill, vacuum
from bench.event_inline import SECRET_VARIABLE, URL_VARIABLE
from bench.event_load import Plan, Planned, Seen
from bench.figures import at_most
from bench.servers import BenchDatabase, classifier_database, serving
from kundentakt.servers.ports import free_port
from kundentakt.supervisor.processes import api_command, worker_command
from services.classifier.usecases.classification import reclassify_book
from services.classifier.usecases.reclassification import run_day
from shared.contracts.access import AGENCY_HEADER
from shared.db.database import Database
from shared.db.rings import Ring

RATES = {50: 5.0, 200: 3.5}
"""Events a second, and how many times the inline steps their 95th percentile may take."""
SOURCE = "bench"
CUSTOMERS = 20_000
SECONDS = 20
WARM_UP = 100
"""Events sent before anything is measured, to each side."""
INLINE = 150
"""Events of one turn of the peer; a turn stands before, between and after the rates."""
SAMPLED = 40
MOVED = {"A": "O", "O": "A", "B": "C", "C": "B"}
"""The class after a booking that turns the revenue axis."""


class EventsLost(Exception):
    """an event was refused, lost, not carried out in time, or ended in another class"""


class Book:
    """The units of the book, each to be moved once."""

    def __init__(self, units: Iterator[asyncpg.Record], urls: BenchDatabase, secret: str) -> None:
        self._units = units
        self._urls = urls
        self._secret = secret

    def plan(self, tag: str, *, port: int, events: int, per_second: int) -> Plan:
        """Events on the next units."""
        token = self._urls.environment["SCHEDULER_SERVICE_TOKEN"]
        return Plan(
            tag=tag,
            port=port,
            path=f"/v1/events/{AGENCY}/{SOURCE}",
            secret=self._secret,
            per_second=per_second,
            sampled=SAMPLED,
            read_headers={"Authorization": f"Bearer {token}", AGENCY_HEADER: AGENCY},
            booked_on=str(AS_OF - timedelta(days=182)),
            at=f"{AS_OF}T10:00:00+01:00",
            events=[_moving(next(self._units)) for _ in range(events)],
        )


def _moving(unit: asyncpg.Record) -> Planned:
    """Far over the threshold or far below: inside the band the class would be kept."""
    return Planned(
        customer_id=unit["customer_id"],
        amount_cents=-4_000_000 if unit["revenue_level"] == "high" else 4_000_000,
        segment=MOVED[unit["segment"]],
    )


async def carried_out(plan: Plan) -> Seen:
    """The plan, by a process of its own; raises EventsLost."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.event_load"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(json.dumps(asdict(plan)).encode())
    if process.returncode:
        raise EventsLost(f"{plan.tag}: the load ended with {process.returncode}")
    seen = Seen(**json.loads(output))
    for what in ("refused", "missing", "misread"):
        if wrong := getattr(seen, what):
            raise EventsLost(f"{plan.tag}: {len(wrong)} {what}: {wrong[:5]}")
    if len(seen.told) != len(plan.events):
        raise EventsLost(f"{plan.tag}: {len(seen.told)} of {len(plan.events)} seen")
    return seen


async def check(plan: Plan, admin: asyncpg.Connection) -> None:
    """Every event is kept, nothing waits, every class is stored; raises EventsLost."""
    kept = await admin.fetchval(
        "SELECT count(*) FROM event WHERE webhook_id LIKE $1", f"{plan.tag}-%"
    )
    waiting = await admin.fetchval("SELECT count(*) FROM work_mark")
    rows = await admin.fetch(
        "SELECT customer_id, segment FROM customer JOIN care_class USING (agency_id, unit_id)"
    )
    stored = {row["customer_id"]: row["segment"] for row in rows}
    wrong = [event for event in plan.events if stored.get(event.customer_id) != event.segment]
    if kept != len(plan.events) or waiting or wrong:
        raise EventsLost(f"{plan.tag}: {kept} kept, {waiting} waiting, wrong: {wrong[:5]}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[max(0, round(share * len(values)) - 1)]


def show(name: str, values: Sequence[float]) -> None:
    """Print percentiles."""
    shares = ", ".join(
        f"p{share * 100:.0f} {percentile(values, share):.1f} ms" for share in _SHARES
    )
    print(f"  {name}: {shares}, most {max(values):.1f} ms (of {len(values)})", flush=True)


_SHARES = (0.5, 0.95, 0.99)


async def prepare(urls: BenchDatabase, admin: asyncpg.Connection, secret: str) -> Book:
    """The book with its classes, the source's secret, and the units in an order without meaning."""
    await fill(admin, customers=CUSTOMERS)
    await admin.execute(
        "INSERT INTO webhook_source (agency_id, source, secret) VALUES ($1, $2, $3)",
        *(AGENCY, SOURCE, secret),
    )
    database = Database(service="classifier", url=urls.app_url, ring=_unheard)
    await run_day(
        database=database, agency=AGENCY, day=AS_OF, now=datetime.combine(AS_OF, time(12), UTC)
    )
    while (await reclassify_book(database=database, agency=AGENCY, now=datetime.now(UTC))).units:
        pass
    await database.close()
    await vacuum(admin)
    units = await admin.fetch(
        "SELECT members[1] AS customer_id, segment, revenue_level FROM care_class"
        " ORDER BY hashtextextended(unit_id, 7)"
    )
    return Book(iter(units), urls, secret)


async def _unheard(rings: Sequence[Ring]) -> None:
    """The services are not started yet."""


async def turns(
    book: Book, admin: asyncpg.Connection, *, ours: int, inline: int
) -> tuple[list[float], dict[int, list[float]]]:
    """Milliseconds of the peer, and of ours by rate, until the class could be read."""
    peer: list[float] = []
    mine: dict[int, list[float]] = {}

    async def one_by_one(number: int) -> None:
        plan = book.plan(f"inline-{number}", port=inline, events=INLINE, per_second=0)
        peer.extend((await carried_out(plan)).told)
        await check(plan, admin)

    await carried_out(book.plan("warm-inline", port=inline, events=WARM_UP, per_second=0))
    await carried_out(book.plan("warm-ours", port=ours, events=WARM_UP, per_second=50))
    await one_by_one(0)
    for number, rate in enumerate(RATES, start=1):
        plan = book.plan(f"event-{rate}", port=ours, events=rate * SECONDS, per_second=rate)
        seen = await carried_out(plan)
        await check(plan, admin)
        mine[rate] = seen.told
        print(f"  at {rate}/s: {len(plan.events)} events, {seen.looks / seen.seconds:.0f} looks/s")
        show("accepted (202)", seen.answered)
        show("readable", seen.told)
        show("class read with its reasons (sample)", seen.read)
        await one_by_one(number)
    return peer, mine


async def measure() -> bool:
    """Print the figures; true where both bounds are kept."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    async with classifier_database(with_redis=True) as urls:
        admin = await asyncpg.connect(urls.admin_url)
        book = await prepare(urls, admin, secret)
        inline, metrics = free_port(), free_port()
        bare = [sys.executable, "-m", "uvicorn", "bench.event_inline:app", "--host", "127.0.0.1"]
        bare += ["--port", str(inline), "--no-access-log", "--log-level", "warning"]
        bare_environment = {URL_VARIABLE: urls.app_url, SECRET_VARIABLE: secret}
        environment = {**urls.environment, "CLASSIFIER_WORKER_METRICS_PORT": str(metrics)}
        url = "http://127.0.0.1:{}/{}"
        with (
            serving(
                api_command("classifier", urls.port),
                environment=environment,
                url=url.format(urls.port, "livez"),
            ),
            serving(
                worker_command("classifier"),
                environment=environment,
                url=url.format(metrics, "metrics"),
            ),
            serving(bare, environment=bare_environment, url=url.format(inline, "livez")),
        ):
            peer, mine = await turns(book, admin, ours=urls.port, inline=inline)
        await admin.close()
    return report(peer, mine)


def report(peer: Sequence[float], mine: dict[int, list[float]]) -> bool:
    """The ratios of the 95th percentiles."""
    show("inline, one at a time", peer)
    print(f"  inline median {statistics.median(peer):.1f} ms")
    kept = True
    for rate, values in mine.items():
        ratio = percentile(values, 0.95) / percentile(peer, 0.95)
        kept &= at_most(f"event-{rate}", ratio, limit=RATES[rate])
    return kept


def main() -> int:
    """``python -m bench.event``."""
    argparse.ArgumentParser(prog="bench.event").parse_args()
    return 0 if asyncio.run(measure()) else 1


if __name__ == "__main__":
    sys.exit(main())
