"""An agency opens; changes of carers are proposed, applied and taken back, introductions wait.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE agency ADD COLUMN opened_at TIMESTAMPTZ DEFAULT now();
ALTER TABLE agency ALTER COLUMN opened_at DROP DEFAULT;
CREATE TABLE carer_proposal (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    from_staff_id VARCHAR NOT NULL,
    to_staff_id VARCHAR NOT NULL,
    because VARCHAR NOT NULL,
    since TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_carer_proposal PRIMARY KEY (agency_id, unit_id)
);
CREATE TABLE carer_move (
    agency_id VARCHAR NOT NULL,
    application_id UUID NOT NULL,
    unit_id VARCHAR NOT NULL,
    from_staff_id VARCHAR,
    to_staff_id VARCHAR NOT NULL,
    applied_by VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    undone_at TIMESTAMPTZ,
    CONSTRAINT pk_carer_move PRIMARY KEY (agency_id, application_id, unit_id)
);
CREATE TABLE held_introduction (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    staff_id VARCHAR NOT NULL,
    previous_staff_id VARCHAR NOT NULL,
    since TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT pk_held_introduction PRIMARY KEY (agency_id, customer_id)
);
"""


def upgrade() -> None:
    """Add the tables. Agencies that are here already work with their customers: they are open."""
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table in ("carer_proposal", "carer_move", "held_introduction"):
        protect(op.execute, Protected(table))


def downgrade() -> None:
    """Forget what was proposed and who waits; the carers stay as they are."""
    for table in ("held_introduction", "carer_move", "carer_proposal"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE agency DROP COLUMN opened_at")
