"""A class ends when its customer leaves: on days after that they had none.

Who left before this migration keeps an open end, for the day was not kept.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the day; empty while the class goes on, or another took its place."""
    op.execute("ALTER TABLE classified_member ADD COLUMN ended_on date")


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE classified_member DROP COLUMN ended_on")
