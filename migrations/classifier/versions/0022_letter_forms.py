"""The form of DIN 5008 that an agency's letters are set in.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE agency ADD COLUMN letter_form VARCHAR DEFAULT 'B' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE agency DROP COLUMN letter_form")
