"""Import jobs: the file, how far it is, and what could not be taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Update, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, tuple_

from services.classifier.store.import_files import forget_file
from services.classifier.store.import_tables import ImportJobTable, ImportRejectionTable
from shared.contracts.imports import FileKind, ImportRejection, ImportState
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.leases import PROLONGED, LeasedTable
from shared.db.sweep_database import SweepDatabase

IMPORTS = LeasedTable("import_job", key="import_id", seconds=90)
"""A slice takes well under a minute; a worker that holds a job longer is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedImport:
    """A job that is ours until its lease ends.

    ``list_kind`` None: the file was kept by older code and must be looked at first. ``attempts``
    counts the claims since the last step forward, this one included.
    """

    import_id: UUID
    token: UUID
    filename: str | None
    kind: FileKind | None
    list_kind: str | None
    stored_bytes: int | None
    staged: bool
    created_at: datetime
    clears_empty: bool
    full_delivery: bool
    position: int
    rows_done: int
    rejections: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm:
    """What is decided once about a file; ``rows`` None: not counted yet."""

    list_kind: str
    encoding: str
    stored_bytes: int
    rows: int | None


async def insert_import(
    transaction: Transaction,
    *,
    import_id: UUID,
    filename: str | None,
    kind: FileKind | None,
    size: int,
    clears_empty: bool,
    full_delivery: bool,
    now: datetime,
) -> bool:
    """Keep a job; false if it exists already."""
    kept = await transaction.execute(
        insert(ImportJobTable)
        .values(
            agency_id=transaction.agency,
            import_id=import_id,
            filename=filename,
            kind=kind,
            size_bytes=size,
            state="waiting",
            position=0,
            written={},
            rejected=0,
            warnings=0,
            clears_empty=clears_empty,
            full_delivery=full_delivery,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    return kept.rowcount == 1


async def set_form(
    transaction: Transaction, import_id: UUID, form: FileForm, *, warnings: int
) -> None:
    """Note what a job's file is, and how many remarks that left."""
    await transaction.execute(
        _change(transaction, import_id).values(
            list_kind=form.list_kind,
            encoding=form.encoding,
            stored_bytes=form.stored_bytes,
            rows_total=form.rows,
            warnings=col(ImportJobTable.warnings) + warnings,
        )
    )


def _change(transaction: Transaction, import_id: UUID) -> Update:
    return update(ImportJobTable).where(
        col(ImportJobTable.agency_id) == transaction.agency,
        col(ImportJobTable.import_id) == import_id,
    )


async def claim_import(transaction: Transaction) -> ClaimedImport | None:
    """Lease the oldest unfinished job; None if there is none, or if it is being read.

    Files are read one after the other because contracts must find the customers sent before them.
    """
    claimed = await IMPORTS.claim(
        transaction,
        where="""
        import_id = (SELECT import_id FROM import_job
                      WHERE agency_id = :agency AND state IN ('waiting', 'running')
                      ORDER BY created_at, import_id LIMIT 1)
        """,
        steps="state = 'running', attempts = attempts + 1",
        order_by="created_at",
        returning="import_id, filename, kind, list_kind, stored_bytes, staged, created_at, "
        "clears_empty, full_delivery, position, rows_done, attempts, "
        "rejected + warnings AS rejections",
    )
    return ClaimedImport(token=claimed.token, **claimed.rows[0]._mapping) if claimed.rows else None


async def hold_import(transaction: Transaction, claimed: ClaimedImport) -> bool:
    """Prolong the lease and lock the job until the end of this transaction; false if the lease was
    lost."""
    return bool(await IMPORTS.keep_alive(transaction, claimed.token))


async def advance_import(
    transaction: Transaction,
    claimed: ClaimedImport,
    *,
    position: int,
    rows_done: int,
    written: Mapping[str, int],
    rejected: int,
    warnings: int,
) -> None:
    """Move a job that we hold on by one slice; SQL text because PostgreSQL adds up the counts."""
    await IMPORTS.step(
        transaction,
        claimed.token,
        f"{_ADVANCED}, {PROLONGED}",
        values={
            "position": position,
            "rows_done": rows_done,
            "rejected": rejected,
            "warnings": warnings,
            "written": json.dumps({"customers": 0, **written}),
        },
    )


_ADVANCED = """
    position = :position, rows_done = :rows_done, attempts = 0,
    rejected = rejected + :rejected, warnings = warnings + :warnings,
    written = (SELECT jsonb_object_agg(kind, count) FROM (
        SELECT kind, sum(count) AS count FROM (
            SELECT key AS kind, value::bigint AS count FROM jsonb_each_text(import_job.written)
            UNION ALL
            SELECT key, value::bigint FROM jsonb_each_text(CAST(:written AS jsonb))
        ) AS both_counts GROUP BY kind) AS sums)
"""


async def set_staged(
    transaction: Transaction, claimed: ClaimedImport, *, entries: int, stored_bytes: int
) -> None:
    """Note that the file of a job that we hold was read into so many entries."""
    await IMPORTS.step(
        transaction,
        claimed.token,
        f"staged = true, rows_total = :entries, stored_bytes = :bytes, {PROLONGED}",
        values={"entries": entries, "bytes": stored_bytes},
    )


async def finish_import(
    transaction: Transaction,
    claimed: ClaimedImport,
    *,
    now: datetime,
    problem: str | None = None,
    detail: str | None = None,
) -> None:
    """End a job if it is still ours, and delete its file."""
    ended = await IMPORTS.release(
        transaction,
        claimed.token,
        steps="state = :state, problem = :problem, problem_detail = :detail, finished_at = :now",
        values={
            "state": "failed" if problem else "done",
            "problem": problem,
            "detail": detail,
            "now": now,
        },
    )
    if ended:
        await forget_file(transaction, claimed.import_id)


async def cancel_import(transaction: Transaction, import_id: UUID, *, now: datetime) -> bool:
    """End a job that waits or runs; false if it has ended. Waits for the slice being written."""
    ended = await transaction.execute(
        _change(transaction, import_id)
        .where(col(ImportJobTable.state).in_(("waiting", "running")))
        .values(state="cancelled", finished_at=now, lease_token=None, leased_until=None)
    )
    if ended.rowcount:
        await forget_file(transaction, import_id)
    return ended.rowcount > 0


async def release_import(transaction: Transaction, claimed: ClaimedImport) -> None:
    """Give back a job that goes on later."""
    await IMPORTS.release(transaction, claimed.token)


async def insert_rejections(
    transaction: Transaction,
    import_id: UUID,
    rejections: Sequence[ImportRejection],
    *,
    row_names: Mapping[int, str],
) -> None:
    """Keep what could not be taken, and what was doubtful; set-based for thousands of rows.

    ``row_names`` tells, by the number of a remark, whose row it is about; erasing looks for it.
    """
    if not rejections:
        return
    await transaction.execute(
        """
        INSERT INTO import_rejection (agency_id, import_id, number, line, column_name, value, code,
                                      reason_de, reason_en, warning, row_names)
        SELECT :agency, :import_id, new.*
          FROM unnest(CAST(:numbers AS bigint[]), CAST(:lines AS bigint[]),
                      CAST(:columns AS text[]), CAST(:values AS text[]), CAST(:codes AS text[]),
                      CAST(:de AS text[]), CAST(:en AS text[]), CAST(:warnings AS boolean[]),
                      CAST(:row_names AS text[])) AS new
        ON CONFLICT DO NOTHING
        """,
        {
            "import_id": import_id,
            "numbers": [each.number for each in rejections],
            "lines": [each.line for each in rejections],
            "columns": [each.column for each in rejections],
            # Postgres texts hold no NUL; a file may.
            "values": [(each.value or "").replace("\x00", "") or None for each in rejections],
            "codes": [each.code for each in rejections],
            "de": [each.reason_de for each in rejections],
            "en": [each.reason_en for each in rejections],
            "warnings": [each.warning for each in rejections],
            "row_names": [
                row_names.get(each.number, "").replace("\x00", "") or None for each in rejections
            ],
        },
    )


async def import_job(transaction: Transaction, import_id: UUID) -> ImportJobTable | None:
    """A job as it stands; None if there is none."""
    found = await transaction.exec(
        select(ImportJobTable).where(
            ImportJobTable.agency_id == transaction.agency, ImportJobTable.import_id == import_id
        )
    )
    return found.one_or_none()


async def import_jobs_after(
    transaction: Transaction,
    *,
    after: tuple[datetime, str] | None,
    state: ImportState | None,
    limit: int,
) -> Sequence[ImportJobTable]:
    """The next jobs, the newest first."""
    table = ImportJobTable
    asked = select(table).where(table.agency_id == transaction.agency)
    if state is not None:
        asked = asked.where(table.state == state)
    if after is not None:
        place = tuple_(col(table.created_at), col(table.import_id))
        asked = asked.where(place < (after[0], UUID(after[1])))
    ordered = asked.order_by(col(table.created_at).desc(), col(table.import_id).desc())
    return (await transaction.exec(ordered.limit(limit))).all()


async def rejections_after(
    transaction: Transaction, import_id: UUID, *, after: int, limit: int
) -> list[ImportRejection]:
    """The next rows that could not be taken, in file order."""
    found = await transaction.exec(
        select(ImportRejectionTable)
        .where(
            ImportRejectionTable.agency_id == transaction.agency,
            ImportRejectionTable.import_id == import_id,
            ImportRejectionTable.number > after,
        )
        .order_by(col(ImportRejectionTable.number))
        .limit(limit)
    )
    return [_rejection(row) for row in found]


def _rejection(row: ImportRejectionTable) -> ImportRejection:
    values = row.model_dump(exclude={"agency_id", "import_id", "column_name", "row_names"})
    return ImportRejection(**values, column=row.column_name)


async def agencies_with_imports(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with a file that waits or whose reader died."""
    return await IMPORTS.agencies_with_free_rows(sweep, where="state IN ('waiting', 'running')")


_OF_CUSTOMERS: Final = (
    "customer (agency_id, customer_id, unit_id, kind, status, birth_date, death_date, email, phone)"
)
_OF_CONTRACTS: Final = (
    "contract (agency_id, customer_id, contract_id, number_key, line, status, held_elsewhere,"
    " starts_on, ends_on, cancelled_on)"
)
_OF_COMMISSIONS: Final = (
    "commission (agency_id, commission_id, customer_id, contract_id, kind, booked_on)"
)
_OF_INTERACTIONS: Final = (
    "interaction (agency_id, interaction_id, customer_id, at, direction, topic)"
)
_FILLED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": (_OF_CUSTOMERS, "connection", "work_mark"),
    "contracts": (_OF_CONTRACTS, "work_mark"),
    "commissions": (_OF_COMMISSIONS, "work_mark"),
    "interactions": (_OF_INTERACTIONS, "work_mark"),
}
"""The tables that an import fills, by the kinds of records that it counts, each with the columns
that statements join and filter by. Of the others, names and JSON take most of the time, and no plan
asks for them; autovacuum looks at them later."""


async def refresh_statistics(transaction: Transaction, claimed: ClaimedImport) -> None:
    """Tell the planner how large the tables have become that this job filled, if the server allows
    us to.

    Right after an import it would otherwise expect a handful of rows and join thousands in loops
    until autovacuum analyses the tables. Only PostgreSQL has this command.
    """
    job = await import_job(transaction, claimed.import_id)
    counts = job.written if job is not None else {}
    filled = [kind for kind, count in counts.items() if count and kind in _FILLED_BY]
    tables = {table for kind in filled for table in _FILLED_BY[kind]}
    if tables:
        await transaction.execute(
            f"""
            DO $do$ BEGIN
                IF current_setting('server_version_num')::int >= 170000 THEN
                    ANALYZE {", ".join(sorted(tables))};
                END IF;
            END $do$
            """
        )
