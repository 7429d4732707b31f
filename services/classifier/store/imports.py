"""Import jobs: the file, how far it is, and what could not be taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.imports import ImportRejection
from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction

LEASE_SECONDS = 90
"""A slice takes well under a minute; whoever holds a job longer is dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedImport:
    """A job that is ours until its lease ends."""

    import_id: UUID
    token: UUID
    filename: str | None
    created_at: datetime
    position: int
    rejections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """A job as it stands."""

    import_id: UUID
    filename: str | None
    state: str
    size_bytes: int
    position: int
    written: dict[str, int]
    rejected: int
    warnings: int
    problem: str | None
    problem_detail: str | None
    created_at: datetime
    finished_at: datetime | None


async def insert_import(
    transaction: Transaction,
    *,
    import_id: UUID,
    filename: str | None,
    content: bytes,
    now: datetime,
) -> bool:
    """Keep a file as a job; false where the job exists already."""
    found = await transaction.execute(
        """
        INSERT INTO import_job (agency_id, import_id, filename, size_bytes, state, position,
                                written, rejected, warnings, created_at)
        VALUES (:agency, :import_id, :filename, :size, 'waiting', 0, '{}', 0, 0, :now)
        ON CONFLICT DO NOTHING RETURNING import_id
        """,
        {"import_id": import_id, "filename": filename, "size": len(content), "now": now},
    )
    if found.one_or_none() is None:
        return False
    await transaction.execute(
        """
        INSERT INTO import_file (agency_id, import_id, content)
        VALUES (:agency, :import_id, :content)
        """,
        {"import_id": import_id, "content": content},
    )
    return True


async def claim_import(transaction: Transaction, *, token: UUID) -> ClaimedImport | None:
    """The oldest unfinished job, unless somebody is at it; None where there is none to do.

    Files are taken one after the other: contracts must find the customers sent before them.
    """
    found = await transaction.execute(
        """
        UPDATE import_job SET state = 'running', lease_token = :token,
               leased_until = clock_timestamp() + make_interval(secs => :seconds)
         WHERE agency_id = :agency AND import_id = (
               SELECT import_id FROM import_job
                WHERE agency_id = :agency AND state IN ('waiting', 'running')
                ORDER BY created_at, import_id LIMIT 1)
           AND (leased_until IS NULL OR leased_until < clock_timestamp())
        RETURNING import_id, filename, created_at, position, rejected + warnings AS rejections
        """,
        {"token": token, "seconds": LEASE_SECONDS},
    )
    row = found.one_or_none()
    return None if row is None else ClaimedImport(token=token, **row._mapping)


async def file_of(transaction: Transaction, import_id: UUID) -> bytes:
    """The file of a job that has not ended."""
    found = await transaction.execute(
        """
        SELECT content FROM import_file WHERE agency_id = :agency AND import_id = :import_id
        """,
        {"import_id": import_id},
    )
    content: bytes = found.scalar_one()
    return content


async def hold_import(transaction: Transaction, claimed: ClaimedImport) -> bool:
    """Whether a job is still ours; then it stays so until the end of this transaction."""
    found = await transaction.execute(
        """
        SELECT 1 FROM import_job
         WHERE agency_id = :agency AND import_id = :import_id AND lease_token = :token FOR UPDATE
        """,
        {"import_id": claimed.import_id, "token": claimed.token},
    )
    return found.one_or_none() is not None


async def advance_import(
    transaction: Transaction,
    claimed: ClaimedImport,
    *,
    position: int,
    written: Mapping[str, int],
    rejected: int,
    warnings: int,
) -> None:
    """Move a job that we hold on by one slice."""
    await transaction.execute(
        """
        UPDATE import_job
           SET position = :position, rejected = rejected + :rejected,
               warnings = warnings + :warnings,
               written = (SELECT jsonb_object_agg(kind, count) FROM (
                   SELECT kind, sum(count) AS count FROM (
                       SELECT key AS kind, value::bigint AS count
                         FROM jsonb_each_text(import_job.written)
                       UNION ALL
                       SELECT key, value::bigint FROM jsonb_each_text(CAST(:written AS jsonb))
                   ) AS both_counts GROUP BY kind) AS sums),
               leased_until = clock_timestamp() + make_interval(secs => :seconds)
         WHERE agency_id = :agency AND import_id = :import_id AND lease_token = :token
        """,
        {
            "import_id": claimed.import_id,
            "token": claimed.token,
            "position": position,
            "rejected": rejected,
            "warnings": warnings,
            "written": json.dumps({"customers": 0, **written}),
            "seconds": LEASE_SECONDS,
        },
    )


