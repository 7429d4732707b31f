"""An index over the letters that have not ended, few among all that were ever printed.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the sweep find runs with open letters without reading all letters of all runs."""
    op.execute(
        "CREATE INDEX ix_message_open_letter ON message (agency_id, message_id)"
        " WHERE channel = 'letter' AND state IN ('accepted', 'transmitting')"
    )


def downgrade() -> None:
    """Read them all again."""
    op.execute("DROP INDEX ix_message_open_letter")
