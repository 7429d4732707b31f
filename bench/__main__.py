"""Runs the benches: ``python -m bench [--only NAME]``. Ends with 1 where a bound is not kept."""

import argparse
import subprocess
import sys

BENCHES = (
    "classify",
    "zen",
    "event",
    "simulation",
    "webhook",
    "start",
    "csv_import",
    "letters",
    "live_plan",
    "plan_year",
    "day_run",
)


def main() -> int:
    """Run each bench in a process of its own, so that none inherits another's memory."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--only", choices=BENCHES)
    chosen = parser.parse_args().only
    kept = True
    for name in (chosen,) if chosen else BENCHES:
        print(f"== {name}", flush=True)
        kept &= subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode == 0
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
