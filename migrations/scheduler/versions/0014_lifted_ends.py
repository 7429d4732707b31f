"""Messages under way when an end was lifted are remembered, and so is who may have been asked.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIFTED_END = """
CREATE TABLE lifted_end (
    agency_id VARCHAR NOT NULL,
    touchpoint_id UUID NOT NULL,
    reason VARCHAR NOT NULL,
    lifted_as VARCHAR NOT NULL,
    lifted_on DATE NOT NULL,
    CONSTRAINT pk_lifted_end PRIMARY KEY (agency_id, touchpoint_id, reason)
)
"""


def upgrade() -> None:
    """Add the column and the table. Cancellations of before count as not asked yet."""
    op.execute("ALTER TABLE dispatch_cancellation ADD COLUMN begun_at TIMESTAMP WITH TIME ZONE")
    op.execute(LIFTED_END)
    protect(op.execute, Protected("lifted_end"))


def downgrade() -> None:
    """Forget both."""
    op.execute("DROP TABLE lifted_end")
    op.execute("ALTER TABLE dispatch_cancellation DROP COLUMN begun_at")
