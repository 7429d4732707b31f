"""A message keeps what was answered to it: the latest answer, and the time that was proposed.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty: until now an answer said nothing but that somebody pressed."""
    op.execute("ALTER TABLE message ADD COLUMN answer varchar")
    op.execute("ALTER TABLE message ADD COLUMN proposed_on date")
    op.execute("ALTER TABLE message ADD COLUMN proposed_part varchar")
    for column, values in (
        ("answer", "'call_me', 'accept', 'decline', 'other_time'"),
        ("proposed_part", "'morning', 'afternoon', 'evening'"),
    ):
        op.execute(
            f"ALTER TABLE message ADD CONSTRAINT ck_message_{column} CHECK ({column} IN ({values}))"
        )


def downgrade() -> None:
    """Forget the answers."""
    for column in ("answer", "proposed_on", "proposed_part"):
        op.execute(f"ALTER TABLE message DROP COLUMN {column}")
