"""Tables of work marks and of the change outbox under the names that the code gives them.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

RENAMED = {
    "dirty": "work_mark",
}


def upgrade() -> None:
    """Rename; rows, rights and policies stay."""
    for old, new in RENAMED.items():
        _rename(old, new)


def downgrade() -> None:
    """Rename back."""
    for old, new in RENAMED.items():
        _rename(new, old)


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    op.execute(f"ALTER INDEX pk_{old} RENAME TO pk_{new}")
