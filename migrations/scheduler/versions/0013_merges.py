"""Merges of two records of one customer: whose work it is, and what comes back.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE merge (
    agency_id VARCHAR NOT NULL,
    merge_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    into_id VARCHAR NOT NULL,
    CONSTRAINT pk_merge PRIMARY KEY (agency_id, merge_id)
);
CREATE INDEX ix_merge_customer ON merge (agency_id, customer_id);
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
    """Leave the work with whoever has it."""
    op.execute("DROP TABLE merged_row")
    op.execute("DROP TABLE merge")
