"""Words of an agency's files that no list has, and what they mean.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.execute(
        """
        CREATE TABLE import_word (
            agency_id VARCHAR NOT NULL,
            kind VARCHAR NOT NULL,
            key VARCHAR NOT NULL,
            word VARCHAR NOT NULL,
            value VARCHAR,
            column_name VARCHAR,
            import_id UUID,
            told_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            mapped_at TIMESTAMP WITH TIME ZONE,
            mapped_by VARCHAR,
            CONSTRAINT pk_import_word PRIMARY KEY (agency_id, kind, key)
        )
        """
    )
    protect(op.execute, Protected("import_word"))


def downgrade() -> None:
    """Forget the words; files tell them anew."""
    op.execute("DROP TABLE import_word")
