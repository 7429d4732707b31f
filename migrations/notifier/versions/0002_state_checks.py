"""Every column that holds a state takes no other value.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATES = {
    "message": (
        "'accepted', 'claimed', 'transmitting', 'sent', 'bounced', 'complained', 'suppressed',"
        " 'cancelled', 'failed', 'unknown'"
    ),
    "print_run": "'open', 'rendered', 'approved', 'released', 'cancelled', 'failed'",
}


def upgrade() -> None:
    """Check the states of message, print_run."""
    for table, states in STATES.items():
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_state CHECK (state IN ({states}))"
        )


def downgrade() -> None:
    """Take any text again."""
    for table in STATES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_state")
