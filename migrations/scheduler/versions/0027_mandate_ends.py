"""The last day of a mandate as soon as it is known, so that nothing is planned beyond it.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and ask for the facts of every customer again to fill it."""
    op.execute("ALTER TABLE customer ADD COLUMN mandate_ends_on DATE")
    for table in ("customer", "customer_mark"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO customer_mark AS old (agency_id, customer_id)"
        " SELECT agency_id, customer_id FROM customer WHERE facts_at IS NOT NULL"
        " ON CONFLICT (agency_id, customer_id) DO UPDATE SET marks = old.marks + 1"
    )
    for table in ("customer", "customer_mark"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Forget the days."""
    op.execute("ALTER TABLE customer DROP COLUMN mandate_ends_on")
