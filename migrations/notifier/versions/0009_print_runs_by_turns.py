"""Print runs are rendered by turns, keep their progress, and tell their postage net and gross.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = {
    "print_run": (
        "letters_done INTEGER NOT NULL DEFAULT 0",
        "placed_at TIMESTAMP WITH TIME ZONE",
        "failures INTEGER NOT NULL DEFAULT 0",
        "postage_net_cents INTEGER",
        "postage_vat_cents INTEGER",
    ),
    "letter": ("position INTEGER",),
}


def upgrade() -> None:
    """Add the columns; what is rendered is done."""
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    # The owner is under row-level security as well, and no agency is set in a migration.
    op.execute("ALTER TABLE print_run NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE print_run SET letters_done = letters WHERE rendered_at IS NOT NULL")
    op.execute("ALTER TABLE print_run FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Drop them."""
    for table, columns in COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
