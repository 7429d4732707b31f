"""Rows that a merge touched, in the same table as in the other services.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and bring the messages along."""
    op.execute(
        """
        CREATE TABLE merged_row (
            agency_id VARCHAR NOT NULL,
            row_id UUID NOT NULL DEFAULT gen_random_uuid(),
            merge_id UUID NOT NULL,
            table_name VARCHAR NOT NULL,
            step VARCHAR NOT NULL,
            content JSONB,
            CONSTRAINT pk_merged_row PRIMARY KEY (agency_id, row_id)
        )
        """
    )
    op.execute("CREATE INDEX ix_merged_row_merge ON merged_row (agency_id, merge_id, table_name)")
    # The owner is under row-level security as well, and no agency is set in a migration.
    op.execute("ALTER TABLE merged_message NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        INSERT INTO merged_row (agency_id, merge_id, table_name, step, content)
        SELECT agency_id, merge_id, 'message', 'moved',
               jsonb_build_object('message_id', message_id)
          FROM merged_message
        """
    )
    protect(op.execute, Protected("merged_row"))
    op.execute("DROP TABLE merged_message")


def downgrade() -> None:
    """Bring the messages back into a table of their own."""
    op.execute(
        """
        CREATE TABLE merged_message (
            agency_id VARCHAR NOT NULL,
            merge_id UUID NOT NULL,
            message_id UUID NOT NULL,
            CONSTRAINT pk_merged_message PRIMARY KEY (agency_id, merge_id, message_id)
        )
        """
    )
    op.execute("ALTER TABLE merged_row NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        INSERT INTO merged_message (agency_id, merge_id, message_id)
        SELECT agency_id, merge_id, CAST(content ->> 'message_id' AS uuid)
          FROM merged_row WHERE table_name = 'message' AND step = 'moved'
        """
    )
    protect(op.execute, Protected("merged_message"))
    op.execute("DROP TABLE merged_row")
