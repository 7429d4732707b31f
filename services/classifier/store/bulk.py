"""Upserts of many rows. SQL text because one statement writes one row or a thousand, and only what
differs.

Few rows go as one array for each column. Many go by COPY into a temporary table, because encoding
so many arrays takes several times as long, and COPY into a protected table is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import asyncpg
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from shared.db.column_types import array_parameter, column_type, travelling_type
from shared.db.database import Transaction
from shared.failures import Transient

COPIED_FROM: Final = 200
"""Rows from which on COPY and its further round trips cost less than arrays."""


UNIQUE_VIOLATION: Final = asyncpg.UniqueViolationError.sqlstate


class CameMeanwhile(Transient):
    """a row that was not there came from elsewhere while it was being written"""


@dataclass(frozen=True, slots=True)
class Upserted:
    """The keys (without the agency) of rows that were new, and of those that changed."""

    created: frozenset[tuple[str, ...]]
    changed: frozenset[tuple[str, ...]]

    @property
    def written(self) -> frozenset[tuple[str, ...]]:
        """New or changed."""
        return self.created | self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkTable:
    """Writes rows of a table class; columns and their types are those of the class.

    ``stamp`` is the column that says when a row was written last. ``kept`` are written with a new
    row and never changed afterwards; ``unless`` is a condition on ``old`` and ``excluded`` under
    which a row stays as it is.
    """

    table: type[SQLModel]
    stamp: str | None = None
    kept: tuple[str, ...] = ()
    unless: str = "false"
    keys: tuple[str, ...] = field(init=False)
    columns: tuple[str, ...] = field(init=False)
    from_arrays: str = field(init=False)
    from_staging: str = field(init=False)
    entering: str = field(init=False)
    entering_arrays: str = field(init=False)

    def __post_init__(self) -> None:
        given = {"agency_id", self.stamp}
        described = inspect(self.table)
        keys = tuple(key.name for key in described.primary_key if key.name not in given)
        columns = tuple(each.name for each in described.columns if each.name not in given)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "columns", columns)
        arrays = ", ".join(array_parameter(self.table, name) for name in columns)
        unnested = f"unnest({arrays}) AS new ({', '.join(columns)})"
        object.__setattr__(self, "entering_arrays", self._inserting(":agency", unnested))
        object.__setattr__(self, "from_arrays", self.entering_arrays + self._or_changing)
        staged = f"pg_temp.{self.staging} AS new"
        object.__setattr__(self, "entering", self._inserting("$1", staged))
        object.__setattr__(self, "from_staging", self.entering + self._or_changing)

    @property
    def staging(self) -> str:
        """The temporary table of a connection through which many rows go; a commit empties it."""
        return f"staged_{self.table.__tablename__}"

    def _inserting(self, agency: str, source: str) -> str:
        names = self.columns
        picked = ", ".join(f"CAST(new.{name} AS {column_type(self.table, name)})" for name in names)
        return f"""
            INSERT INTO {self.table.__tablename__} AS old (agency_id, {", ".join(names)})
            SELECT {agency}, {picked} FROM {source}
        """

    @property
    def _or_changing(self) -> str:
        updated = [name for name in self.columns if name not in (*self.keys, *self.kept)]
        stamped = f", {self.stamp} = now()" if self.stamp else ""
        return f"""
            ON CONFLICT (agency_id, {", ".join(self.keys)}) DO UPDATE
               SET {", ".join(f"{name} = excluded.{name}" for name in updated)}{stamped}
             WHERE ({", ".join(f"old.{name}" for name in updated)})
                   IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in updated)})
               AND NOT ({self.unless})
            RETURNING {", ".join(self.keys)}, (xmax = 0) AS created
        """

    async def upsert(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> Upserted:
        """Write rows; of several with the same key the last counts."""
        values = itemgetter(*self.columns)
        return await self.upsert_values(transaction, self.columns, [values(row) for row in rows])

    async def upsert_values(
        self, transaction: Transaction, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> Upserted:
        """Write rows as `upsert` does; their values stand in the order of these columns.

        They are written in the order of their keys, because two writers could deadlock otherwise.
        """
        if not rows:
            return Upserted(created=frozenset(), changed=frozenset())
        key_of = itemgetter(*(names.index(key) for key in self.keys))
        latest = {key_of(row): row for row in rows}
        ordered = [latest[key] for key in sorted(latest)]
        enter = self._enter_arrays if len(ordered) < COPIED_FROM else self._enter_copied
        created: list[tuple[str, ...]] = []
        changed: list[tuple[str, ...]] = []
        for *key, new in await enter(transaction, names, ordered):
            (created if new else changed).append(tuple(key))
        return Upserted(created=frozenset(created), changed=frozenset(changed))

    async def enter_values(
        self, transaction: Transaction, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Write rows that are known to be new, each key once and in the order of the keys.

        Nothing is told of them. Raises `CameMeanwhile` if one came from elsewhere all the same.
        """
        if not rows:
            return
        try:
            if len(rows) < COPIED_FROM:
                await transaction.execute(self.entering_arrays, _arrays(names, rows))
                return
            await self._copy(transaction, names, rows)
            driver = await transaction.driver()
            await driver.execute(self.entering, transaction.agency)
        except asyncpg.UniqueViolationError as error:
            raise CameMeanwhile from error
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) != UNIQUE_VIOLATION:
                raise
            raise CameMeanwhile from error

    async def _enter_arrays(
        self, transaction: Transaction, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> Sequence[Any]:
        return (await transaction.execute(self.from_arrays, _arrays(names, rows))).all()

    async def _enter_copied(
        self, transaction: Transaction, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> Sequence[Any]:
        await self._copy(transaction, names, rows)
        driver = await transaction.driver()
        found: Sequence[Any] = await driver.fetch(self.from_staging, transaction.agency)
        return found

    async def _copy(
        self, transaction: Transaction, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Fill the temporary table."""
        driver = await transaction.driver()
        shape = ", ".join(f"{name} {travelling_type(self.table, name)}" for name in self.columns)
        # The rows of an upsert before in the same transaction are there still.
        await driver.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {self.staging} ({shape}) ON COMMIT DELETE ROWS;"
            f" DELETE FROM pg_temp.{self.staging}"
        )
        await driver.copy_records_to_table(
            self.staging, schema_name="pg_temp", records=rows, columns=list(names)
        )


def _arrays(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """The values of each column."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def text_array(values: Sequence[str] | None) -> str | None:
    """Codes (``[a-z0-9_]+``, nothing to quote) as the literal of a Postgres array."""
    return None if values is None else "{" + ",".join(values) + "}"
