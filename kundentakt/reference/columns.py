"""The tables of CSV columns, from the importers' own lists."""

from collections.abc import Sequence
from datetime import date

from kundentakt.reference.table import Rows
from services.classifier.importers.broker_csv import (
    commission_columns,
    contracts,
    interactions,
)
from services.classifier.importers.broker_csv.customer_columns import customer_columns
from services.scheduler.importers import staff_csv
from shared.csv.files import Column


def columns_table(kind: str) -> Rows:
    """Header, field, further headers understood, and what happens to an invalid cell."""
    return [
        ("column", "field", "also understood"),
        *(
            (
                f"**{column.header}** (required)" if column.required else column.header,
                f"`{column.name}`",
                ", ".join(column.aliases),
            )
            for column in _columns(kind)
        ),
    ]


def _columns(kind: str) -> Sequence[Column[object]]:
    return {
        "customers": customer_columns(date.max),
        "contracts": contracts.COLUMNS,
        "commissions": commission_columns.COLUMNS,
        "interactions": interactions.COLUMNS,
        "staff": staff_csv.COLUMNS,
    }[kind]
