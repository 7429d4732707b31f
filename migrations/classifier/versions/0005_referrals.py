"""Who recommended a customer is asked whenever that customer's revenue changes.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ix_event_referral ON event (agency_id, (data ->> 'referred_customer_id'))
         WHERE type = 'referral.made'
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_event_referral")
