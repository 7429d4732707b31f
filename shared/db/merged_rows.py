"""Rows that a merge of two records touched, noted one by one for the way back.

Every service has a table ``merged_row`` with the columns of ``MergedRow``. SQL text, because each
statement moves the rows of one table and notes them at once.
"""

from collections.abc import Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


class MergedRow(SQLModel):
    """A row that a merge touched: moved (its key), removed or added (the whole row)."""

    agency_id: str = Field(primary_key=True)
    row_id: UUID = Field(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    merge_id: UUID
    table_name: str
    step: str
    content: dict[str, Any] | None = Field(sa_type=cast(type[Any], JSONB(none_as_null=True)))


def merged_row_index() -> Index:
    """Return the index by which a merge finds its rows; each table needs one of its own."""
    return Index("ix_merged_row_merge", "agency_id", "merge_id", "table_name")


NOTED: Final = """
    INSERT INTO merged_row (agency_id, merge_id, table_name, step, content)
    SELECT CAST(:agency AS varchar), CAST(:merge_id AS uuid),"""
"""Begins the end of a statement that notes the rows it touched."""

_NEUTRAL: Final = """
    CASE WHEN data_type IN ('text', 'character varying') THEN ''''''
         WHEN data_type = 'boolean' THEN 'false'
         WHEN data_type IN ('smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric')
              THEN '0'
         WHEN data_type LIKE 'timestamp%' THEN 'now()'
         WHEN data_type = 'date' THEN 'current_date'
         WHEN data_type = 'uuid' THEN 'gen_random_uuid()'
         WHEN data_type IN ('json', 'jsonb') THEN '''{}''::jsonb'
         WHEN data_type = 'ARRAY' THEN '''[]''::jsonb'
    END
"""
"""The expression of a value that says nothing, by the column's type."""


async def give_rows(
    transaction: Transaction,
    merge_id: UUID,
    table: str,
    keys: Sequence[str],
    *,
    from_id: CustomerId,
    into_id: CustomerId,
    which: str = "",
) -> None:
    """Make a customer's rows the other's and note them by their keys; ``which`` narrows them
    (SQL)."""
    names = ", ".join(f"'{key}', {key}" for key in keys)
    await transaction.execute(
        f"""
        WITH moved AS (
            UPDATE {table} SET customer_id = :into_id
             WHERE agency_id = :agency AND customer_id = :from_id {which}
            RETURNING jsonb_build_object({names}) AS content
        )
        {NOTED} '{table}', 'moved', content FROM moved
        """,
        {"merge_id": merge_id, "from_id": from_id, "into_id": into_id},
    )


async def give_back_rows(
    transaction: Transaction,
    merge_id: UUID,
    table: str,
    keys: Sequence[str],
    *,
    from_id: CustomerId,
    which: str = "",
    **values: str,
) -> None:
    """Make the rows the customer's again that a merge gave away; ``which`` narrows them (SQL)."""
    same = " AND ".join(f"kept.{key} = was.{key}" for key in keys)
    await transaction.execute(
        f"""
        UPDATE {table} AS kept SET customer_id = :from_id FROM {noted_rows(table, "moved")}
         WHERE kept.agency_id = :agency AND {same} {which}
        """,
        {"merge_id": merge_id, "from_id": from_id, **values},
    )


async def keep_aside(
    transaction: Transaction,
    merge_id: UUID,
    table: str,
    customer_id: CustomerId,
    *,
    which: str = "",
    **values: str,
) -> None:
    """Take a customer's rows away and note them whole; ``which`` narrows them (SQL)."""
    await transaction.execute(
        f"""
        WITH gone AS (
            DELETE FROM {table} AS kept WHERE agency_id = :agency AND customer_id = :customer_id
                   {which}
            RETURNING to_jsonb(kept) AS content
        )
        {NOTED} '{table}', 'removed', content FROM gone
        """,
        {"merge_id": merge_id, "customer_id": customer_id, **values},
    )


def noted_rows(table: str, step: str) -> str:
    """SQL of the rows of a table that a merge touched so, as ``was``."""
    return f"""
        (SELECT was.* FROM merged_row AS noted,
                LATERAL jsonb_populate_record(NULL::{table}, noted.content) AS was
          WHERE noted.agency_id = :agency AND noted.merge_id = :merge_id
            AND noted.table_name = '{table}' AND noted.step = '{step}') AS was
    """


async def end_added(
    transaction: Transaction, merge_id: UUID, table: str, columns: Sequence[str]
) -> None:
    """Delete the rows that a merge made, unless one of these columns was changed since."""
    equal = " AND ".join(f"kept.{name} IS NOT DISTINCT FROM was.{name}" for name in columns)
    await transaction.execute(
        f"""
        DELETE FROM {table} AS kept USING {noted_rows(table, "added")}
         WHERE kept.agency_id = :agency AND {equal}
        """,
        {"merge_id": merge_id},
    )


async def put_back(
    transaction: Transaction, merge_id: UUID, table: str, *, conflict: str = "DO NOTHING"
) -> None:
    """Put back what a merge kept aside of a table.

    The table may have changed since. A column that was not noted gets its default; without one, if
    it must have a value, the neutral value of its type. Columns that are gone are left out.
    """
    since = await _columns_since(transaction, merge_id, table)
    names = ", ".join(f"'{name}', {value}" for name, value in since)
    await transaction.execute(
        f"""
        INSERT INTO {table}
        SELECT was.* FROM merged_row AS noted,
               LATERAL jsonb_populate_record(
                   NULL::{table}, jsonb_build_object({names}) || noted.content) AS was
         WHERE noted.agency_id = :agency AND noted.merge_id = :merge_id
           AND noted.table_name = '{table}' AND noted.step = 'removed'
        ON CONFLICT {conflict}
        """,
        {"merge_id": merge_id},
    )


async def forget_merge(transaction: Transaction, merge_id: UUID) -> None:
    """Forget the rows of a merge that is undone."""
    await transaction.execute(
        "DELETE FROM merged_row WHERE agency_id = :agency AND merge_id = :merge_id",
        {"merge_id": merge_id},
    )


async def _columns_since(
    transaction: Transaction, merge_id: UUID, table: str
) -> Sequence[tuple[str, str]]:
    """Columns that came after the merge and that NULL is not enough for, with the SQL of their
    values. The rows of one merge were noted in one transaction, so they all have the same."""
    found = await transaction.execute(
        f"""
        SELECT column_name, coalesce(column_default, {_NEUTRAL}) AS value
          FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = :table
           AND (column_default IS NOT NULL OR is_nullable = 'NO')
           AND NOT (SELECT content ? CAST(column_name AS text) FROM merged_row
                     WHERE agency_id = :agency AND merge_id = :merge_id
                       AND table_name = :table AND step = 'removed' LIMIT 1)
        """,
        {"merge_id": merge_id, "table": table},
    )
    return [(row.column_name, row.value) for row in found]
