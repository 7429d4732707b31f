"""A print run counts its renderings and knows whether letters joined since the first one.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both. A run of before that is being rendered anew counts as grown, because it may be."""
    op.execute(
        "ALTER TABLE print_run ADD COLUMN rendering INTEGER NOT NULL DEFAULT 0,"
        " ADD COLUMN grown BOOLEAN NOT NULL DEFAULT false"
    )
    # The owner is under row-level security as well, and no agency is set in a migration.
    op.execute("ALTER TABLE print_run NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE print_run SET rendering = 1, grown = (state = 'open') WHERE rendered_at IS NOT NULL"
    )
    op.execute("ALTER TABLE print_run FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Forget both."""
    op.execute("ALTER TABLE print_run DROP COLUMN grown, DROP COLUMN rendering")
