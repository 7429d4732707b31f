"""``python -m kundentakt.sample DIR --customers N``: write the sample agency into a folder."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from kundentakt.sample import write_sample_agency


def main() -> None:
    """Write the files and say how many rows each has."""
    parser = argparse.ArgumentParser(prog="python -m kundentakt.sample", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--customers", type=int, default=1500)
    parser.add_argument("--as-of", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--without-broken-rows", action="store_true")
    wanted = parser.parse_args()
    agency = write_sample_agency(
        wanted.directory,
        customers=wanted.customers,
        as_of=wanted.as_of,
        seed=wanted.seed,
        broken_rows=not wanted.without_broken_rows,
    )
    for path, count in (
        (agency.customers_csv, agency.customers),
        (agency.contracts_csv, agency.contracts),
        (agency.commissions_csv, agency.commissions),
        (agency.interactions_csv, agency.interactions),
        (agency.staff_csv, agency.staff),
        (agency.gdv.path, agency.gdv.contracts),
    ):
        print(f"{path}: {count}")


if __name__ == "__main__":
    main()
