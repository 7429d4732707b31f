"""What touchpoints, tasks and occasions speak of becomes a typed subject.

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DAYS = {
    "touchpoint": "due",
    "occasion": "day",
    "task": """coalesce((SELECT due FROM touchpoint
                          WHERE touchpoint.agency_id = task.agency_id
                            AND touchpoint.touchpoint_id = task.touchpoint_id), day)""",
}
"""The day on which a contract was cancelled, as each table knows it."""

FIELDS = ("contract_id", "line", "years", "change", "previous_staff_id")


@contextmanager
def _every_agency(table: str) -> Iterator[None]:
    """Let the owner see the rows of all agencies until this migration has committed."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Turn each detail into the subject of its service; a detail that fits none stops this."""
    for table in DAYS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN subject jsonb")
    with _every_agency("touchpoint"), _every_agency("occasion"), _every_agency("task"):
        for table, day in DAYS.items():
            _fill(table, day)
    for table in DAYS:
        # The check goes with its column, after it has looked at every row once.
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT every_detail_became_a_subject"
            " CHECK (detail IS NULL OR subject IS NOT NULL)"
        )
        op.execute(f"ALTER TABLE {table} DROP COLUMN detail")


def _fill(table: str, day: str) -> None:
    op.execute(
        f"""
        UPDATE {table} SET subject = CASE
            WHEN because = 'gap' OR service = 'development'
            THEN jsonb_build_object('line', detail)
            WHEN because IN ('birthday', 'years_together')
            THEN jsonb_build_object('years', detail::integer)
            WHEN service = 'cancellation_confirmation'
            THEN jsonb_build_object('contract_id', detail, 'cancelled_on', {day})
            WHEN service IN ('saving', 'contract_expiry')
            THEN jsonb_build_object('contract_id', detail)
            WHEN service = 'life_event'
            THEN jsonb_build_object('change', detail)
            WHEN service = 'carer_introduction'
            THEN jsonb_build_object('previous_staff_id', detail)
        END WHERE detail IS NOT NULL
        """
    )


def downgrade() -> None:
    """Keep the first field of each subject as its detail."""
    first = ", ".join(f"subject->>'{field}'" for field in FIELDS)
    for table in DAYS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN detail varchar")
        with _every_agency(table):
            op.execute(f"UPDATE {table} SET detail = coalesce({first}) WHERE subject IS NOT NULL")
        op.execute(f"ALTER TABLE {table} DROP COLUMN subject")
