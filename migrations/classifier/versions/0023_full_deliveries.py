"""Imports that are told to be full deliveries, and what they contain until they end.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DELIVERED = """
CREATE TABLE import_delivered (
    agency_id VARCHAR NOT NULL,
    import_id UUID NOT NULL,
    source VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    contract_id VARCHAR NOT NULL,
    CONSTRAINT pk_import_delivered
        PRIMARY KEY (agency_id, import_id, source, customer_id, contract_id)
)
"""


def upgrade() -> None:
    """Older imports were told to be nothing more than a part."""
    op.execute(
        "ALTER TABLE import_job ADD COLUMN full_delivery BOOLEAN NOT NULL DEFAULT false,"
        " ADD COLUMN missing JSONB"
    )
    op.execute(DELIVERED)
    protect(op.execute, Protected("import_delivered"))


def downgrade() -> None:
    """Forget which deliveries were full; their remarks stay."""
    op.execute("DROP TABLE import_delivered")
    op.execute("ALTER TABLE import_job DROP COLUMN full_delivery, DROP COLUMN missing")
