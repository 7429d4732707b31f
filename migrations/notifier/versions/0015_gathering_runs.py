"""A print run knows since when it gathers letters.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; runs of before gather from now on."""
    op.execute(
        "ALTER TABLE print_run ADD COLUMN gathers_since TIMESTAMP WITH TIME ZONE"
        " NOT NULL DEFAULT now()"
    )


def downgrade() -> None:
    """Forget it."""
    op.execute("ALTER TABLE print_run DROP COLUMN gathers_since")