async def finish_import(
    transaction: Transaction,
    claimed: ClaimedImport,
    *,
    now: datetime,
    problem: str | None = None,
    detail: str | None = None,
) -> None:
    """End a job that is ours; the file goes."""
    ended = await transaction.execute(
        """
        UPDATE import_job
           SET state = :state, problem = :problem, problem_detail = :detail, finished_at = :now,
               lease_token = NULL, leased_until = NULL
         WHERE agency_id = :agency AND import_id = :import_id AND lease_token = :token
        RETURNING import_id
        """,
        {
            "import_id": claimed.import_id,
            "token": claimed.token,
            "state": "failed" if problem else "done",
            "problem": problem,
            "detail": detail,
            "now": now,
        },
    )
    if ended.one_or_none() is not None:
        await transaction.execute(
            "DELETE FROM import_file WHERE agency_id = :agency AND import_id = :import_id",
            {"import_id": claimed.import_id},
        )


async def release_import(transaction: Transaction, claimed: ClaimedImport) -> None:
    """Let go of a job that goes on later."""
    await transaction.execute(
        """
        UPDATE import_job SET lease_token = NULL, leased_until = NULL
         WHERE agency_id = :agency AND import_id = :import_id AND lease_token = :token
        """,
        {"import_id": claimed.import_id, "token": claimed.token},
    )


async def insert_rejections(
    transaction: Transaction, import_id: UUID, rejections: Sequence[ImportRejection]
) -> None:
    """Keep what could not be taken, and what was doubtful."""
    if not rejections:
        return
    await transaction.execute(
        """
        INSERT INTO import_rejection (agency_id, import_id, number, line, column_name, value, code,
                                      reason_de, reason_en, warning)
        SELECT :agency, :import_id, new.*
          FROM unnest(CAST(:numbers AS bigint[]), CAST(:lines AS bigint[]),
                      CAST(:columns AS text[]), CAST(:values AS text[]), CAST(:codes AS text[]),
                      CAST(:de AS text[]), CAST(:en AS text[]), CAST(:warnings AS boolean[])) AS new
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
        },
    )


async def import_progress(transaction: Transaction, import_id: UUID) -> ImportProgress | None:
    """A job as it stands; None where there is none."""
    found = await transaction.execute(
        """
        SELECT import_id, filename, state, size_bytes, position, written::text AS written, rejected,
               warnings, problem, problem_detail, created_at, finished_at
          FROM import_job WHERE agency_id = :agency AND import_id = :import_id
        """,
        {"import_id": import_id},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return ImportProgress(**{**row._mapping, "written": json.loads(row.written)})


async def rejections_after(
    transaction: Transaction, import_id: UUID, *, after: int, limit: int
) -> list[ImportRejection]:
    """The next rows that could not be taken, in file order."""
    found = await transaction.execute(
        """
        SELECT number, line, column_name AS column, value, code, reason_de, reason_en, warning
          FROM import_rejection
         WHERE agency_id = :agency AND import_id = :import_id AND number > :after
         ORDER BY number LIMIT :limit
        """,
        {"import_id": import_id, "after": after, "limit": limit},
    )
    return [ImportRejection(**row._mapping) for row in found]


async def agencies_with_imports(sweep: SweepDatabase) -> list[AgencyId]:
    """Agencies with a file that waits or whose reader died."""
    rows = await sweep.rows(
        """
        SELECT DISTINCT agency_id FROM import_job
         WHERE state IN ('waiting', 'running')
           AND (leased_until IS NULL OR leased_until < clock_timestamp())
        """
    )
    return [row.agency_id for row in rows]


async def refresh_statistics(transaction: Transaction) -> None:
    """Tell the planner how large the tables have become, where the server allows us to.

    On a book that was imported a moment ago it would otherwise expect a handful of rows, and
    join thousands with each other in loops until autovacuum comes by.
    """
    await transaction.execute(
        """
        DO $do$ BEGIN
            IF current_setting('server_version_num')::int >= 170000 THEN
                ANALYZE customer, connection, contract, commission, interaction, event, dirty,
                        care_class;
            END IF;
        END $do$
        """
    )
