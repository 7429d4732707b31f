"""The agency's own hours and closed days, and the times that people block.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both; without its own an agency has the usual hours, as before."""
    op.execute("ALTER TABLE agency ADD COLUMN office JSONB")
    op.execute("ALTER TABLE staff ADD COLUMN blocks JSONB NOT NULL DEFAULT '[]'::jsonb")


def downgrade() -> None:
    """Forget them."""
    op.execute("ALTER TABLE staff DROP COLUMN blocks")
    op.execute("ALTER TABLE agency DROP COLUMN office")
