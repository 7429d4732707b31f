"""Days are run by time: the sweep sees which agency's day has come.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from shared.db.kernel_tables import let_the_sweep_read

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the sweep read time zones and which days were run."""
    let_the_sweep_read(op.execute, "agency")
    let_the_sweep_read(op.execute, "day_run")


def downgrade() -> None:
    """Hide both from it again."""
    for table in ("agency", "day_run"):
        op.execute(f"DROP POLICY sweep ON {table}")
