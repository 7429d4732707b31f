"""Column-wise upserts: one statement for one row or a thousand, which writes only differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.db.database import Transaction

_STAMPS = {"customer": "updated_at", "contract": "updated_at", "consent": "recorded_at"}
"""Columns that tell when a row was written last."""


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
    """A table written from arrays; ``columns`` maps each column to its PostgreSQL type.

    ``keys`` are the columns after the agency in its primary key; ``kept`` are written with a new
    row and never changed afterwards; ``unless`` is a condition on ``old`` and ``excluded`` under
    which a row stays as it is.
    """

    table: str
    keys: tuple[str, ...]
    columns: Mapping[str, str]
    kept: tuple[str, ...] = ()
    unless: str = "false"
    statement: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statement", self._statement())

    def _statement(self) -> str:
        names = list(self.columns)
        updated = [name for name in names if name not in (*self.keys, *self.kept)]
        arrays = ", ".join(f"CAST(:{name} AS {_array_of(self.columns[name])})" for name in names)
        picked = ", ".join(f"CAST(new.{name} AS {kind})" for name, kind in self.columns.items())
        stamped = f", {_STAMPS[self.table]} = now()" if self.table in _STAMPS else ""
        return f"""
            INSERT INTO {self.table} AS old (agency_id, {", ".join(names)})
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


def _array_of(kind: str) -> str:
    """Arrays of arrays would be flattened by unnest, so they travel as text literals."""
    return "text[]" if kind.endswith("[]") or kind == "jsonb" else f"{kind}[]"


def text_array(values: Sequence[str] | None) -> str | None:
    """Codes (``[a-z0-9_]+``, nothing to quote) as the literal of a Postgres array."""
    return None if values is None else "{" + ",".join(values) + "}"
