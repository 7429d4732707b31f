"""Kernel, agencies, customers and all that happens to them.

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
    hourly_owner_cents INTEGER NOT NULL,
    hourly_adviser_cents INTEGER NOT NULL,
    hourly_back_office_cents INTEGER NOT NULL,
    kilometre_cents INTEGER NOT NULL,
    sender JSONB,
    send_times VARCHAR[] NOT NULL,
    day DATE,
    erasure_salt VARCHAR DEFAULT gen_random_uuid()::text NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_agency PRIMARY KEY (agency_id)
);
CREATE TABLE webhook_source (
    agency_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    previous_secret VARCHAR,
    rotated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_source PRIMARY KEY (agency_id, source)
);
CREATE TABLE customer (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    salutation VARCHAR,
    title VARCHAR,
    first_name VARCHAR,
    last_name VARCHAR,
    company_name VARCHAR,
    contact_person VARCHAR,
    form_of_address VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    birth_date DATE,
    death_date DATE,
    street VARCHAR,
    postcode VARCHAR,
    city VARCHAR,
    country VARCHAR NOT NULL,
    federal_state VARCHAR,
    email VARCHAR,
    phone VARCHAR,
    customer_since DATE,
    came_by VARCHAR,
    mandate_contract BOOLEAN NOT NULL,
    mandate_power_of_attorney BOOLEAN NOT NULL,
    mandate_since DATE,
    mandate_ended_on DATE,
    household VARCHAR,
    children INTEGER,
    home VARCHAR,
    employment VARCHAR,
    vehicles INTEGER,
    pets VARCHAR[],
    industry VARCHAR,
    employees INTEGER,
    income_band VARCHAR,
    identities JSONB NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (agency_id, customer_id)
);
CREATE INDEX ix_customer_unit ON customer (agency_id, unit_id);
CREATE TABLE connection (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    other_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    CONSTRAINT pk_connection PRIMARY KEY (agency_id, customer_id, other_id, kind)
);
CREATE INDEX ix_connection_other ON connection (agency_id, other_id, kind);
CREATE TABLE flag (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    flag VARCHAR NOT NULL,
    value BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_on DATE NOT NULL,
    CONSTRAINT pk_flag PRIMARY KEY (agency_id, customer_id, flag)
);
CREATE TABLE contract (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    contract_id VARCHAR NOT NULL,
    insurer VARCHAR,
    insurer_number VARCHAR,
    contract_number VARCHAR,
    line VARCHAR NOT NULL,
    gdv_line VARCHAR,
    product VARCHAR,
    status VARCHAR NOT NULL,
    starts_on DATE,
    ends_on DATE,
    main_due_date VARCHAR,
    notice_months INTEGER,
    premium_cents BIGINT,
    instalments_per_year INTEGER,
    commission_rate FLOAT,
    cancelled_on DATE,
    cancel_reason VARCHAR,
    held_elsewhere BOOLEAN NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_contract PRIMARY KEY (agency_id, customer_id, contract_id)
);
CREATE TABLE commission (
    agency_id VARCHAR NOT NULL,
    commission_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    contract_id VARCHAR,
    booked_on DATE NOT NULL,
    kind VARCHAR NOT NULL,
    amount_cents BIGINT NOT NULL,
    CONSTRAINT pk_commission PRIMARY KEY (agency_id, commission_id)
);
CREATE INDEX ix_commission_customer ON commission (agency_id, customer_id, booked_on) INCLUDE (kind, amount_cents, contract_id);
CREATE TABLE interaction (
    agency_id VARCHAR NOT NULL,
    interaction_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    direction VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    staff_id VARCHAR,
    minutes INTEGER NOT NULL,
    kilometres INTEGER NOT NULL,
    gift_cents BIGINT NOT NULL,
    topic VARCHAR NOT NULL,
    beyond_package BOOLEAN NOT NULL,
    CONSTRAINT pk_interaction PRIMARY KEY (agency_id, interaction_id)
);
CREATE INDEX ix_interaction_customer ON interaction (agency_id, customer_id, at) INCLUDE (direction, role, minutes, kilometres, gift_cents, topic);
CREATE TABLE consent (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR NOT NULL,
    basis VARCHAR NOT NULL,
    wording VARCHAR,
    source VARCHAR,
    double_opt_in JSONB,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_consent PRIMARY KEY (agency_id, customer_id, purpose, channel, at)
);
CREATE TABLE objection (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    advertising TIMESTAMP WITH TIME ZONE,
    profiling TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_objection PRIMARY KEY (agency_id, customer_id)
);
CREATE TABLE address_block (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_address_block PRIMARY KEY (agency_id, customer_id, channel)
);
CREATE TABLE event (
    agency_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    webhook_id VARCHAR NOT NULL,
    event_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    data JSONB NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (agency_id, source, webhook_id)
);
CREATE INDEX ix_event_customer ON event (agency_id, customer_id, type, at);
CREATE TABLE dirty (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    marks BIGINT NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_dirty PRIMARY KEY (agency_id, unit_id)
);
CREATE TABLE import_job (
    agency_id VARCHAR NOT NULL,
    import_id UUID NOT NULL,
    filename VARCHAR,
    size_bytes BIGINT NOT NULL,
    state VARCHAR NOT NULL,
    position BIGINT NOT NULL,
    written JSONB NOT NULL,
    rejected BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    problem VARCHAR,
    problem_detail VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_import_job PRIMARY KEY (agency_id, import_id)
);
CREATE TABLE import_file (
    agency_id VARCHAR NOT NULL,
    import_id UUID NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_import_file PRIMARY KEY (agency_id, import_id)
);
CREATE TABLE import_rejection (
    agency_id VARCHAR NOT NULL,
    import_id UUID NOT NULL,
    number BIGINT NOT NULL,
    warning BOOLEAN NOT NULL,
    line BIGINT,
    column_name VARCHAR,
    value VARCHAR,
    code VARCHAR NOT NULL,
    reason_de VARCHAR NOT NULL,
    reason_en VARCHAR NOT NULL,
    CONSTRAINT pk_import_rejection PRIMARY KEY (agency_id, import_id, number)
);
CREATE TABLE erased (
    agency_id VARCHAR NOT NULL,
    digest BYTEA NOT NULL,
    erased_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_erased PRIMARY KEY (agency_id, digest)
);
"""

PROTECTED = (
    Protected("agency"),
    Protected("webhook_source"),
    Protected("customer"),
    Protected("connection"),
    Protected("flag"),
    Protected("contract"),
    Protected("commission"),
    Protected("interaction"),
    Protected("consent"),
    Protected("objection"),
    Protected("address_block"),
    Protected("event"),
    Protected("dirty", swept=True),
    Protected("import_job", swept=True),
    Protected("import_file"),
    Protected("import_rejection"),
    Protected("erased"),
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
