"""Tables of work marks and of the change outbox under the names that the code gives them.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RENAMED = {
    "stale_customer": "customer_mark",
    "stale_unit": "unit_mark",
    "news": "change_outbox",
}


def upgrade() -> None:
    """Rename; rows, rights and policies stay."""
    for old, new in RENAMED.items():
        _rename(old, new)
    op.alter_column("agency", "desks_of", new_column_name="standing_in_on")


def downgrade() -> None:
    """Rename back."""
    for old, new in RENAMED.items():
        _rename(new, old)
    op.alter_column("agency", "standing_in_on", new_column_name="desks_of")


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    op.execute(f"ALTER INDEX pk_{old} RENAME TO pk_{new}")
