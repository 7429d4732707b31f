"""A mandate that was never told of is unknown, which is not the same as none.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE customer ALTER COLUMN mandate_contract DROP NOT NULL,
                             ALTER COLUMN mandate_power_of_attorney DROP NOT NULL
        """
    )


def downgrade() -> None:
    # Under row-level security the owner sees no rows: the constraint cannot be put back.
    raise NotImplementedError("unknown mandates cannot be told from missing ones any more")
