"""Gaps that were won rest until their contract arrives or the carer is asked.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; gaps that rest already are spoken of again on their day, as before."""
    op.execute("ALTER TABLE rested_gap ADD COLUMN won BOOLEAN NOT NULL DEFAULT false")
    op.execute("ALTER TABLE merged_row NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE merged_row SET content = content || '{\"won\": false}'"
        " WHERE table_name = 'rested_gap' AND step = 'removed'"
    )
    op.execute("ALTER TABLE merged_row FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Forget what was won."""
    op.execute("ALTER TABLE merged_row NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE merged_row SET content = content - 'won'"
        " WHERE table_name = 'rested_gap' AND step = 'removed'"
    )
    op.execute("ALTER TABLE merged_row FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE rested_gap DROP COLUMN won")
