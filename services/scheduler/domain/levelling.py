"""Gives personal touchpoints their person and day: promises first, evenly, never beyond capacity.

1. What stands stays, while its day is allowed and has room. Urgent duties come in the first week.
2. The rest is placed person by person: by value, tight windows first, long items before short ones,
   because short ones fit into what long ones leave. ``weekly_flow`` spreads a step over the weeks,
   then each item goes to the emptiest day of its week.
3. ``board`` makes room for what found none, in the order of promises.
4. A person whose fullest week is too full is levelled: by few moves, or afresh if that is not
   enough. What is told to a customer, or begins soon, is not moved for that.
5. ``travel`` brings visits of one area together where no week becomes fuller than the fullest.

What then has no day is returned as unplaced.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from services.scheduler.domain.board import Board
from services.scheduler.domain.exact import Effort
from services.scheduler.domain.peaks import lower_by_fewest_moves, lower_peaks
from services.scheduler.domain.person_schedule import Horizon, Ints, Items, PersonSchedule
from services.scheduler.domain.placement import (
    EXACT_CHOICES,
    FLAT_ENOUGH,
    IDLE,
    WORTH_MOVING,
    afresh,
    choices,
    spread,
)
from services.scheduler.domain.promises import LAST_THAT_MUST, Hold
from services.scheduler.domain.schemas import CAPACITY, COMMITTED, PLACED, UNPLACED, WORK, checked
from services.scheduler.domain.travel import areas_on_days, join_visits
from services.scheduler.domain.weekly_flow import relaxed_levels
from services.scheduler.domain.wishes import Spot, Wish

TOLERATED: Final = 1.015
"""Up to so many times the best possible peak a new plan is not levelled further."""
BEARABLE: Final = 1.048
"""The same of a plan that stands, because moving has its price. Lower, and each change of some
would move the contacts of others; the promise is 1.05."""
GIVEN_UP: Final = 1.05
"""Above so many times the best possible peak, if nothing helps, a plan that stands is given up."""
QUIET: Final = 0.3
"""The same of a plan that stands: one visit is a third of such a week, so that levelling would
move many, and nobody would notice."""
ROUNDS: Final = 4
"""How often a plan is planned again until nothing changes; the second time mostly confirms."""

NO_ROOM: Final = "no_room_in_window"
NO_WORKING_DAY: Final = "no_working_day_in_window"
NOBODY: Final = "nobody_responsible"
OVER_FREE_SHARE: Final = "over_free_share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelled:
    """Frames ``PLACED`` and ``UNPLACED``; each item of the work is in one of them.

    ``over_share``: ids of duties that were given a day beyond what may be planned.
    """

    placed: pl.DataFrame
    unplaced: pl.DataFrame
    over_share: Sequence[str] = field(default=())


def level(
    *,
    work: pl.DataFrame,
    capacity: pl.DataFrame,
    committed: pl.DataFrame | None = None,
    whole: pl.DataFrame | None = None,
    visits: pl.DataFrame | None = None,
    level_from: date | None = None,
    relied_on: bool = True,
) -> Levelled:
    """Give each item of ``WORK`` a person and a day within its window and ``CAPACITY``.

    ``committed`` (``COMMITTED``) are minutes taken already. ``whole`` is the capacity with the
    share that is left free, for duties without room; without it they have what may be planned.
    ``visits`` (``VISITS``) are others beside which visits of this work may share a way.
    Weeks that begin before ``level_from`` are not levelled. Moving has its price if the days that
    stand are ``relied_on``. No person and day gets more minutes
    than may be planned, but for those duties and what was told. Deterministic; levelling the result
    again moves nothing. Raises ``FrameMismatch``.
    """
    rows = checked(work, WORK, "work").sort("touchpoint_id")
    room = checked(capacity, CAPACITY, "capacity")
    horizon = Horizon.of(room)
    people = sorted(room.filter(pl.col("plannable_minutes") > 0)["staff_id"].unique().to_list())
    plannable = _matrix(room, people, horizon)
    taken = pl.DataFrame(schema=COMMITTED) if committed is None else committed
    minutes_taken = _matrix(taken.rename({"minutes": "plannable_minutes"}), people, horizon)
    table = _Table(
        rows=rows,
        horizon=horizon,
        people=people,
        plannable=plannable,
        # A day without capacity (today, once it was run) says nothing about its week.
        taken=np.where(plannable > 0, minutes_taken, 0),
        whole=_matrix(room if whole is None else whole, people, horizon),
        there=areas_on_days(visits, people, horizon),
        level_from=0 if level_from is None else -(-(level_from - horizon.monday).days // 7),
        relied_on=relied_on,
    )
    stands = table.standing()
    board = table.settled(stands)
    for _ in range(ROUNDS):
        before, stands = stands, board.spot
        if stands == before:
            break
        board = table.settled(stands)
    return table.levelled(board)


def _matrix(frame: pl.DataFrame, people: Sequence[str], horizon: Horizon) -> Ints:
    """Minutes by person and day; days before and after the horizon are left out."""
    inside = frame.filter(
        pl.col("day").is_between(
            horizon.monday, horizon.monday + pl.duration(days=horizon.days - 1)
        )
    )
    found = horizon.minutes_by_person(inside)
    nothing = np.zeros(horizon.days, dtype=np.int64)
    matrix = np.zeros((len(people), horizon.days), dtype=np.int64)
    for number, staff_id in enumerate(people):
        matrix[number] = found.get(staff_id, nothing)
    return matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The work beside everybody's days, with people and days as numbers."""

    rows: pl.DataFrame
    horizon: Horizon
    people: Sequence[str]
    plannable: Ints
    taken: Ints
    whole: Ints
    there: Mapping[Spot, AbstractSet[str]]
    level_from: int
    relied_on: bool
    effort: Effort = field(default_factory=Effort)
    """One for all plannings of the table, so that asking exactly has a bound."""

    def standing(self) -> list[Spot | None]:
        """Where each item stands before planning; with nobody it has no spot."""
        number = {staff_id: n for n, staff_id in enumerate(self.people)}
        who = pl.coalesce("standing_staff_id", "staff_id")
        days = self.horizon.index(self.rows["day"].fill_null(date(1900, 1, 1)))
        return [
            (number[staff_id], day) if staff_id in number and 0 <= day < self.horizon.days else None
            for staff_id, day in zip(self.rows.select(who).to_series(), days.tolist(), strict=True)
        ]

    def settled(self, standing: Sequence[Spot | None]) -> Board:
        """Everybody's days after one planning."""
        wishes = self._wishes(standing)
        board = Board(
            wishes=wishes,
            plannable=self.plannable,
            free=self.plannable - self.taken,
            whole=self.whole,
            effort=self.effort,
        )
        board.keep_standing()
        board.place_urgent()
        for person in range(len(self.people)):
            self._place(board, person)
        board.settle()
        for person in range(len(self.people)):
            self._level(board, person)
        join_visits(board, begin=self.level_from * 7, there=self.there)
        return board

    def _wishes(self, standing: Sequence[Spot | None]) -> list[Wish]:
        rows, number = self.rows, {staff_id: n for n, staff_id in enumerate(self.people)}
        first = np.maximum(self.horizon.index(rows["earliest"]), 0).tolist()
        last = np.minimum(self.horizon.index(rows["latest"]), self.horizon.days - 1).tolist()
        values = self._values().tolist()
        stood = (rows["day"].is_not_null() & self.relied_on).to_list()
        ranked = rows.with_row_index("n").sort("rank", "priority", "latest", "touchpoint_id")
        order = np.empty(rows.height, dtype=np.int64)
        order[ranked["n"].to_numpy()] = np.arange(rows.height)
        return [
            Wish(
                minutes=minutes,
                first=first[n],
                last=last[n],
                people=tuple(
                    dict.fromkeys(number[each] for each in (own, *(others or ())) if each in number)
                ),
                value=values[n],
                order=int(order[n]),
                must=rank <= LAST_THAT_MUST,
                hold=hold,
                standing=standing[n],
                stood=stood[n],
                own=number.get(own, -1),
                area=area,
            )
            for n, (minutes, own, others, rank, hold, area) in enumerate(
                rows.select("minutes", "staff_id", "others", "rank", "hold", "area").iter_rows()
            )
        ]

    def _values(self) -> Ints:
        rows = self.rows
        return (rows["rank"].cast(pl.Int64) * 4 + rows["priority"].cast(pl.Int64)).to_numpy()

    def _place(self, board: Board, person: int) -> None:
        """Give what stands nowhere the days of its own person that are left, evenly."""
        mine = [
            n for n, wish in enumerate(board.wishes) if wish.own == person and board.spot[n] is None
        ]
        schedule = PersonSchedule(self.plannable[person], board.free[person], self.level_from)
        items = _items(board, mine, schedule)
        rows = np.flatnonzero(items.first <= items.last)
        if not len(rows):
            return
        days = spread(items, self._values()[mine], rows, schedule)
        for row in rows.tolist():
            if days[row] >= 0:
                board.take(mine[row], (person, int(days[row])))

    def _level(self, board: Board, person: int) -> None:
        """Lower the person's peak if it is too high: by few moves, else exactly or afresh."""
        begin = self.level_from * 7
        mine = [
            n
            for n, spot in enumerate(board.spot)
            if spot is not None
            and spot[0] == person
            and spot[1] >= begin
            and board.wishes[n].hold == Hold.MOVABLE
            and n not in board.over
        ]
        if not mine:
            return
        schedule = PersonSchedule(self.plannable[person], board.free[person], self.level_from)
        items = _items(board, mine, schedule, begin)
        days = np.array([spot[1] for n in mine if (spot := board.spot[n])], dtype=np.int64)
        lifted = board.free[person].copy()
        np.add.at(lifted, days, items.minutes)
        empty = PersonSchedule(self.plannable[person], lifted, self.level_from)
        lowest = empty.lowest_peak(items, np.arange(len(mine)))
        # A small question is answered exactly, with few moves.
        stood = bool(items.stands.any()) and choices(items) > EXACT_CHOICES
        tolerated = max(BEARABLE * lowest, QUIET) if stood else max(TOLERATED * lowest, IDLE)
        if (before := schedule.highest_load()) <= tolerated:
            return
        if stood:
            lower_by_fewest_moves(items, schedule, days, down_to=tolerated, effort=self.effort)
        lower_peaks(
            items, schedule, days, down_to=tolerated if stood else max(FLAT_ENOUGH * lowest, IDLE)
        )
        peak = schedule.highest_load()
        if peak > (max(GIVEN_UP * lowest, QUIET) if stood else tolerated):
            below = peak - WORTH_MOVING
            values = self._values()[mine]
            better = afresh(items, values, empty, days, below, self.effort)
            if better is None and peak >= before:
                return  # Else visits would be parted for nothing, and joined again.
            days = days if better is None else better
        for n in mine:
            board.leave(n)
        for n, day in zip(mine, days.tolist(), strict=True):
            board.take(n, (person, day))

    def levelled(self, board: Board) -> Levelled:
        """The board as frames."""
        monday = np.datetime64(self.horizon.monday, "D")
        day = [-1 if spot is None else spot[1] for spot in board.spot]
        who = [None if spot is None else self.people[spot[0]] for spot in board.spot]
        days = pl.Series(monday + np.array(day, dtype="timedelta64[D]")).cast(pl.Date)
        open_ = [board.windows.any_day(wish) for wish in board.wishes]
        found = self.rows.with_columns(
            _doer=pl.Series(who, dtype=pl.String),
            day=days,
            _open=pl.Series(open_, dtype=pl.Boolean),
        )
        placed = found.filter(pl.col("_doer").is_not_null()).with_columns(staff_id="_doer")
        reason = (
            pl.when(pl.col("staff_id").is_null())
            .then(pl.lit(NOBODY))
            .when("_open")
            .then(pl.lit(NO_ROOM))
            .otherwise(pl.lit(NO_WORKING_DAY))
        )
        unplaced = found.filter(pl.col("_doer").is_null()).with_columns(reason=reason)
        return Levelled(
            placed=placed.select(list(PLACED)),
            unplaced=unplaced.select(list(UNPLACED)),
            over_share=self.rows["touchpoint_id"].gather(sorted(board.over)).to_list(),
        )


