"""Room beside the marks for their next versions.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A mark is changed again and again until its unit is classified. If its page has room, the
    change leaves the index alone."""
    op.execute("ALTER TABLE work_mark SET (fillfactor = 50)")


def downgrade() -> None:
    """Fill the pages as those of any table."""
    op.execute("ALTER TABLE work_mark RESET (fillfactor)")
