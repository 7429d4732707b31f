"""Appointments: the hour that a customer agreed to for a contact.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE appointment (
    agency_id VARCHAR NOT NULL,
    touchpoint_id UUID NOT NULL,
    state VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE,
    minutes INTEGER NOT NULL,
    travel_minutes INTEGER DEFAULT 0 NOT NULL,
    place VARCHAR,
    staff_id VARCHAR,
    proposals VARCHAR[] NOT NULL,
    asked INTEGER DEFAULT 0 NOT NULL,
    asked_on DATE,
    answer_by DATE,
    wished_on DATE,
    wished_part VARCHAR,
    sequence INTEGER DEFAULT 0 NOT NULL,
    told_sequence INTEGER,
    reminded_sequence INTEGER,
    reason VARCHAR,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_appointment PRIMARY KEY (agency_id, touchpoint_id),
    CONSTRAINT ck_appointment_state CHECK (state IN ('proposed', 'unanswered', 'other_time',
        'not_now', 'agreed', 'confirmed', 'held', 'withdrawn'))
);
CREATE INDEX ix_appointment_staff ON appointment (agency_id, staff_id, at)
 WHERE state IN ('agreed', 'confirmed')
"""


def upgrade() -> None:
    """Add the table."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    protect(op.execute, Protected("appointment"))


def downgrade() -> None:
    """Forget all appointments."""
    op.execute("DROP TABLE appointment")
