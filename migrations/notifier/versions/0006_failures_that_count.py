"""Failures that count are kept apart from attempts; addresses condemned on loose grounds are free.

Until now any refusal of a recipient buried the address: a full mailbox, a block list, a relay that
was not permitted. Which of them were sure is not known any more. An address that does not exist is
condemned again by the next mail.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count what counts, and forget the dead addresses."""
    # The owner is under row-level security as well, and no agency is set in a migration.
    for table in ("message", "dead_address"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE message ADD COLUMN failures INTEGER NOT NULL DEFAULT 0")
    op.execute("UPDATE message SET failures = attempts WHERE state = 'accepted' AND attempts > 0")
    op.execute("DELETE FROM dead_address")
    for table in ("message", "dead_address"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Count attempts alone again."""
    op.execute("ALTER TABLE message DROP COLUMN failures")
