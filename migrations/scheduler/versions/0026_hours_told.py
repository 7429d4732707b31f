"""Customers are told of their hours: whether, and when they are reminded.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

from shared.db.kernel_tables import let_the_sweep_read, narrow_the_sweep

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SWEPT = "agency_id state at sequence told_sequence reminded_sequence tell remind_at"
"""What tells whether somebody is to be told; neither whom nor where."""


def upgrade() -> None:
    """Add both; of hours entered before, the customers were told by whoever entered them."""
    op.execute("ALTER TABLE appointment ADD COLUMN tell BOOLEAN NOT NULL DEFAULT false")
    op.execute("ALTER TABLE appointment ADD COLUMN remind_at TIMESTAMP WITH TIME ZONE")
    op.execute(
        "CREATE INDEX ix_appointment_to_tell ON appointment (agency_id, at)"
        " WHERE tell AND state IN ('agreed', 'confirmed', 'withdrawn')"
        " AND (told_sequence IS DISTINCT FROM sequence"
        " OR reminded_sequence IS DISTINCT FROM sequence)"
    )
    let_the_sweep_read(op.execute, "appointment")
    narrow_the_sweep(op.execute, {"appointment": SWEPT})


def downgrade() -> None:
    """Tell nobody."""
    narrow_the_sweep(op.execute, {"appointment": ""})
    op.execute("DROP INDEX ix_appointment_to_tell")
    op.execute("ALTER TABLE appointment DROP COLUMN remind_at")
    op.execute("ALTER TABLE appointment DROP COLUMN tell")
