"""Customers and contracts remember who told each group of their fields, and when.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is known already has no source."""
    for table in ("customer", "contract"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN provenance jsonb NOT NULL DEFAULT '{{}}'")
    op.execute("CREATE INDEX ix_contract_id ON contract (agency_id, contract_id)")
    op.execute("ALTER TABLE import_job ADD COLUMN clears_empty boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    """Forget who told what."""
    op.execute("ALTER TABLE import_job DROP COLUMN clears_empty")
    op.execute("DROP INDEX ix_contract_id")
    for table in ("customer", "contract"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN provenance")
