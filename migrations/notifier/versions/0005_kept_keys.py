"""Idempotency keys are kept with a digest of what came under them.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

from shared.db.kernel_tables import keep_keys

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the kernel's table of kept keys."""
    keep_keys(op.execute)


def downgrade() -> None:
    """Forget the keys."""
    op.execute("DROP TABLE kept_key")
