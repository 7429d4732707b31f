"""Starting a local installation, and its memory at rest, against bare FastAPI apps.

Ours is what `kundentakt serve` starts: PostgreSQL, Redis, three services and three workers, on an
installation whose databases were made before. The floor is a bare app for each of our services and
workers, each a process of its own, all started together. Both sides run in turns.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

import psutil

from bench.figures import at_most, seconds
from bench.servers import serving_all
from kundentakt.servers.embedded import SERVICES
from kundentakt.servers.ports import free_port
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.system import System

ROUNDS = 3
REST_SECONDS = 5.0
"""After the start, pools are filled and first sweeps are done."""
PROCESSES = 2 * len(SERVICES)
START_LIMIT = 4.0
"""8 s: six bare apps take 2 s on two quiet cores."""
MEMORY_LIMIT = 3.3
"""700 MB: six bare apps have 210 MB."""


def megabytes(processes: Iterable[psutil.Process]) -> float:
    """The memory of these processes; a page that several share counts once in all (PSS)."""
    return sum(process.memory_full_info().pss for process in processes) / 2**20


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all that it started."""
    return [process, *process.children(recursive=True)]


def processes_of(system: System) -> set[psutil.Process]:
    """All processes of an installation, this one included: it stands for the command."""
    found = set(family(psutil.Process()))
    for server in (system.servers.postgres, system.servers.redis):
        assert server is not None
        found.update(family(psutil.Process(server.state().daemon.pid)))
    return found


def floor() -> tuple[float, float]:
    """Seconds until bare apps answer, and their megabytes."""
    command = [sys.executable, "-m", "uvicorn", "bench.start_floor:app", "--log-level", "warning"]
    ports = [free_port() for _ in range(PROCESSES)]
    programs = [
        ([*command, "--port", str(port)], f"http://127.0.0.1:{port}/readyz") for port in ports
    ]
    started = time.perf_counter()
    with serving_all(programs) as pids:
        took = time.perf_counter() - started
        return took, megabytes(map(psutil.Process, pids))


def ours(installation: Installation) -> tuple[float, float]:
    """Seconds until all services say that they are ready, and megabytes of all at rest."""
    started = time.perf_counter()
    with System(installation=installation, preferred_ports=False, given={}) as system:
        took = time.perf_counter() - started
        time.sleep(REST_SECONDS)
        return took, megabytes(processes_of(system))


def ours_as_a_command(installation: Installation) -> tuple[float, float]:
    """The same in a new process, so that it holds what the command holds and no more."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(ours, installation).result()


def measure(rounds: int) -> bool:
    """Print the figures; true if both bounds are kept."""
    with ExitStack() as stack:
        installation = stack.enter_context(Installation.temporary())
        first, _ = ours_as_a_command(installation)
        print(f"  the very first start, with new databases: {first:.1f} s", flush=True)
        pairs = [(ours_as_a_command(installation), floor()) for _ in range(rounds)]
    seconds("ours", [mine for (mine, _), _ in pairs])
    seconds(f"{PROCESSES} bare apps", [bare for _, (bare, _) in pairs])
    for name, sizes in (
        ("ours", [size for (_, size), _ in pairs]),
        ("bare apps", [size for _, (_, size) in pairs]),
    ):
        print(f"  {name}: {statistics.median(sizes):.0f} MB")
    start = statistics.median(mine / bare for (mine, _), (bare, _) in pairs)
    memory = statistics.median(mine / bare for (_, mine), (_, bare) in pairs)
    kept = at_most("start", start, limit=START_LIMIT)
    return at_most("start-memory", memory, limit=MEMORY_LIMIT) and kept


def main() -> int:
    """``python -m bench.start [--rounds N]``."""
    parser = argparse.ArgumentParser(prog="bench.start")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return 0 if measure(parser.parse_args().rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
