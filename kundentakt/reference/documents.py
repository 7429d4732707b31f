"""The documents whose tables are drawn from the code.

    python -m kundentakt.reference            # writes all of them

A table stands between `<!-- table: NAME -->` and `<!-- end of table -->`; tests hold each against
the code.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from kundentakt.reference.changes import changes_table
from kundentakt.reference.columns import columns_table
from kundentakt.reference.defaults import catalogue_table, needs_table
from kundentakt.reference.endpoints import endpoints_table
from kundentakt.reference.personal_data import personal_data_table
from kundentakt.reference.settings import settings_table
from kundentakt.reference.table import Rows, drawn
from kundentakt.servers.embedded import SERVICES
from kundentakt.supervisor.installation import checkout

DOCUMENTS = ("docs/reference.md", "docs/broker.md", "docs/integrator.md")

TABLES: dict[str, Callable[[], Rows]] = {
    "settings": settings_table,
    "needs": needs_table,
    "catalogue": catalogue_table,
    **{f"endpoints of the {service}": partial(endpoints_table, service) for service in SERVICES},
    **{
        f"personal data of the {service}": partial(personal_data_table, service)
        for service in SERVICES
    },
    **{f"changes of the {service}": partial(changes_table, service) for service in SERVICES},
    **{
        f"columns of {kind}": partial(columns_table, kind)
        for kind in ("customers", "contracts", "commissions", "interactions", "staff")
    },
}

_TABLE = re.compile(
    r"(?P<begin><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end of table -->)", re.DOTALL
)


class TableUnknown(Exception):
    """A document asks for a table that the code does not draw."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no table {name!r}; known are {', '.join(sorted(TABLES))}")


def with_tables(text: str) -> str:
    """The document with every table drawn from the code. Raises TableUnknown."""

    def table(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in TABLES:
            raise TableUnknown(name)
        return match["begin"] + drawn(TABLES[name]()) + match["end"]

    return _TABLE.sub(table, text)


def tables_in(text: str) -> Sequence[str]:
    """The names of the tables that a document shows."""
    return [match["name"] for match in _TABLE.finditer(text)]


def write_tables() -> list[Path]:
    """Write every table anew; returns the documents that changed."""
    changed = []
    for document in DOCUMENTS:
        path = checkout() / document
        before = path.read_text(encoding="utf-8")
        after = with_tables(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed
