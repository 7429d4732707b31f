"""Every column that holds a state takes no other value.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES = {
    "consent": "'granted', 'denied', 'withdrawn'",
    "import_job": "'waiting', 'running', 'done', 'failed', 'cancelled'",
    "reclassification": "'waiting', 'running', 'done'",
}


def upgrade() -> None:
    """Check the states of consent, import_job, reclassification."""
    for table, states in STATES.items():
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_state CHECK (state IN ({states}))"
        )


def downgrade() -> None:
    """Take any text again."""
    for table in STATES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_state")
