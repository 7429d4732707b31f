"""Requests are found by their customer and day, for what follows from contacts.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX ix_request_customer ON request (agency_id, customer_id, opened_at)")


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_request_customer")
