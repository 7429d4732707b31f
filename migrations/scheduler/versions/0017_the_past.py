"""The past that an agency brings: who cared for a customer, and the last review and contact.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; the classifier tells them with the next facts of each customer."""
    op.execute(
        "ALTER TABLE customer ADD COLUMN told_carer VARCHAR, ADD COLUMN last_review_on DATE,"
        " ADD COLUMN last_contact_on DATE"
    )


def downgrade() -> None:
    """Forget the past."""
    op.execute(
        "ALTER TABLE customer DROP COLUMN told_carer, DROP COLUMN last_review_on,"
        " DROP COLUMN last_contact_on"
    )
