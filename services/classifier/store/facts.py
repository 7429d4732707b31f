"""The facts of care units, summed by Postgres and delivered as the frame the domain reads.

One statement serves a single unit and a slice of a million; only the scope differs. Large results
are read by COPY, because a cursor would take longer for a million rows than the sums. Small ones
are read by a prepared statement, because planning would take longer than the sums. All of it is
SQL text, because it is set-based and hot.
"""

import asyncio
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import polars as pl

from services.classifier.domain.facts import FACTS, FURTHER_MEMBERS
from services.classifier.domain.money import LATE_STATEMENT_DAYS, Window
from services.classifier.domain.months import add_months
from services.classifier.store.facts_sql import FACTS_OF_UNITS, FURTHER_MEMBERS_OF_UNITS, MEMBERS
from services.classifier.store.fetch_frames import PLANNED_ONCE, fetched
from services.classifier.store.links_sql import LINKED_REVENUE, LINKS
from shared.contracts.policies import Policy
from shared.db.database import Transaction

READ_HERE_BYTES = 1_000_000
"""Results larger than this (some 5,000 units) are parsed in a thread, because the process could not
answer anybody meanwhile. For smaller ones the thread would cost more than the parsing."""
FEW_UNITS = 200
"""Up to so many units are read by prepared statements. Their plan suits few units, because it loops
instead of hashing; for a thousand units planning anew costs less."""


@dataclass(frozen=True, slots=True)
class TheseUnits:
    """A scope: units by their ids."""

    unit_ids: Sequence[str]

    condition = "unit_id = ANY(:units::varchar[])"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the condition needs."""
        return {"units": list(self.unit_ids)}


@dataclass(frozen=True, slots=True)
class UnitsBetween:
    """A scope: units after one id, up to and including another (None: to the end)."""

    after: str
    until: str | None

    @property
    def condition(self) -> str:
        """The condition on ``customer`` with its parameters."""
        begin = "unit_id > :scope_after"
        return begin if self.until is None else f"{begin} AND unit_id <= :scope_until"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the condition needs."""
        return {"scope_after": self.after, "scope_until": self.until}


Scope = TheseUnits | UnitsBetween


STORED: dict[str, pl.DataType] = {
    "was_number": pl.Int64(),  # the number of the last classification, null before the first
    "joined_or_left": pl.Boolean(),  # the unit's members are others than then
}
"""What the store itself remembers of the last classification."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The two frames that ``classify`` reads: FACTS (widened by STORED) and FURTHER_MEMBERS."""

    facts: pl.DataFrame
    further_members: pl.DataFrame


async def facts_of(
    transaction: Transaction, scope: Scope, *, policy: Policy, as_of: date, zone: ZoneInfo
) -> Loaded:
    """The facts of the scope's active customers as of a day, one row per care unit."""
    parameters = _parameters(transaction, policy, as_of, zone) | scope.parameters
    if isinstance(scope, UnitsBetween):
        await transaction.execute(_ROOM_FOR_A_SLICE)
    elif len(scope.unit_ids) <= FEW_UNITS:
        await (await transaction.driver()).execute(PLANNED_ONCE)
    facts = await _frame(transaction, FACTS_OF_UNITS, scope, parameters, FACTS | STORED)
    further = await _frame(
        transaction, FURTHER_MEMBERS_OF_UNITS, scope, parameters, FURTHER_MEMBERS
    )
    links = await _frame(transaction, LINKED_REVENUE, scope, parameters, LINKS)
    if links.height:
        facts = _with_links(facts, links)
    return Loaded(facts=facts, further_members=further)


