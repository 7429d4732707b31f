"""Kernel, staff, catalogues, customers, the plan and what became of it.

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
CREATE TABLE agency (
    agency_id VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    federal_state VARCHAR,
    day DATE,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_agency PRIMARY KEY (agency_id)
);
CREATE TABLE staff (
    agency_id VARCHAR NOT NULL,
    staff_id VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    email VARCHAR,
    phone VARCHAR,
    capacity INTEGER,
    weekly_hours FLOAT NOT NULL,
    hourly_cents BIGINT,
    deputy VARCHAR,
    lines VARCHAR[] NOT NULL,
    requests VARCHAR[] NOT NULL,
    active BOOLEAN NOT NULL,
    CONSTRAINT pk_staff PRIMARY KEY (agency_id, staff_id)
);
CREATE TABLE absence (
    agency_id VARCHAR NOT NULL,
    staff_id VARCHAR NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    kind VARCHAR NOT NULL,
    CONSTRAINT pk_absence PRIMARY KEY (agency_id, staff_id, first_day)
);
CREATE TABLE catalogue (
    agency_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by VARCHAR NOT NULL,
    activated_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_catalogue PRIMARY KEY (agency_id, version)
);
CREATE TABLE campaign (
    agency_id VARCHAR NOT NULL,
    service VARCHAR NOT NULL,
    month DATE NOT NULL,
    day DATE NOT NULL,
    CONSTRAINT pk_campaign PRIMARY KEY (agency_id, service, month)
);
CREATE TABLE customer (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    segment VARCHAR,
    service_level VARCHAR,
    development VARCHAR,
    potential_assumed BOOLEAN DEFAULT false NOT NULL,
    potential_cents BIGINT,
    margin_cents BIGINT,
    gaps JSONB DEFAULT '[]'::jsonb NOT NULL,
    mandate VARCHAR,
    birth_date DATE,
    death_date DATE,
    customer_since DATE,
    federal_state VARCHAR,
    phone_consent BOOLEAN,
    letter_consent BOOLEAN,
    email_known BOOLEAN,
    advertising_objected BOOLEAN DEFAULT false NOT NULL,
    facts_at TIMESTAMP WITH TIME ZONE,
    care_since DATE,
    CONSTRAINT pk_customer PRIMARY KEY (agency_id, customer_id)
);
CREATE INDEX ix_customer_unit ON customer (agency_id, unit_id);
CREATE TABLE stale_customer (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    marks BIGINT DEFAULT 1 NOT NULL,
    CONSTRAINT pk_stale_customer PRIMARY KEY (agency_id, customer_id)
);
CREATE TABLE stale_unit (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    marks BIGINT DEFAULT 1 NOT NULL,
    CONSTRAINT pk_stale_unit PRIMARY KEY (agency_id, unit_id)
);
CREATE TABLE carer (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    staff_id VARCHAR,
    pinned_staff_id VARCHAR,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_carer PRIMARY KEY (agency_id, unit_id)
);
CREATE TABLE occasion (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    service VARCHAR NOT NULL,
    occurrence VARCHAR NOT NULL,
    day DATE NOT NULL,
    because VARCHAR NOT NULL,
    detail VARCHAR,
    CONSTRAINT pk_occasion PRIMARY KEY (agency_id, customer_id, service, occurrence)
);
CREATE TABLE rested_gap (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    line VARCHAR NOT NULL,
    until DATE NOT NULL,
    CONSTRAINT pk_rested_gap PRIMARY KEY (agency_id, customer_id, line)
);
CREATE TABLE plan (
    agency_id VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    as_of DATE,
    catalogue_version INTEGER,
    planned_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_plan PRIMARY KEY (agency_id)
);
CREATE TABLE touchpoint (
    agency_id VARCHAR NOT NULL,
    touchpoint_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    service VARCHAR NOT NULL,
    occurrence VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    duty BOOLEAN NOT NULL,
    channel VARCHAR NOT NULL,
    staff_id VARCHAR,
    minutes INTEGER NOT NULL,
    priority SMALLINT NOT NULL,
    due DATE NOT NULL,
    earliest DATE NOT NULL,
    latest DATE NOT NULL,
    day DATE,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    because VARCHAR NOT NULL,
    detail VARCHAR,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    left_on DATE,
    ended_on DATE,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_touchpoint PRIMARY KEY (agency_id, touchpoint_id)
);
CREATE INDEX ix_touchpoint_customer ON touchpoint (agency_id, customer_id, day);
CREATE INDEX ix_touchpoint_day ON touchpoint (agency_id, day, touchpoint_id);
CREATE INDEX ix_touchpoint_due ON touchpoint (agency_id, touchpoint_id) WHERE state = 'due';
CREATE INDEX ix_touchpoint_unit ON touchpoint (agency_id, unit_id);
CREATE TABLE news (
    agency_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    CONSTRAINT pk_news PRIMARY KEY (agency_id, kind, subject)
);
CREATE TABLE dispatch_cancellation (
    agency_id VARCHAR NOT NULL,
    touchpoint_id UUID NOT NULL,
    reason VARCHAR NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_dispatch_cancellation PRIMARY KEY (agency_id, touchpoint_id)
);
CREATE TABLE task (
    agency_id VARCHAR NOT NULL,
    task_id UUID NOT NULL,
    touchpoint_id UUID,
    request_id UUID,
    customer_id VARCHAR NOT NULL,
    service VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    staff_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    minutes INTEGER NOT NULL,
    importance INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    because VARCHAR NOT NULL,
    detail VARCHAR,
    deadline TIMESTAMP WITH TIME ZONE,
    reason VARCHAR,
    result VARCHAR,
    minutes_spent INTEGER DEFAULT 0 NOT NULL,
    reopened INTEGER DEFAULT 0 NOT NULL,
    postponed INTEGER DEFAULT 0 NOT NULL,
    delegated INTEGER DEFAULT 0 NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_task PRIMARY KEY (agency_id, task_id)
);
CREATE INDEX ix_task_staff ON task (agency_id, staff_id, day);
CREATE TABLE request (
    agency_id VARCHAR NOT NULL,
    request_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    staff_id VARCHAR NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deadline TIMESTAMP WITH TIME ZONE NOT NULL,
    breached_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR,
    CONSTRAINT pk_request PRIMARY KEY (agency_id, request_id)
);
CREATE INDEX ix_request_open ON request (agency_id, deadline) WHERE state = 'open';
CREATE TABLE day_run (
    agency_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_day_run PRIMARY KEY (agency_id, day)
);
"""

PROTECTED = (
    Protected("agency"),
    Protected("staff"),
    Protected("absence"),
    Protected("catalogue"),
    Protected("campaign"),
    Protected("customer"),
    Protected("stale_customer", swept=True),
    Protected("stale_unit", swept=True),
    Protected("carer"),
    Protected("occasion"),
    Protected("rested_gap"),
    Protected("plan"),
    Protected("touchpoint", swept=True),
    Protected("news", swept=True),
    Protected("dispatch_cancellation", swept=True),
    Protected("task"),
    Protected("request", swept=True),
    Protected("day_run"),
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
