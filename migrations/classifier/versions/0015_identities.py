"""Customers are found by the numbers that other systems know them by.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX ix_customer_identities ON customer "
        "USING gin (jsonb_path_query_array(identities, '$.*')) WHERE identities <> '{}'"
    )


def downgrade() -> None:
    """Drop the index."""
    op.execute("DROP INDEX ix_customer_identities")
