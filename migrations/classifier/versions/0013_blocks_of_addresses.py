"""A block belongs to an address: the customer's other addresses are free.

Blocks from before did not know their address, and any refusal of a mail server made one. They are
forgotten: an address that does not exist is blocked again by the next mail.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forget the blocks without an address, and keep the digest of the others."""
    # The owner is under row-level security as well, and no agency is set in a migration.
    op.execute("ALTER TABLE address_block NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM address_block")
    op.execute("ALTER TABLE address_block ADD COLUMN digest BYTEA NOT NULL")
    op.execute("CREATE INDEX ix_address_block_digest ON address_block (agency_id, digest)")
    op.execute("ALTER TABLE address_block FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Block channels of customers again."""
    op.execute("DROP INDEX ix_address_block_digest")
    op.execute("ALTER TABLE address_block DROP COLUMN digest")
