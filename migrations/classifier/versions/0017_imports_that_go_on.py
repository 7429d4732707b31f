"""Imports that go on where they stopped: files in pieces, decided kinds, numbers already seen.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE import_job
    ADD COLUMN list_kind VARCHAR,
    ADD COLUMN encoding VARCHAR,
    ADD COLUMN stored_bytes BIGINT,
    ADD COLUMN staged BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN rows_total BIGINT,
    ADD COLUMN rows_done BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import_job DROP CONSTRAINT ck_import_job_state;
ALTER TABLE import_job ADD CONSTRAINT ck_import_job_state
    CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled'));
CREATE INDEX ix_import_job_created ON import_job (agency_id, created_at DESC, import_id DESC);
DELETE FROM import_rejection USING import_job AS job
 WHERE import_rejection.agency_id = job.agency_id AND import_rejection.import_id = job.import_id
   AND job.state IN ('waiting', 'running');
UPDATE import_job SET position = 0, rejected = 0, warnings = 0, written = '{}'
 WHERE state IN ('waiting', 'running');
ALTER TABLE import_file ADD COLUMN start BIGINT NOT NULL DEFAULT 0,
                        ADD COLUMN digest BYTEA;
UPDATE import_file SET digest = sha256(content);
ALTER TABLE import_file ALTER COLUMN digest SET NOT NULL, ALTER COLUMN start DROP DEFAULT;
ALTER TABLE import_file DROP CONSTRAINT pk_import_file;
ALTER TABLE import_file ADD CONSTRAINT pk_import_file PRIMARY KEY (agency_id, import_id, start);
CREATE TABLE import_seen (
    agency_id VARCHAR NOT NULL,
    import_id UUID NOT NULL,
    start BIGINT NOT NULL,
    entries BYTEA NOT NULL,
    CONSTRAINT pk_import_seen PRIMARY KEY (agency_id, import_id, start)
)
"""
DOWN = """
DROP TABLE import_seen;
DELETE FROM import_file;
UPDATE import_job SET state = 'failed', problem = 'import-failed'
 WHERE state IN ('waiting', 'running', 'cancelled');
ALTER TABLE import_file DROP CONSTRAINT pk_import_file;
ALTER TABLE import_file DROP COLUMN start, DROP COLUMN digest;
ALTER TABLE import_file ADD CONSTRAINT pk_import_file PRIMARY KEY (agency_id, import_id);
DROP INDEX ix_import_job_created;
ALTER TABLE import_job DROP CONSTRAINT ck_import_job_state;
ALTER TABLE import_job ADD CONSTRAINT ck_import_job_state
    CHECK (state IN ('waiting', 'running', 'done', 'failed'));
ALTER TABLE import_job
    DROP COLUMN list_kind, DROP COLUMN encoding, DROP COLUMN stored_bytes, DROP COLUMN staged,
    DROP COLUMN rows_total, DROP COLUMN rows_done, DROP COLUMN attempts
"""


HIDDEN = ("import_job", "import_file", "import_rejection")


def _run(statements: str) -> None:
    for table in HIDDEN:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements.split(";\n"):
        op.execute(statement)
    for table in HIDDEN:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Keep files in pieces. Files that wait are read from their beginning, which changes nothing
    about the rows that were taken already."""
    _run(UP)
    protect(op.execute, Protected("import_seen"))


def downgrade() -> None:
    """End what waits, because the older code cannot read files in pieces."""
    _run(DOWN)
