"""One person's days while work is placed on them, and the items that are to be placed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.weekly_flow import (
    WeeklyCapacity,
    relaxed_levels,
    relaxed_share,
    rounded_by_total,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SCANT_DAYS: Final = 2
"""The flow leaves out a week of which a window covers no more working days (Monday to Friday)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """The days of whole weeks, numbered from a Monday on."""

    monday: date
    days: int

    @classmethod
    def of(cls, room: pl.DataFrame) -> "Horizon":
        days = room["day"].to_list() or [date(1970, 1, 5)]
        first, last = min(days), max(days)
        monday = first - timedelta(days=first.weekday())
        return cls(monday=monday, days=((last - monday).days // 7 + 1) * 7)

    def index(self, days: pl.Series) -> Ints:
        """The numbers of these days: 0 is the Monday. A day outside becomes -1 or ``days``."""
        numbers = (
            days.to_numpy().astype("datetime64[D]") - np.datetime64(self.monday, "D")
        ).astype(np.int64)
        return np.clip(numbers, -1, self.days)

    def minutes_by_person(self, frame: pl.DataFrame) -> dict[str, Ints]:
        """Sums of ``plannable_minutes`` per person, by the number of the day."""
        sums: dict[str, Ints] = {}
        for (staff_id,), mine in frame.partition_by("staff_id", as_dict=True).items():
            minutes = np.zeros(self.days, dtype=np.int64)
            np.add.at(minutes, self.index(mine["day"]), mine["plannable_minutes"].to_numpy())
            sums[str(staff_id)] = minutes
        return sums


class PersonSchedule:
    """One person's days: minutes that may be planned, and those still free; booking changes it.

    Weeks before ``level_from`` are too near to be levelled: they stay as they are.
    """

    def __init__(self, plannable: Ints, free: Ints, level_from: int = 0) -> None:
        self.plannable: list[int] = plannable.tolist()
        self.free: list[int] = free.tolist()
        self.level_from = level_from
        self.weekly = plannable.reshape(-1, 7).sum(axis=1)
        open_days = np.flatnonzero(plannable > 0)
        days = np.arange(len(plannable))
        after = np.searchsorted(open_days, days)
        padded = np.append(open_days, len(plannable))
        self.open_from = np.append(padded[after], len(plannable))
        before = np.searchsorted(open_days, days, side="right")
        self.open_until = np.append(-1, open_days)[before]

    def copy(self) -> "PersonSchedule":
        """A copy to try something on."""
        return PersonSchedule(np.array(self.plannable), np.array(self.free), self.level_from)

    def loads(self) -> Floats:
        """Minutes taken divided by plannable minutes of each week that is levelled, else 0."""
        taken = self.weekly - np.array(self.free, dtype=np.int64).reshape(-1, 7).sum(axis=1)
        loads: Floats = np.divide(
            taken, self.weekly, out=np.zeros(len(taken)), where=self.weekly > 0
        )
        loads[: self.level_from] = 0.0
        return loads

    def highest_load(self) -> float:
        """Minutes taken divided by plannable minutes, in the fullest week."""
        return float(self.loads().max())

    def lowest_peak(self, items: "Items", rows: Ints) -> float:
        """The lower bound of the highest weekly load of any plan for these items.

        It counts what is booked already.
        """
        weeks = np.arange(len(self.weekly))
        booked = self.weekly - np.array(self.free, dtype=np.int64).reshape(-1, 7).sum(axis=1)
        levels = relaxed_levels(
            first=np.concatenate([items.first[rows] // 7, weeks]),
            last=np.concatenate([items.last[rows] // 7, weeks]),
            minutes=np.concatenate([items.minutes[rows], booked]),
            plannable=self.weekly,
        )
        return float(levels[self.level_from :].max(initial=0.0))

    def wishes(self, items: "Items", steps: list[Ints]) -> Ints:
        """Minutes that each week should get of the first step when the other steps follow.

        What is booked already counts as bound to its week.
        """
        rows, ours = np.concatenate(steps), len(steps[0])
        first_week, last_week = whole_weeks(items.first[rows], items.last[rows])
        minutes = items.minutes[rows]
        weeks = np.arange(len(self.weekly))
        booked = self.weekly - np.array(self.free, dtype=np.int64).reshape(-1, 7).sum(axis=1)
        first = np.concatenate([first_week, weeks])
        last = np.concatenate([last_week, weeks])
        amount = np.concatenate([minutes, booked])
        levels = relaxed_levels(first=first, last=last, minutes=amount, plannable=self.weekly)
        share = relaxed_share(
            first=first,
            last=last,
            minutes=amount,
            ours=np.arange(len(first)) < ours,
            levels=levels,
            plannable=self.weekly,
        )
        return rounded_by_total(share, int(minutes[0]))

    def weeks_for(self, minutes: int, wished: Ints | None = None) -> WeeklyCapacity:
        """The capacity of the weeks for items of this length, as they are booked now."""
        free = np.array(self.free, dtype=np.int64)
        weekly_free = free.reshape(-1, 7).sum(axis=1)
        slots = (np.maximum(free, 0) // minutes).reshape(-1, 7).sum(axis=1)
        if wished is None:
            taken, wished = self.weekly - weekly_free, np.zeros_like(weekly_free)
        else:
            taken = np.zeros_like(weekly_free)
        return WeeklyCapacity(plannable=self.weekly, taken=taken, slots=slots, wished=wished)

    def take_in_emptiest_week(self, first: int, last: int, minutes: int) -> int | None:
        """Book a day of the least loaded week with room and return it; None if no week has room."""
        free = np.array(self.free, dtype=np.int64).reshape(-1, 7).sum(axis=1)
        load = 1 - free / np.maximum(self.weekly, 1)
        weeks = range(first // 7, last // 7 + 1)
        for week in sorted(weeks, key=lambda week: (load[week], week)):
            day = self.take_emptiest(max(first, week * 7), min(last, week * 7 + 6), minutes)
            if day is not None:
                return day
        return None

    def take_emptiest(self, first: int, last: int, minutes: int) -> int | None:
        """Book the least loaded day with room from ``first`` to ``last`` and return it, or None."""
        best, best_load = None, 2.0
        plannable, free = self.plannable, self.free
        for day in range(first, last + 1):
            if free[day] >= minutes:
                load = 1 - (free[day] - minutes) / plannable[day]
                if load < best_load:
                    best, best_load = day, load
        if best is not None:
            free[best] -= minutes
        return best


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """One person's items as arrays: minutes, first and last open day of the window, and whether
    each stands on a day from before, so that moving it has a price."""

    minutes: Ints
    first: Ints
    last: Ints
    stands: Flags


def whole_weeks(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """First and last week of each window, without hardly covered ones at the ends of a long window.

    The flow counts the room of whole weeks. If the window of a month ends on a Monday and that
    week were allowed, the flow would send too many items to that one day.
    """
    first_week, last_week = first // 7, last // 7
    long = last_week - first_week >= 3
    begins_late = first % 7 >= 7 - SCANT_DAYS - 2
    ends_early = last % 7 < SCANT_DAYS
    return first_week + (long & begins_late), last_week - (long & ends_early)
