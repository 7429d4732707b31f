"""A request knows the message that was answered by it, so that another answer finds it.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: older requests keep no trace of their message."""
    op.execute("ALTER TABLE request ADD COLUMN message_id varchar")
    op.execute(
        "CREATE INDEX ix_request_message ON request (agency_id, message_id)"
        " WHERE message_id IS NOT NULL"
    )


def downgrade() -> None:
    """Forget which message it was."""
    op.execute("ALTER TABLE request DROP COLUMN message_id")
