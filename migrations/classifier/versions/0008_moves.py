"""Who moved from class to class is found without reading the whole history.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the moves, which are few beside all that is classified anew."""
    op.execute(
        """
        CREATE INDEX ix_classification_moved ON classification (agency_id, as_of)
               INCLUDE (unit_id, number, previous_segment, segment)
         WHERE previous_segment <> segment
        """
    )


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP INDEX ix_classification_moved")
