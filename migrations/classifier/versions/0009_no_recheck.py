"""The whole book is classified on every day, so nobody asks for the units that time will change.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the day of the next change by time alone, and its index with it."""
    op.execute("ALTER TABLE care_class DROP COLUMN recheck_on")


def downgrade() -> None:
    """Put them back, empty until each unit is classified again."""
    op.execute("ALTER TABLE care_class ADD COLUMN recheck_on DATE")
    op.execute(
        "CREATE INDEX ix_care_class_recheck ON care_class (agency_id, recheck_on)"
        " WHERE recheck_on IS NOT NULL"
    )
