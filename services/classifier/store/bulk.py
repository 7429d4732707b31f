"""Column-wise upserts. SQL text because one statement writes one row or a thousand, and only what
differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect
from sqlmodel import SQLModel

from shared.db.column_types import array_parameter, column_type
from shared.db.database import Transaction


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
    """Writes rows of a table class from arrays; columns and their types are those of the class.

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
    statement: str = field(init=False)

    def __post_init__(self) -> None:
        given = {"agency_id", self.stamp}
        described = inspect(self.table)
        keys = tuple(key.name for key in described.primary_key if key.name not in given)
        columns = tuple(each.name for each in described.columns if each.name not in given)
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "statement", self._statement())

    def _statement(self) -> str:
        names = self.columns
        updated = [name for name in names if name not in (*self.keys, *self.kept)]
        arrays = ", ".join(array_parameter(self.table, name) for name in names)
        picked = ", ".join(f"CAST(new.{name} AS {column_type(self.table, name)})" for name in names)
        stamped = f", {self.stamp} = now()" if self.stamp else ""
        return f"""
            INSERT INTO {self.table.__tablename__} AS old (agency_id, {", ".join(names)})
            SELECT :agency, {picked} FROM unnest({arrays}) AS new ({", ".join(names)})
            ON CONFLICT (agency_id, {", ".join(self.keys)}) DO UPDATE
               SET {", ".join(f"{name} = excluded.{name}" for name in updated)}{stamped}
             WHERE ({", ".join(f"old.{name}" for name in updated)})
                   IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in updated)})
               AND NOT ({self.unless})
            RETURNING {", ".join(self.keys)}, (xmax = 0) AS created
        """

    async def upsert(self, transaction: Transaction, rows: Sequence[Mapping[str, Any]]) -> Upserted:
        """Write rows; of several with the same key the last counts.

        They are written in the order of their keys, because two writers could deadlock otherwise.
        """
        latest = {tuple(row[key] for key in self.keys): row for row in rows}
        if not latest:
            return Upserted(created=frozenset(), changed=frozenset())
        ordered = [latest[key] for key in sorted(latest)]
        found = await transaction.execute(
            self.statement, {name: [row[name] for row in ordered] for name in self.columns}
        )
        created: set[tuple[str, ...]] = set()
        changed: set[tuple[str, ...]] = set()
        for row in found:
            (created if row.created else changed).add(tuple(row)[:-1])
        return Upserted(created=frozenset(created), changed=frozenset(changed))


def text_array(values: Sequence[str] | None) -> str | None:
    """Codes (``[a-z0-9_]+``, nothing to quote) as the literal of a Postgres array."""
    return None if values is None else "{" + ",".join(values) + "}"
