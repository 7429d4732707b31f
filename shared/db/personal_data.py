"""What each table tells of a customer, and what erasing a customer does with it (GDPR art. 17).

Every service declares each column of its tables once, in `store/personal_data.py`. Erasing follows
the declaration, a test fails for a column that is missing in it, and the operator's guide shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import ARRAY, MetaData
from sqlalchemy.dialects.postgresql import JSONB

from shared.contracts.vocabulary import CustomerId

if TYPE_CHECKING:
    from shared.db.database import Transaction

Erasure = Literal["none", "deleted", "emptied", "stated"]

OF_CUSTOMER: Final = "customer_id = ANY(CAST(:customer_ids AS text[]))"
"""The rows of a table that belong to the customers: SQL, as in ``Marks.whose``."""

AGENCY: Final = "agency_id"
"""The column that every table has; it names no customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The columns of one table: those that tell something of a customer, and the others.

    Ids (the broker system's, ours, those of messages) are among the others: once the record is
    gone, they name nobody. ``instead`` is the SQL that replaces a personal value where emptying
    it is not enough. ``because`` says why the rest of a row is kept, or which statement erases.
    """

    personal: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    erasure: Erasure = "none"
    whose: str = OF_CUSTOMER
    instead: Mapping[str, str] = field(default_factory=dict)
    because: str = ""


def unrelated(other: str) -> Marks:
    """A table that tells nothing of customers, or counts and points at them by ids alone."""
    return Marks(other=tuple(other.split()))


def deleted(personal: str, *, whose: str = OF_CUSTOMER) -> Marks:
    """A table whose rows are deleted with the customer: all of it is personal."""
    return Marks(personal=tuple(personal.split()), erasure="deleted", whose=whose)


def emptied(
    personal: str,
    *,
    other: str,
    because: str,
    whose: str = OF_CUSTOMER,
    instead: Mapping[str, str] | None = None,
) -> Marks:
    """A table whose rows stay, without what tells of the customer; ``because`` says what for."""
    return Marks(
        personal=tuple(personal.split()),
        other=tuple(other.split()),
        erasure="emptied",
        whose=whose,
        instead=instead or {},
        because=because,
    )


def stated(personal: str, *, other: str = "", because: str) -> Marks:
    """A table that a statement of its own erases from; ``because`` says how."""
    return Marks(
        personal=tuple(personal.split()),
        other=tuple(other.split()),
        erasure="stated",
        because=because,
    )


def digest_of(column: str) -> str:
    """SQL that replaces a text by its SHA-256: whoever shows the text can still prove it."""
    return (
        f"CASE WHEN {column} ~ '^sha256:[0-9a-f]{{64}}$' THEN {column} "
        f"ELSE 'sha256:' || encode(sha256(convert_to({column}, 'UTF8')), 'hex') END"
    )


_ABOUT_CUSTOMER: Final = (
    "(subject = ANY(CAST(:customer_ids AS text[]))"
    " OR payload ->> 'customer_id' = ANY(CAST(:customer_ids AS text[])))"
)

ERASED_CHANGE: Final = "change.erased"
"""The kind of a change that told of a customer who was erased since; followers ignore it."""

FEED_OF_FACTS: Final = emptied(
    "kind subject payload",
    other="revision change_id at",
    because="the order of the feed; such a change tells only that something was erased",
    whose=_ABOUT_CUSTOMER,
    instead={
        "kind": f"'{ERASED_CHANGE}'",
        "subject": "coalesce(payload ->> 'customer_id', subject)",
    },
)
"""The feed of a service that publishes facts about customers."""

FEED_OF_IDS: Final = unrelated("revision change_id kind subject payload at")
"""The feed of a service that publishes ids, states and reasons alone."""

_KERNEL: Final[dict[str, Marks]] = {
    "parked_change": deleted(
        "feed change_id revision kind subject payload at error parked_at", whose=_ABOUT_CUSTOMER
    ),
    "feed_head": unrelated("head trimmed_to"),
    "feed_cursor": unrelated("feed revision change_id paused_because moved_at"),
    "revoked_token": unrelated("jti revoked_at"),
    "kept_key": emptied(
        "answer",
        other="route key digest request_id token busy_until made status media_type kept_at",
        because="repetitions, for a day: the answers of all requests go, because one may quote",
        whose="answer IS NOT NULL",
    ),
}
"""The tables that every service has. Keys are kept as digests."""


class PersonalData:
    """The declaration of one service, by the names of its tables."""

    def __init__(self, metadata: MetaData, marks: Mapping[str, Marks], *, feed: Marks) -> None:
        self.metadata = metadata
        self.marks = {**marks, "change": feed, **_KERNEL}

    def faults(self) -> Iterator[str]:
        """Tables and columns that are not marked, marked twice, or not there."""
        for name in sorted(self.metadata.tables.keys() | self.marks.keys()):
            if name not in self.metadata.tables or name not in self.marks:
                yield f"{name}: there is no such {'mark' if name not in self.marks else 'table'}"
                continue
            marks = self.marks[name]
            told = [AGENCY, *marks.personal, *marks.other]
            columns = set(self.metadata.tables[name].columns.keys())
            yield from (f"{name}.{each}: not marked" for each in sorted(columns - set(told)))
            yield from (f"{name}.{each}: no such column" for each in sorted(set(told) - columns))
            yield from (f"{name}.{each}: twice" for each in sorted(columns) if told.count(each) > 1)

    def personal(self, table: str) -> frozenset[str]:
        """The columns of a table that tell something of a customer."""
        return frozenset(self.marks[table].personal)

    async def erase(self, transaction: "Transaction", customer_ids: Sequence[CustomerId]) -> None:
        """Delete and empty what the marks say; tables marked as ``stated`` are left to the caller.

        SQL text because the statements are made from the marks.
        """
        for table, marks in self.marks.items():
            if marks.erasure in ("deleted", "emptied"):
                await transaction.execute(
                    self._statement(table, marks), {"customer_ids": list(customer_ids)}
                )

    def _statement(self, table: str, marks: Marks) -> str:
        rows = f"WHERE {AGENCY} = :agency AND {marks.whose}"
        if marks.erasure == "deleted":
            return f"DELETE FROM {table} {rows}"
        values = {
            each: marks.instead.get(each, self._empty(table, each)) for each in marks.personal
        }
        return f"UPDATE {table} SET {', '.join(f'{n} = {v}' for n, v in values.items())} {rows}"

    def _empty(self, table: str, column: str) -> str:
        found = self.metadata.tables[table].columns[column]
        if found.nullable:
            return "NULL"
        return "'{}'" if isinstance(found.type, JSONB | ARRAY) else "''"
