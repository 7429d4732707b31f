"""Book reviews that stay as they were made, and the owner's decisions to part.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE book_review (
    agency_id VARCHAR NOT NULL,
    quarter VARCHAR NOT NULL,
    as_of DATE NOT NULL,
    complete BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_book_review PRIMARY KEY (agency_id, quarter)
);
CREATE TABLE parting_decision (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decision VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    CONSTRAINT pk_parting_decision PRIMARY KEY (agency_id, customer_id, decided_at)
);
CREATE INDEX ix_classification_moves ON classification (agency_id, as_of)
 WHERE previous_segment <> segment;
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect(op.execute, Protected("book_review"), Protected("parting_decision"))
