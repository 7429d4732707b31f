"""Every column that holds a state takes no other value.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATES = {
    "touchpoint": (
        "'planned', 'due', 'handed_over', 'sent', 'done', 'suppressed', 'failed', 'cancelled',"
        " 'discarded'"
    ),
    "task": "'open', 'done', 'discarded'",
    "request": "'open', 'closed'",
}


def upgrade() -> None:
    """Check the states of touchpoints, tasks and requests."""
    for table, states in STATES.items():
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_state CHECK (state IN ({states}))"
        )


def downgrade() -> None:
    """Take any text again."""
    for table in STATES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_state")
