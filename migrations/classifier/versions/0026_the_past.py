"""The past that an agency brings: carer, last review and last contact of a customer.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; null is unknown, also of rows that merges keep aside."""
    op.execute(
        "ALTER TABLE customer ADD COLUMN carer VARCHAR, ADD COLUMN last_review_on DATE,"
        " ADD COLUMN last_contact_on DATE"
    )


def downgrade() -> None:
    """Forget the past."""
    op.execute(
        "ALTER TABLE customer DROP COLUMN carer, DROP COLUMN last_review_on,"
        " DROP COLUMN last_contact_on"
    )
