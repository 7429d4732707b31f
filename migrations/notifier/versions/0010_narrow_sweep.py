"""A sweep that reads which agency has work, and not what the work says.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

from shared.db.kernel_tables import digest_kept_keys, narrow_the_sweep, widen_the_sweep

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

READ_BY_THE_SWEEP = {
    "feed_head": "agency_id head",
    "feed_cursor": "agency_id feed revision",
    "parked_change": "",
    "message": "agency_id message_id channel state due_at lease_token leased_until",
    "print_run": "agency_id run_id state leased_until",
    "letter": "agency_id message_id run_id",
}


def upgrade() -> None:
    """Add and narrow."""
    narrow_the_sweep(op.execute, READ_BY_THE_SWEEP)
    digest_kept_keys(op.execute)


def downgrade() -> None:
    """Read whole tables again; digests of keys stay."""
    widen_the_sweep(op.execute, READ_BY_THE_SWEEP)
