"""`make fuzz`: all checks of schemathesis, 60 examples for each operation, over all documents."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from kundentakt.servers.embedded import SERVICES
from tests.fixtures.running import running
from tests.fuzz.book import seed
from tests.fuzz.refusals import unmet
from tests.fuzz.runs import MET, Fuzzed

PHASES = ("examples", "coverage", "fuzzing", "stateful")


def main() -> int:
    """Start a system of its own, ask it, tell what was found; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--only", choices=SERVICES, action="append")
    asked = parser.parse_args()
    failed = []
    with running() as system, tempfile.TemporaryDirectory() as folder:
        agency, secret, known = asyncio.run(seed(system))
        fuzzed = Fuzzed(system=system, agency=agency, secret=secret, known=known)
        for service in asked.only or SERVICES:
            done = fuzzed.run(
                service, Path(folder), examples=asked.examples, phases=PHASES, seed=asked.seed
            )
            sys.stdout.write(done.stdout + done.stderr)
            if done.returncode:
                failed.append(service)
        if not asked.only:  # each service alone meets some kinds only
            failed += [f"excuse without need: {kind}" for kind in unmet(Path(folder) / MET)]
    sys.stdout.write(f"failed: {', '.join(failed) or 'nothing'}; --seed {asked.seed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