def _items(board: Board, mine: Sequence[int], schedule: PersonSchedule, begin: int = 0) -> Items:
    """These contacts with the open days of their windows from ``begin`` on; first > last if there
    is none."""
    wishes = [board.wishes[n] for n in mine]
    first = np.array([max(wish.first, begin) for wish in wishes], dtype=np.int64)
    last = np.array([wish.last for wish in wishes], dtype=np.int64)
    return Items(
        minutes=np.array([wish.minutes for wish in wishes], dtype=np.int64),
        first=schedule.open_from[first],
        last=np.where(last >= 0, schedule.open_until[last], -1),
        stands=np.array([wish.stood for wish in wishes], dtype=np.bool_),
    )


def open_window(
    mine: pl.DataFrame, schedule: PersonSchedule, horizon: Horizon
) -> tuple[Ints, Ints]:
    """First and last open day of each window; first > last if it has no open day."""
    earliest = np.maximum(horizon.index(mine["earliest"]), 0)
    latest = np.minimum(horizon.index(mine["latest"]), horizon.days - 1)
    last = np.where(latest >= 0, schedule.open_until[latest], -1)
    return schedule.open_from[earliest], last


def weekly_loads(*, placed: pl.DataFrame, capacity: pl.DataFrame) -> pl.DataFrame:
    """Per person and week: staff_id, week (its Monday), minutes, plannable_minutes, load."""
    week = pl.col("day").dt.truncate("1w").alias("week")
    room = capacity.group_by("staff_id", week).agg(pl.col("plannable_minutes").sum())
    used = placed.group_by("staff_id", week).agg(pl.col("minutes").sum())
    return (
        room.filter(pl.col("plannable_minutes") > 0)
        .join(used, on=["staff_id", "week"], how="left")
        .with_columns(pl.col("minutes").fill_null(0))
        .with_columns(load=pl.col("minutes") / pl.col("plannable_minutes"))
        .sort("staff_id", "week")
    )


def relaxed_optima(*, work: pl.DataFrame, capacity: pl.DataFrame) -> dict[str, float]:
    """Per person the lowest possible peak: no plan has a smaller highest weekly load.

    Above 1 the person's work does not fit. Work without a person, or without an open day in its
    window, is left out. See ``weekly_flow.relaxed_levels``.
    """
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("plannable_minutes") > 0)
    horizon = Horizon.of(room)
    plannable = horizon.minutes_by_person(room)
    optima = dict.fromkeys(plannable, 0.0)
    for (staff_id,), mine in (
        checked(work, WORK, "work").partition_by("staff_id", as_dict=True).items()
    ):
        if staff_id not in plannable:
            continue
        schedule = PersonSchedule(plannable[staff_id], plannable[staff_id])
        first, last = open_window(mine, schedule, horizon)
        open_ = first <= last
        levels = relaxed_levels(
            first=first[open_] // 7,
            last=last[open_] // 7,
            minutes=mine["minutes"].to_numpy()[open_],
            plannable=schedule.weekly,
        )
        optima[staff_id] = float(levels.max())
    return optima
