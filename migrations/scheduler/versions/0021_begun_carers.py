"""When a unit first had a carer is kept apart from since when it has the present one.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of present carers the instant known so far is the first."""
    op.execute("ALTER TABLE carer ADD COLUMN begun_at TIMESTAMPTZ NOT NULL DEFAULT now()")
    op.execute("ALTER TABLE carer NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE carer SET begun_at = since")
    op.execute("ALTER TABLE carer FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Forget when it began."""
    op.execute("ALTER TABLE carer DROP COLUMN begun_at")
