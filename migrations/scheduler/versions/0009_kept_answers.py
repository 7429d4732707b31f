"""Answers are kept under idempotency keys, so that a repetition gets the first one.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

from shared.db.kernel_tables import keep_answers

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is known of the request's progress, and its answer."""
    keep_answers(op.execute)


def downgrade() -> None:
    """Forget the answers."""
    op.execute(
        "ALTER TABLE kept_key DROP COLUMN request_id, DROP COLUMN token, DROP COLUMN busy_until,"
        " DROP COLUMN made, DROP COLUMN status, DROP COLUMN media_type, DROP COLUMN answer"
    )
    op.execute("DROP INDEX IF EXISTS ix_kept_key_age")
