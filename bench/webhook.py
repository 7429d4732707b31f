"""Durable webhook intake over HTTP against a bare route that inserts one row for each event.

Both are one uvicorn process on the same server, loaded in turns by the same process with the same
events over the same number of connections. Only a 202 counts, and each must be a row afterwards.
"""

import argparse
import asyncio
import base64
import json
import secrets
import statistics
import sys
from dataclasses import dataclass

import asyncpg
import psutil

from bench.book import AGENCY, fill
from bench.figures import at_least
from bench.servers import BenchDatabase, classifier_database, serving
from bench.webhook_floor import SECRET_VARIABLE, TABLE, URL_VARIABLE
from bench.webhook_load import Load
from kundentakt.servers.ports import free_port
from kundentakt.supervisor.processes import api_command

FLOOR = 0.8
SOURCE = "bench"
CUSTOMERS = 5_000
CONNECTIONS = 32
SECONDS = 4.0
ROUNDS = 5
PREPARED = 30_000
"""Requests signed for one turn: more than either side answers in its seconds."""


class EventsMissing(Exception):
    """an event that was answered with 202 is no row"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two servers."""

    name: str
    port: int
    pid: int
    count_rows: str


async def load(side: Side, *, tag: str, secret: str) -> Load:
    """One turn of the load, in its own process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.webhook_load", "--port", str(side.port)),
        *("--connections", str(CONNECTIONS), "--customers", str(CUSTOMERS)),
        *("--prepared", str(PREPARED), "--seconds", str(SECONDS)),
        *("--path", f"/v1/events/{AGENCY}/{SOURCE}", "--secret", secret, "--tag", tag),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return Load(**json.loads(output))


async def turn(side: Side, number: int, *, secret: str, admin: asyncpg.Connection) -> float:
    """Requests per second of one turn; raises EventsMissing."""
    tag = f"{side.name}-{number}"
    server = psutil.Process(side.pid)
    before = sum(server.cpu_times()[:2])
    seen = await load(side, tag=tag, secret=secret)
    spent = sum(server.cpu_times()[:2]) - before
    rows = await admin.fetchval(side.count_rows, f"{tag}-%")
    if rows != seen.accepted or not rows or seen.others:
        raise EventsMissing(f"{tag}: {seen.accepted} times 202, {seen.others} others, {rows} rows")
    rate = seen.accepted / seen.seconds
    print(
        f"  {tag}: {rate:,.0f} requests/s, {spent / seen.accepted * 1e6:.0f} µs of the process"
        f" each, all {rows} are rows",
        flush=True,
    )
    return rate


async def prepare(urls: BenchDatabase, admin: asyncpg.Connection, secret: str) -> None:
    """Customers, the source's secret, and the narrow table of the other side."""
    await fill(admin, customers=CUSTOMERS)
    await admin.execute(
        "INSERT INTO webhook_source (agency_id, source, secret) VALUES ($1, $2, $3)",
        AGENCY,
        SOURCE,
        secret,
    )
    owner = await asyncpg.connect(urls.owner_url)
    await owner.execute(TABLE)
    await owner.close()


async def rates(urls: BenchDatabase, admin: asyncpg.Connection, secret: str) -> list[float]:
    """Our requests per second over the bare route's, turn by turn."""
    port = free_port()
    bare = [sys.executable, "-m", "uvicorn", "bench.webhook_floor:app", "--host", "127.0.0.1"]
    bare += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    environment = {URL_VARIABLE: urls.app_url, SECRET_VARIABLE: secret}
    ours_url, bare_url = (f"http://127.0.0.1:{each}/livez" for each in (urls.port, port))
    with (
        serving(
            api_command("classifier", urls.port), environment=urls.environment, url=ours_url
        ) as our_pid,
        serving(bare, environment=environment, url=bare_url) as bare_pid,
    ):
        count = "SELECT count(*) FROM {} WHERE webhook_id LIKE $1"
        ours = Side(name="ours", port=urls.port, pid=our_pid, count_rows=count.format("event"))
        floor = Side(name="bare", port=port, pid=bare_pid, count_rows=count.format("floor_event"))
        for side in (ours, floor):
            await turn(side, 0, secret=secret, admin=admin)
        ratios = []
        for number in range(1, ROUNDS + 1):
            order = (ours, floor) if number % 2 else (floor, ours)
            rate = {
                side.name: await turn(side, number, secret=secret, admin=admin) for side in order
            }
            ratios.append(rate[ours.name] / rate[floor.name])
        return ratios


async def measure() -> bool:
    """Print the figures; true where the bound is kept. The first turns only warm up."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    async with classifier_database(with_redis=True) as urls:
        admin = await asyncpg.connect(urls.admin_url)
        await prepare(urls, admin, secret)
        ratios = await rates(urls, admin, secret)
        await admin.close()
    print("  ratios: " + ", ".join(f"{ratio:.2f}" for ratio in ratios))
    return at_least("webhook", statistics.median(ratios), floor=FLOOR)


def main() -> int:
    """``python -m bench.webhook``."""
    argparse.ArgumentParser(prog="bench.webhook").parse_args()
    return 0 if asyncio.run(measure()) else 1


if __name__ == "__main__":
    sys.exit(main())
