"""Where a customer lives, by country and postcode, so that visits of one area may share a day.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and ask for the facts of every customer again to fill it."""
    op.execute("ALTER TABLE customer ADD COLUMN visit_area VARCHAR")
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
    """Forget the areas."""
    op.execute("ALTER TABLE customer DROP COLUMN visit_area")
