"""Planned contacts can be pinned to a day, and to a person.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATEMENTS = """
CREATE TABLE pin (
    agency_id VARCHAR NOT NULL,
    touchpoint_id UUID NOT NULL,
    day DATE NOT NULL,
    staff_id VARCHAR,
    over_share BOOLEAN NOT NULL,
    by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    pinned_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    broken_because VARCHAR,
    broken_on DATE,
    broken_staff_id VARCHAR,
    CONSTRAINT pk_pin PRIMARY KEY (agency_id, touchpoint_id)
);
CREATE INDEX ix_pin_broken ON pin (agency_id, touchpoint_id) WHERE broken_because IS NOT NULL
"""


def upgrade() -> None:
    """Add the table; nothing is pinned yet."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    protect(op.execute, Protected("pin"))


def downgrade() -> None:
    """Forget the pins."""
    op.execute("DROP TABLE pin")
