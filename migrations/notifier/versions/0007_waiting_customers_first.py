"""E-mails that a customer waits for have an index of their own: no claim sorts all that is due.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX ix_message_customer_waits ON message (agency_id, channel, due_at)"
        " WHERE state = 'accepted' AND priority = 'waiting_customer'"
    )


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_message_customer_waits")