def _with_links(facts: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The facts with the revenue of linked units added; without links it is 0."""
    found = [name for name in LINKS if name != "unit_id"]
    joined = facts.select("unit_id").join(links, on="unit_id", how="left", maintain_order="left")
    return facts.with_columns(joined[name].fill_null(0) for name in found)


_ROOM_FOR_A_SLICE = """
    SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
           set_config('enable_nestloop', 'off', true)
"""
"""Settings of this transaction alone. The hashes of a slice fit into memory; with the default each
would spill to disk. Compiling these statements takes longer than running them. On tables that were
never analysed the planner expects one unit and would join a hundred thousand in loops."""


async def end_of_slice(transaction: Transaction, *, after: str, size: int) -> str | None:
    """The last unit id of the next ``size`` units after one; None if the book ends before."""
    found = await transaction.execute(
        """
        SELECT unit_id FROM customer
         WHERE agency_id = :agency AND unit_id > :after AND status = 'active'
         GROUP BY unit_id ORDER BY unit_id OFFSET :size LIMIT 1
        """,
        {"after": after, "size": size - 1},
    )
    last: str | None = found.scalar_one_or_none()
    return last


def _parameters(
    transaction: Transaction, policy: Policy, as_of: date, zone: ZoneInfo
) -> dict[str, Any]:
    window = Window.ending(as_of)
    months, hourly = policy.earning_months, policy.effort.hourly_cents
    periods = [months.initial, months.increase, months.clawback, months.other]
    # Two days more, because months are of different lengths.
    nearly = window.after - timedelta(days=LATE_STATEMENT_DAYS + 2)
    return {
        "agency": transaction.agency,
        "as_of": as_of,
        "zone": zone.key,
        "window_after": window.after,
        "window_from": _midnight_after(window.after, zone),
        "window_to": _midnight_after(window.last, zone),
        "earning_months": periods,
        "hourly_cents": [hourly.owner, hourly.adviser, hourly.back_office],
        "kilometre_cents": policy.effort.kilometre_cents,
        "old_before": add_months(as_of, -12 * policy.terms_old_after_years),
        # What was booked earlier is earned, and its late statement waited for, before the window.
        "renewed_after": add_months(nearly, -12),
        "booked_after": add_months(nearly, -max(12, *periods)),
    }


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the next day begins in the agency's time zone."""
    return datetime.combine(day + timedelta(days=1), time.min, zone)


async def _frame(
    transaction: Transaction,
    text: str,
    scope: Scope,
    parameters: dict[str, Any],
    schema: dict[str, pl.DataType],
) -> pl.DataFrame:
    """The rows of a statement as a frame of the schema's columns."""
    driver = await transaction.driver()
    query, names = _positional(_statement(text, scope.condition))
    values = [parameters[name] for name in names]
    if isinstance(scope, TheseUnits) and len(scope.unit_ids) <= FEW_UNITS:
        return await fetched(driver, query, values, schema)
    return await _copied(driver, query, values, schema)


async def _copied(
    driver: asyncpg.Connection, query: str, values: list[Any], schema: dict[str, pl.DataType]
) -> pl.DataFrame:
    buffer = io.BytesIO()
    await driver.copy_from_query(query, *values, output=buffer, format="csv")
    buffer.seek(0)
    size = buffer.getbuffer().nbytes
    if not size:
        return pl.DataFrame(schema=schema)
    if size > READ_HERE_BYTES:
        return await asyncio.to_thread(_read, buffer, schema)
    return _read(buffer, schema)


def _read(buffer: io.BytesIO, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    raw = {name: _read_as(dtype) for name, dtype in schema.items()}
    frame = pl.read_csv(buffer, has_header=False, schema=raw)
    return frame.with_columns(
        pl.col(name).cast(dtype) for name, dtype in schema.items() if raw[name] != dtype
    )


def _read_as(dtype: pl.DataType) -> pl.DataType:
    """Booleans leave Postgres as 1 and 0, enumerations as text."""
    if dtype == pl.Boolean:
        return pl.Int8()
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


@cache
def _statement(text: str, condition: str) -> str:
    return f"{MEMBERS.replace('{scope}', condition)}, {text}"


@cache
def _positional(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with asyncpg's numbered parameters, and the names of these in their order."""
    used: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return used.setdefault(match[1], f"${len(used) + 1}")

    return _NAMED.sub(number, statement), tuple(used)


_NAMED = re.compile(r"(?<!:):([a-z_]+)")
