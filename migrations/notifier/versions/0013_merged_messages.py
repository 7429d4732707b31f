"""Messages that waited for a customer whose record was merged.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
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
    protect(op.execute, Protected("merged_message"))


def downgrade() -> None:
    """Leave the messages with whoever has them."""
    op.execute("DROP TABLE merged_message")
