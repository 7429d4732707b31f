"""Marks of units know when the first and the last change came.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = ("first_marked_at", "marked_at")


def upgrade() -> None:
    """Add both instants; what is marked already counts from now on."""
    for column in COLUMNS:
        op.execute(
            f"ALTER TABLE unit_mark ADD COLUMN {column}"
            " TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL"
        )


def downgrade() -> None:
    """Marks without instants."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE unit_mark DROP COLUMN {column}")
