"""The key of a contract's number as a column of its own.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PLAIN = "ltrim(regexp_replace(upper({named}), '[^A-Z0-9_:]+', '', 'g'), '0')"
NAMED = "coalesce({number}, regexp_replace({id}, '^.*:', ''))"
INDEXED_BEFORE = PLAIN.format(named=NAMED.format(number="contract_number", id="contract_id"))
# PostgreSQL's upper() leaves ß as it is, Python's makes it SS.
KEY = PLAIN.format(named=f"replace({NAMED}, 'ß', 'SS')")
OF_CONTRACTS = KEY.format(number="contract_number", id="contract_id")
OF_ROWS_ASIDE = KEY.format(number="content ->> 'contract_number'", id="content ->> 'contract_id'")

UP = f"""
DROP INDEX ix_contract_number;
ALTER TABLE contract ADD COLUMN number_key VARCHAR NOT NULL DEFAULT '';
UPDATE contract SET number_key = {OF_CONTRACTS};
ALTER TABLE contract ALTER COLUMN number_key DROP DEFAULT;
CREATE INDEX ix_contract_number ON contract (agency_id, number_key);
UPDATE merged_row SET content = content || jsonb_build_object('number_key', {OF_ROWS_ASIDE})
 WHERE table_name = 'contract' AND step = 'removed'
"""
DOWN = f"""
DROP INDEX ix_contract_number;
ALTER TABLE contract DROP COLUMN number_key;
CREATE INDEX ix_contract_number ON contract (agency_id, {INDEXED_BEFORE});
UPDATE merged_row SET content = content - 'number_key'
 WHERE table_name = 'contract' AND step = 'removed'
"""
HIDDEN = ("contract", "merged_row")


def _run(statements: str) -> None:
    for table in HIDDEN:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements.split(";\n"):
        op.execute(statement)
    for table in HIDDEN:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """An index on an expression is of no use to a role that row-level security binds: the
    functions are not leakproof, so that each look computed the key of every contract."""
    _run(UP)


def downgrade() -> None:
    """Compute the key where it is asked for."""
    _run(DOWN)
