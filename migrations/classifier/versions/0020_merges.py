"""Merges of two records of one customer, with all that undoing them needs.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE merge (
    agency_id VARCHAR NOT NULL,
    merge_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    into_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    merged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    filled JSONB NOT NULL,
    CONSTRAINT pk_merge PRIMARY KEY (agency_id, merge_id)
);
CREATE UNIQUE INDEX uq_merge_standing ON merge (agency_id, customer_id) WHERE undone_at IS NULL;
CREATE INDEX ix_merge_into ON merge (agency_id, into_id);
CREATE TABLE merged_row (
    agency_id VARCHAR NOT NULL,
    row_id UUID DEFAULT gen_random_uuid() NOT NULL,
    merge_id UUID NOT NULL,
    table_name VARCHAR NOT NULL,
    step VARCHAR NOT NULL,
    content JSONB,
    CONSTRAINT pk_merged_row PRIMARY KEY (agency_id, row_id)
);
CREATE INDEX ix_merged_row_merge ON merged_row (agency_id, merge_id, table_name);
"""


def upgrade() -> None:
    """Add both tables."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in ("merge", "merged_row"):
        protect(op.execute, Protected(table))


def downgrade() -> None:
    """Forget what was merged; it cannot be undone any more."""
    op.execute("DROP TABLE merged_row")
    op.execute("DROP TABLE merge")
