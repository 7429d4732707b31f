"""Frames in and out of PostgreSQL by COPY, because a cursor takes longer than planning itself."""

import io
from collections.abc import Sequence
from typing import Any

import polars as pl

from shared.db.database import Transaction


async def fetch_frame(
    transaction: Transaction, query: str, values: Sequence[Any], schema: pl.Schema
) -> pl.DataFrame:
    """The rows of a query (parameters ``$1``, ``$2``, …) as a frame of the schema's columns."""
    driver = await transaction.driver()
    buffer = io.BytesIO()
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    buffer.seek(0)
    if not buffer.getbuffer().nbytes:
        return pl.DataFrame(schema=schema)
    # Booleans leave Postgres as t and f.
    raw = {name: pl.String() if kind == pl.Boolean else kind for name, kind in schema.items()}
    frame = pl.read_csv(buffer, has_header=False, schema=raw)
    return frame.with_columns(
        (pl.col(name) == "t").alias(name) for name, kind in schema.items() if kind == pl.Boolean
    )


async def copy_into(transaction: Transaction, table: str, frame: pl.DataFrame) -> None:
    """Fill a temporary table with a frame; COPY into tables with row-level security is refused."""
    driver = await transaction.driver()
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, quote_style="necessary")
    buffer.seek(0)
    await driver.copy_to_table(table, source=buffer, columns=frame.columns, format="csv")
