"""Whether a database has the tables that this code works with.

Migrations come before the code that needs them, so during an upgrade the code may meet a database
that knows more than it does, and works with it. One that knows less fails at some statement or
other, hours later perhaps: it is better told at once.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import migrations

MEND = "run `kundentakt migrate`"


@cache
def known_migrations(service: str) -> tuple[str, ...]:
    """The migrations that came with this code, the oldest first; none for a service without.

    By their files' names, which begin with the number: Alembic would take longer to load than
    all else that a service needs to start.
    """
    folder = Path(str(migrations.__file__)).parent / service / "versions"
    return tuple(sorted(path.stem.partition("_")[0] for path in folder.glob("[0-9]*_*.py")))


def what_lacks(known: Sequence[str], found: str | None) -> str | None:
    """What a database that was last migrated to ``found`` lacks, and what to do; None: nothing."""
    if not known or found == known[-1]:
        return None
    if found is None:
        return f"no tables, and {known[-1]} is needed: {MEND}"
    if found in known:
        return f"at migration {found}, and {known[-1]} is needed: {MEND}"
    return None  # from newer code
