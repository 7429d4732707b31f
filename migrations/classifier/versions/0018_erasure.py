"""Whom a remark of an import is about, objections that outlive an erasure, a narrower sweep.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

from shared.db.kernel_tables import (
    Protected,
    digest_kept_keys,
    narrow_the_sweep,
    protect,
    widen_the_sweep,
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

READ_BY_THE_SWEEP = {
    "feed_head": "agency_id head",
    "feed_cursor": "agency_id feed revision",
    "parked_change": "",
    "dirty": "agency_id leased_until",
    "import_job": "agency_id state leased_until",
    "reclassification": "agency_id state leased_until",
}

STATEMENTS = """
ALTER TABLE import_rejection ADD COLUMN row_names VARCHAR;
CREATE TABLE objection_block (
    agency_id VARCHAR NOT NULL,
    digest BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_objection_block PRIMARY KEY (agency_id, digest)
)
"""


def upgrade() -> None:
    """Add and narrow."""
    narrow_the_sweep(op.execute, READ_BY_THE_SWEEP)
    digest_kept_keys(op.execute)
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    protect(op.execute, Protected("objection_block"))


def downgrade() -> None:
    """Read whole tables again; digests of keys stay."""
    widen_the_sweep(op.execute, READ_BY_THE_SWEEP)
    op.execute("DROP TABLE objection_block")
    op.execute("ALTER TABLE import_rejection DROP COLUMN row_names")
