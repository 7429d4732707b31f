"""Simulation: a policy version tried on the whole book of an agency, without writing anything.

The book is read in slices of one snapshot: what the simulation sees is the book at one instant,
whatever is written meanwhile. Reading takes nearly all of the time, so each slice is read
once: relative thresholds, which need the values of the whole book before the first class, have the
slices wait in memory, packed to some 30 bytes a unit. Only a policy that prices facts otherwise
than the one in force (periods of earning, costs of care, age of terms) has them read twice, once
by the prices of today.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl

from services.classifier.domain.explain import explain
from services.classifier.domain.simulation import (
    Simulated,
    Trial,
    alike_facts,
    measured,
    shown_movers,
    simulate,
    together,
)
from services.classifier.domain.thresholds import (
    BookValues,
    book_values,
    calibration_of,
    is_relative,
)
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import Loaded, UnitsBetween, facts_of
from services.classifier.store.policies import PolicyInForce, policy_version
from services.classifier.store.portfolio import members_of
from services.classifier.usecases.policies import policy_in_force
from services.classifier.usecases.simulation_report import report
from services.classifier.usecases.slices import READ_AT_ONCE, book_slices
from shared.contracts.policies import Policy
from shared.contracts.simulations import Simulation
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Snapshot, Transaction

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class SimulationRunning(Exception):
    """a simulation of this agency's book is running; ask again when it has answered"""

    def __init__(self) -> None:
        super().__init__(SimulationRunning.__doc__)


class SimulationDayOutOfReach(Exception):
    """a book can be tried as of a day from 2000 to 2100"""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} is out of reach: {type(self).__doc__}")
        self.pointers = [{"pointer": "/as_of", "detail": f"must lie in {EARLIEST} to {LATEST}"}]


