"""Frames of few rows from a large statement, which each connection prepares and plans once.

COPY plans its statement each time, and the statement of facts takes the planner ten times as long
as a single unit's sums take to compute.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
import polars as pl

PLANNED_ONCE = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true)"
"""In this transaction alone, because PostgreSQL would plan anew for each set of units otherwise."""


async def fetched(
    driver: asyncpg.Connection,
    query: str,
    values: Sequence[Any],
    schema: Mapping[str, pl.DataType],
) -> pl.DataFrame:
    """The rows of a statement with numbered parameters, as a frame of the schema's columns."""
    rows = await driver.fetch(query, *values)
    if not rows:
        return _empty(tuple(schema.items()))
    columns = zip(schema.items(), zip(*rows, strict=True), strict=True)
    return pl.DataFrame([_series(name, dtype, found) for (name, dtype), found in columns])


@cache
def _empty(columns: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    """The frame without rows, kept because making one takes as long as reading a row."""
    return pl.DataFrame(schema=dict(columns))


def _series(name: str, dtype: pl.DataType, values: Sequence[Any]) -> pl.Series:
    """Postgres answers sums as numeric, truth as 1 and 0, and ids as UUID."""
    as_stated = _CONVERTED.get(dtype)
    if as_stated is not None:
        values = [None if value is None else as_stated(value) for value in values]
    return pl.Series(name, values, dtype=dtype)


_CONVERTED: Mapping[pl.DataType, Callable[[Any], Any]] = {
    pl.Boolean(): bool,
    pl.Int32(): int,
    pl.Int64(): int,
    pl.String(): str,
}
