"""Who objects to profiling keeps what was promised before, until its next date.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember the objection; personal facts are asked again with each day's run."""
    op.execute("ALTER TABLE customer ADD COLUMN profiling_objected BOOLEAN DEFAULT false NOT NULL")


def downgrade() -> None:
    """Forget it."""
    op.execute("ALTER TABLE customer DROP COLUMN profiling_objected")
