"""Messages apart: content, delivery attempts and letters get tables of their own.

Being in a print run is no state of a message any more: a letter that was `claimed` for a run is
`accepted` and has a row in `letter`.

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
CREATE TABLE message_content (
    agency_id VARCHAR NOT NULL,
    message_id UUID NOT NULL,
    subject VARCHAR,
    digest BYTEA NOT NULL,
    basis VARCHAR NOT NULL,
    template_version VARCHAR,
    CONSTRAINT pk_message_content PRIMARY KEY (agency_id, message_id)
);
CREATE TABLE delivery_attempt (
    agency_id VARCHAR NOT NULL,
    message_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR,
    response VARCHAR,
    CONSTRAINT pk_delivery_attempt PRIMARY KEY (agency_id, message_id, attempt),
    CONSTRAINT ck_delivery_attempt_outcome CHECK (outcome IN
        ('taken', 'refused', 'deferred', 'no_answer', 'cut_off', 'cancelled'))
);
CREATE TABLE letter (
    agency_id VARCHAR NOT NULL,
    message_id UUID NOT NULL,
    run_id VARCHAR NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE,
    sheets INTEGER,
    postage_cents INTEGER,
    page_from INTEGER,
    page_to INTEGER,
    CONSTRAINT pk_letter PRIMARY KEY (agency_id, message_id)
)"""

CONTENTS = """
INSERT INTO message_content (agency_id, message_id, subject, digest, basis)
SELECT agency_id, message_id, subject, digest, basis FROM message
 WHERE digest IS NOT NULL AND basis IS NOT NULL
"""
LETTERS = """
INSERT INTO letter (agency_id, message_id, run_id, joined_at)
SELECT agency_id, message_id, run_id, claimed_at FROM message WHERE run_id IS NOT NULL
"""
# Of earlier attempts only their number was kept, so the last one is all that can be moved. One that
# is under way gets its row when it ends. Where the outcome does not follow from the state (the
# message was cancelled after a failed attempt, say), it stays empty.
ATTEMPTS = """
INSERT INTO delivery_attempt (agency_id, message_id, attempt, began_at, ended_at, outcome, response)
SELECT agency_id, message_id, greatest(attempts, 1), transmitting_at,
       CASE WHEN outcome IS NOT NULL THEN ended_at END, outcome, response
  FROM (SELECT *, CASE
               WHEN state = 'sent' THEN 'taken'
               WHEN state = 'unknown' AND reason = 'cut_off' THEN 'cut_off'
               WHEN state = 'unknown' THEN 'no_answer'
               WHEN state = 'cancelled' AND channel = 'letter' THEN 'cancelled'
               WHEN reason IN ('recipient_refused', 'message_refused', 'sender_refused')
                    THEN 'refused'
               WHEN reason IN ('try_again', 'not_deliverable') THEN 'deferred'
               END AS outcome
          FROM message
         WHERE state <> 'transmitting' AND (transmitting_at IS NOT NULL OR response IS NOT NULL)
       ) AS tried
"""


def upgrade() -> None:
    """Make the tables, move what the message held, and let go of its columns."""
    # The owner is under row-level security as well, and no agency is set in a migration.
    op.execute("ALTER TABLE message NO FORCE ROW LEVEL SECURITY")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for statement in (CONTENTS, LETTERS, ATTEMPTS):
        op.execute(statement)
    op.execute("CREATE INDEX ix_letter_run ON letter (agency_id, run_id)")
    op.execute(
        "UPDATE message SET state = 'accepted', claimed_at = NULL"
        " WHERE channel = 'letter' AND state = 'claimed'"
    )
    op.execute("DROP INDEX ix_message_run")
    op.execute(
        "ALTER TABLE message DROP COLUMN run_id, DROP COLUMN subject, DROP COLUMN digest,"
        " DROP COLUMN basis, DROP COLUMN response,"
        " ADD CONSTRAINT ck_message_letter_not_claimed"
        " CHECK (channel <> 'letter' OR state <> 'claimed')"
    )
    op.execute("ALTER TABLE message FORCE ROW LEVEL SECURITY")
    protect(
        op.execute,
        Protected("message_content"),
        Protected("delivery_attempt"),
        Protected("letter", swept=True),
    )


def downgrade() -> None:
    """Put everything back into the message; of several attempts the last one counts."""
    for table in ("message", "message_content", "delivery_attempt", "letter"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE message DROP CONSTRAINT ck_message_letter_not_claimed,"
        " ADD COLUMN run_id VARCHAR, ADD COLUMN subject VARCHAR, ADD COLUMN digest BYTEA,"
        " ADD COLUMN basis VARCHAR, ADD COLUMN response VARCHAR"
    )
    op.execute(
        "UPDATE message SET subject = old.subject, digest = old.digest, basis = old.basis"
        " FROM message_content AS old"
        " WHERE (message.agency_id, message.message_id) = (old.agency_id, old.message_id)"
    )
    op.execute(
        "UPDATE message SET response = last.response"
        " FROM (SELECT DISTINCT ON (agency_id, message_id) * FROM delivery_attempt"
        "        ORDER BY agency_id, message_id, attempt DESC) AS last"
        " WHERE (message.agency_id, message.message_id) = (last.agency_id, last.message_id)"
    )
    op.execute(
        "UPDATE message SET run_id = letter.run_id,"
        " claimed_at = coalesce(claimed_at, letter.joined_at),"
        " state = CASE WHEN state = 'accepted' THEN 'claimed' ELSE state END"
        " FROM letter"
        " WHERE (message.agency_id, message.message_id) = (letter.agency_id, letter.message_id)"
    )
    op.execute(
        "CREATE INDEX ix_message_run ON message (agency_id, run_id) WHERE run_id IS NOT NULL"
    )
    for table in ("message_content", "delivery_attempt", "letter"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE message FORCE ROW LEVEL SECURITY")
