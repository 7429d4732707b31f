"""Policies, classifications and runs over the book.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE policy (
    agency_id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    body JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by VARCHAR NOT NULL,
    CONSTRAINT pk_policy PRIMARY KEY (agency_id, version)
);
CREATE TABLE calibration (
    agency_id VARCHAR NOT NULL,
    calibration INTEGER NOT NULL,
    policy_version INTEGER NOT NULL,
    as_of DATE NOT NULL,
    revenue_cents BIGINT,
    potential_cents BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_calibration PRIMARY KEY (agency_id, calibration)
);
CREATE TABLE activation (
    agency_id VARCHAR NOT NULL,
    from_day DATE NOT NULL,
    policy_version INTEGER NOT NULL,
    calibration INTEGER,
    activated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_activation PRIMARY KEY (agency_id, from_day)
);
CREATE TABLE care_class (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    number BIGINT NOT NULL,
    members VARCHAR[] NOT NULL,
    segment VARCHAR NOT NULL,
    service_level VARCHAR NOT NULL,
    development VARCHAR NOT NULL,
    policy_version INTEGER NOT NULL,
    calibration INTEGER NOT NULL,
    gap_needs BIGINT NOT NULL,
    revenue_level VARCHAR,
    revenue_below_since DATE,
    potential_level VARCHAR,
    potential_below_since DATE,
    chance_since DATE,
    recheck_on DATE,
    margin_cents BIGINT NOT NULL,
    as_of DATE NOT NULL,
    CONSTRAINT pk_care_class PRIMARY KEY (agency_id, unit_id)
);
CREATE INDEX ix_care_class_recheck ON care_class (agency_id, recheck_on) WHERE recheck_on IS NOT NULL;
CREATE TABLE classification (
    agency_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    number BIGINT NOT NULL,
    members VARCHAR[] NOT NULL,
    as_of DATE NOT NULL,
    classified_at TIMESTAMP WITH TIME ZONE NOT NULL,
    segment VARCHAR NOT NULL,
    previous_segment VARCHAR,
    service_level VARCHAR NOT NULL,
    development VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    policy_version INTEGER NOT NULL,
    calibration INTEGER NOT NULL,
    facts JSONB,
    gaps JSONB NOT NULL,
    reasons JSONB NOT NULL,
    axes JSONB NOT NULL,
    held JSONB,
    CONSTRAINT pk_classification PRIMARY KEY (agency_id, unit_id, number)
);
CREATE TABLE classified_member (
    agency_id VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    number BIGINT NOT NULL,
    as_of DATE NOT NULL,
    CONSTRAINT pk_classified_member PRIMARY KEY (agency_id, customer_id, unit_id, number)
);
CREATE TABLE reclassification (
    agency_id VARCHAR NOT NULL,
    reclassification_id UUID NOT NULL,
    reason VARCHAR NOT NULL,
    as_of DATE NOT NULL,
    state VARCHAR NOT NULL,
    after_unit VARCHAR NOT NULL,
    units BIGINT DEFAULT 0 NOT NULL,
    changed BIGINT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    lease_token UUID,
    leased_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_reclassification PRIMARY KEY (agency_id, reclassification_id)
);
CREATE INDEX ix_change_classification ON change (agency_id, subject, revision) WHERE kind = 'classification.changed';
"""

# From PostgreSQL 17 on the app may refresh the planner's statistics after a large import; older
# servers wait for autovacuum, which comes by once a minute.
MAINTAIN = """
DO $do$ BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        EXECUTE format(
            'GRANT MAINTAIN ON customer, connection, contract, commission, interaction, event, '
            'dirty, care_class TO %I', regexp_replace(current_user, '_owner$', '_app'));
    END IF;
END $do$
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect(
        op.execute,
        Protected("policy"),
        Protected("calibration"),
        Protected("activation"),
        Protected("care_class"),
        Protected("classification"),
        Protected("classified_member"),
        Protected("reclassification", swept=True),
    )
    op.execute(MAINTAIN)