class SimulationTurns:
    """One simulation at a time in a process: each holds three slices of a book and a core.

    A second one of the same agency is refused, others wait for their turn.
    """

    def __init__(self) -> None:
        self._agencies: set[AgencyId] = set()
        self._free = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, agency: AgencyId) -> AsyncIterator[None]:
        """Hold the turn; raises SimulationRunning."""
        if agency in self._agencies:
            raise SimulationRunning
        self._agencies.add(agency)
        try:
            async with self._free:
                yield
        finally:
            self._agencies.discard(agency)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What is tried, against what, where and when."""

    version: int
    policy: Policy
    ruling: PolicyInForce
    as_of: date
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """The facts of a slice as the tried policy prices them, and what the one in force measures."""

    loaded: Loaded
    now: pl.DataFrame

    def packed(self) -> "_Packed":
        """The slice as it waits for calibration."""
        frames = (self.loaded.facts, self.loaded.further_members, self.now)
        return _Packed(tuple(_pressed(frame) for frame in frames))


@dataclass(frozen=True, slots=True)
class _Packed:
    """A slice in a tenth of its memory."""

    frames: tuple[bytes, ...]

    def unpacked(self) -> _Slice:
        """The slice as it was."""
        facts, further_members, now = (pl.read_ipc(io.BytesIO(each)) for each in self.frames)
        return _Slice(loaded=Loaded(facts=facts, further_members=further_members), now=now)


def _pressed(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


async def simulate_policy(
    *,
    database: Database,
    turns: SimulationTurns,
    agency: AgencyId,
    version: int,
    as_of: date | None,
    now: datetime,
) -> Simulation:
    """What activating a version would make of the book on a day (default: the agency's day).

    Raises PolicyVersionNotFound, SimulationDayOutOfReach, SimulationRunning.
    """
    if as_of is not None and not EARLIEST <= as_of <= LATEST:
        raise SimulationDayOutOfReach(as_of)
    async with turns.turn(agency):
        async with database.transaction(agency) as transaction:
            setting = await _setting(transaction, version, as_of, now)
        async with database.snapshot(agency, readers=READ_AT_ONCE) as snapshot:
            trial, found = await _tried(snapshot, setting)
            shown = await asyncio.to_thread(shown_movers, found.movers)
            units = pl.concat([shown["unit_id"], found.near["unit_id"]]).unique().to_list()
            async with snapshot.transaction() as transaction:
                members = await members_of(transaction, units)
        explained = await asyncio.to_thread(
            explain,
            shown,
            further_members=found.further_members,
            policy=trial.policy,
            calibration=trial.calibration,
            as_of=trial.as_of,
        )
        movers = shown.join(explained, on="unit_id", maintain_order="left")
        return report(found, trial=trial, ruling=setting.ruling, movers=movers, members=members)


async def _setting(
    transaction: Transaction, version: int, as_of: date | None, now: datetime
) -> _Setting:
    where = await agency_day(transaction)
    today = where.today(now)
    # The one in force today even where another day is tried: "now" is what the book is.
    ruling = await policy_in_force(transaction, today)
    stored = await policy_version(transaction, version)
    return _Setting(
        version=version,
        policy=stored.policy,
        ruling=ruling,
        as_of=as_of or today,
        zone=where.zone,
    )


async def _tried(snapshot: Snapshot, setting: _Setting) -> tuple[Trial, Simulated]:
    """The book under the tried version, calibrated as its activation would."""
    values: list[BookValues] = []
    waiting: list[_Packed] = []
    if is_relative(setting.policy):
        read = partial(_read_to_wait, setting=setting)
        async with book_slices(snapshot.transaction, read) as parts:
            async for value, packed in parts:
                values.append(value)
                waiting.append(packed)
    trial = Trial(
        policy=setting.policy,
        version=setting.version,
        calibration=calibration_of(BookValues.together(values), policy=setting.policy),
        as_of=setting.as_of,
    )
    found = Simulated.nothing()
    if is_relative(setting.policy):
        for packed in waiting:
            found = await asyncio.to_thread(_with_packed, found, packed, trial)
    else:
        read_now = partial(_read, setting=setting)
        async with book_slices(snapshot.transaction, read_now) as slices:
            async for part in slices:
                found = await asyncio.to_thread(_with, found, part, trial)
    return trial, found


async def _read_to_wait(
    transaction: Transaction, scope: UnitsBetween, *, setting: _Setting
) -> tuple[BookValues, _Packed]:
    part = await _read(transaction, scope, setting=setting)
    values = await asyncio.to_thread(_values, part.loaded, setting)
    return values, await asyncio.to_thread(part.packed)


async def _read(transaction: Transaction, scope: UnitsBetween, *, setting: _Setting) -> _Slice:
    tried, ruling = setting.policy, setting.ruling.policy
    loaded = await _facts(transaction, scope, tried, setting)
    same = alike_facts(tried, ruling)
    as_now = loaded if same else await _facts(transaction, scope, ruling, setting)
    return _Slice(loaded=loaded, now=await asyncio.to_thread(_measured, as_now, setting))


async def _facts(
    transaction: Transaction, scope: UnitsBetween, policy: Policy, setting: _Setting
) -> Loaded:
    return await facts_of(transaction, scope, policy=policy, as_of=setting.as_of, zone=setting.zone)


def _measured(loaded: Loaded, setting: _Setting) -> pl.DataFrame:
    return measured(
        loaded.facts,
        further_members=loaded.further_members,
        policy=setting.ruling.policy,
        as_of=setting.as_of,
    )


def _values(loaded: Loaded, setting: _Setting) -> BookValues:
    return book_values(
        loaded.facts,
        further_members=loaded.further_members,
        policy=setting.policy,
        as_of=setting.as_of,
    )


def _with_packed(found: Simulated, packed: _Packed, trial: Trial) -> Simulated:
    return _with(found, packed.unpacked(), trial)


def _with(found: Simulated, part: _Slice, trial: Trial) -> Simulated:
    further = part.loaded.further_members
    one = simulate(part.loaded.facts, further_members=further, now=part.now, trial=trial)
    return together([found, one])
