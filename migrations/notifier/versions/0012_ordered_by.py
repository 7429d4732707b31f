"""A message knows who ordered it, if that was not the scheduler.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was ordered before counts as the scheduler's."""
    op.execute("ALTER TABLE message ADD COLUMN ordered_by VARCHAR")


def downgrade() -> None:
    """Forget who ordered."""
    op.execute("ALTER TABLE message DROP COLUMN ordered_by")
