"""Pinned classes, activation in two steps, and calibration in slices.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE override (
    agency_id VARCHAR NOT NULL,
    override_id UUID NOT NULL,
    customer_id VARCHAR NOT NULL,
    segment VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until DATE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended_by VARCHAR,
    CONSTRAINT pk_override PRIMARY KEY (agency_id, override_id)
);
CREATE INDEX ix_override_customer ON override (agency_id, customer_id);
CREATE TABLE calibration_slice (
    agency_id VARCHAR NOT NULL,
    reclassification_id UUID NOT NULL,
    after_unit VARCHAR NOT NULL,
    revenue_cents BIGINT[] NOT NULL,
    potential_cents BIGINT[] NOT NULL,
    CONSTRAINT pk_calibration_slice PRIMARY KEY (agency_id, reclassification_id, after_unit)
);
ALTER TABLE care_class ADD COLUMN pinned_by UUID;
ALTER TABLE classification ADD COLUMN pinned_by UUID;
ALTER TABLE policy ADD COLUMN request_id UUID;
CREATE UNIQUE INDEX uq_policy_request ON policy (agency_id, request_id);
ALTER TABLE activation
    ALTER COLUMN policy_version DROP NOT NULL,
    ADD COLUMN next_version INTEGER,
    ADD COLUMN next_as_of DATE,
    ADD COLUMN reclassification_id UUID,
    ADD COLUMN activated_by VARCHAR;
ALTER TABLE reclassification
    ADD COLUMN phase VARCHAR DEFAULT 'classifying' NOT NULL,
    ADD COLUMN policy_version INTEGER,
    ADD COLUMN calibrates_from DATE,
    ADD COLUMN calibration INTEGER,
    ADD COLUMN units_calibrated BIGINT DEFAULT 0 NOT NULL,
    ADD COLUMN units_expected BIGINT;
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect(op.execute, Protected("override"), Protected("calibration_slice"))
