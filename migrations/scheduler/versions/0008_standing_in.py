"""A task knows whose work it is while somebody stands in; an agency, of which day its desks are.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns, empty: the worker looks at every desk once."""
    op.execute("ALTER TABLE task ADD COLUMN stands_in_for varchar")
    op.execute("ALTER TABLE agency ADD COLUMN desks_of date")


def downgrade() -> None:
    """Leave the work with whoever has it."""
    op.execute("ALTER TABLE agency DROP COLUMN desks_of")
    op.execute("ALTER TABLE task DROP COLUMN stands_in_for")
