"""Kernel, messages, print runs, and what must not be written to.

Revision ID: 0001
Revises:
"""

from alembic import op

from shared.db.kernel_tables import Protected, install_kernel, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE agency_copy (
    agency_id VARCHAR NOT NULL,
    agency JSONB NOT NULL,
    staff JSONB NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_agency_copy PRIMARY KEY (agency_id)
);
CREATE TABLE contact_copy (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    contact JSONB NOT NULL,
    fetched_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_contact_copy PRIMARY KEY (agency_id, customer_id)
);
CREATE TABLE dead_address (
    agency_id VARCHAR NOT NULL,
    digest BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_dead_address PRIMARY KEY (agency_id, digest)
);
CREATE TABLE message (
    agency_id VARCHAR NOT NULL,
    message_id UUID NOT NULL,
    dispatch_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    template VARCHAR NOT NULL,
    data JSONB NOT NULL,
    priority VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    detail VARCHAR,
    attempts INTEGER NOT NULL,
    not_before TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    claimed_at TIMESTAMP WITH TIME ZONE,
    transmitting_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    answered_at TIMESTAMP WITH TIME ZONE,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    run_id VARCHAR,
    subject VARCHAR,
    digest BYTEA,
    basis VARCHAR,
    response VARCHAR,
    CONSTRAINT pk_message PRIMARY KEY (agency_id, message_id)
);
CREATE INDEX ix_message_customer ON message (agency_id, customer_id);
CREATE INDEX ix_message_due ON message (agency_id, channel, due_at) WHERE state = 'accepted';
CREATE INDEX ix_message_leased ON message (agency_id, lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX ix_message_listed ON message (agency_id, accepted_at, message_id);
CREATE INDEX ix_message_run ON message (agency_id, run_id) WHERE run_id IS NOT NULL;
CREATE UNIQUE INDEX uq_message_dispatch ON message (agency_id, dispatch_id);
CREATE TABLE print_run (
    agency_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    template VARCHAR NOT NULL,
    day DATE NOT NULL,
    number INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    letters INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    rendered_at TIMESTAMP WITH TIME ZONE,
    approved_at TIMESTAMP WITH TIME ZONE,
    approved_by VARCHAR,
    released_at TIMESTAMP WITH TIME ZONE,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_print_run PRIMARY KEY (agency_id, run_id)
);
CREATE INDEX ix_print_run_state ON print_run (agency_id, state);
CREATE TABLE suppression (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    message_id UUID,
    CONSTRAINT pk_suppression PRIMARY KEY (agency_id, customer_id, purpose, channel)
);
"""

PROTECTED = (
    Protected("message", swept=True),
    Protected("print_run", swept=True),
    Protected("suppression"),
    Protected("dead_address"),
    Protected("contact_copy"),
    Protected("agency_copy"),
)


def upgrade() -> None:
    install_kernel(op.execute)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect(op.execute, *PROTECTED)


def downgrade() -> None:
    for protected in reversed(PROTECTED):
        op.execute(f"DROP TABLE {protected.table}")
    for table in ("change", "feed_head", "feed_cursor", "parked_change", "revoked_token"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION current_agency()")
