"""Bookings that wait for their contract, contracts found by number, kinds of files given.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE unassigned_commission (
    agency_id VARCHAR NOT NULL,
    commission_id VARCHAR NOT NULL,
    booked_on DATE NOT NULL,
    kind VARCHAR NOT NULL,
    amount_cents BIGINT NOT NULL,
    told_customer_id VARCHAR,
    contract_number VARCHAR,
    number_key VARCHAR NOT NULL,
    insurer_number VARCHAR,
    insurer VARCHAR,
    line VARCHAR,
    reason VARCHAR NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_unassigned_commission PRIMARY KEY (agency_id, commission_id)
);
CREATE INDEX ix_unassigned_commission_number ON unassigned_commission (agency_id, number_key);
CREATE INDEX ix_contract_number ON contract (agency_id, ltrim(regexp_replace(upper(
    coalesce(contract_number, regexp_replace(contract_id, '^.*:', ''))),
    '[^A-Z0-9_:]+', '', 'g'), '0'));
ALTER TABLE import_job ADD COLUMN kind VARCHAR;
"""


def upgrade() -> None:
    """Add the table and the index."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect(op.execute, Protected("unassigned_commission"))


def downgrade() -> None:
    """Forget bookings that wait, and the kinds given."""
    op.execute("DROP TABLE unassigned_commission")
    op.execute("DROP INDEX ix_contract_number")
    op.execute("ALTER TABLE import_job DROP COLUMN kind")
