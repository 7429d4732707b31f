"""The model by which the agency's customers are classified: it decides about the catalogue.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Unknown until the classifier is asked the next time: an unknown model is asked for at once."""
    op.execute("ALTER TABLE agency ADD COLUMN policy_version integer, ADD COLUMN model varchar")


def downgrade() -> None:
    """Forget the model."""
    op.execute("ALTER TABLE agency DROP COLUMN policy_version, DROP COLUMN model")
