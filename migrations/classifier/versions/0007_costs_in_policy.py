"""What an hour and a kilometre cost stands in the policy alone.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COSTS = {
    "hourly_owner_cents": 12000,
    "hourly_adviser_cents": 7000,
    "hourly_back_office_cents": 4500,
    "kilometre_cents": 42,
}
"""Columns that nothing was ever computed from, with the defaults of a new agency."""


def upgrade() -> None:
    """Drop the agency's own costs."""
    for column in COSTS:
        op.execute(f"ALTER TABLE agency DROP COLUMN {column}")


def downgrade() -> None:
    """Put them back with their defaults."""
    for column, cents in COSTS.items():
        op.execute(f"ALTER TABLE agency ADD COLUMN {column} INTEGER NOT NULL DEFAULT {cents}")
        op.execute(f"ALTER TABLE agency ALTER COLUMN {column} DROP DEFAULT")
