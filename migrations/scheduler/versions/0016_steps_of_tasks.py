"""When a task was to be done, who has begun it or got it, and what happened to it.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

from shared.db.kernel_tables import Protected, protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = """
ALTER TABLE task ADD COLUMN due_on DATE;
ALTER TABLE task NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agency NO FORCE ROW LEVEL SECURITY;
UPDATE task SET due_on = greatest(day, (deadline AT TIME ZONE coalesce(
    (SELECT time_zone FROM agency WHERE agency.agency_id = task.agency_id), 'UTC'))::date);
ALTER TABLE agency FORCE ROW LEVEL SECURITY;
ALTER TABLE task FORCE ROW LEVEL SECURITY;
ALTER TABLE task ALTER COLUMN due_on SET NOT NULL;
ALTER TABLE task ADD COLUMN escalated_on DATE;
ALTER TABLE task ADD COLUMN escalated_from VARCHAR;
ALTER TABLE task ADD COLUMN begun_by VARCHAR;
CREATE INDEX ix_task_customer ON task (agency_id, customer_id);
CREATE TABLE task_step (
    agency_id VARCHAR NOT NULL,
    task_id UUID NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    step VARCHAR NOT NULL,
    by VARCHAR,
    reason VARCHAR,
    before VARCHAR,
    after VARCHAR,
    CONSTRAINT pk_task_step PRIMARY KEY (agency_id, task_id, number),
    CONSTRAINT ck_task_step_step CHECK (step IN ('postponed', 'carried_over', 'handed_over',
        'reopened', 'escalated', 'lapsed', 'rejudged'))
)
"""


def upgrade() -> None:
    """Add columns and table. A task was to be done on its day, an answer by its deadline."""
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
    protect(op.execute, Protected("task_step"))


def downgrade() -> None:
    """Forget what happened between beginning and end."""
    op.execute("DROP TABLE task_step")
    op.execute("DROP INDEX ix_task_customer")
    for column in ("due_on", "escalated_on", "escalated_from", "begun_by"):
        op.execute(f"ALTER TABLE task DROP COLUMN {column}")
