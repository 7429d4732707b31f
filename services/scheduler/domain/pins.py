"""Pins in the plan: which hold, which are broken, and how firmly a contact stands by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from services.scheduler.domain.obstacles import Diary, MovableContact, why_not
from services.scheduler.domain.promises import Hold
from services.scheduler.domain.schemas import FIXED, WORK, checked
from shared.calendar import WorkingCalendar
from shared.contracts.pins import PinBroken, WhyNot
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import StaffId

PINS: Final = pl.Schema(
    {
        "touchpoint_id": pl.String,
        "day": pl.Date,
        "staff_id": pl.String,  # null: whoever is responsible
        "state": pl.String,  # of the touchpoint, as it was last planned or ended
        "reason": pl.String,
        "stands_on": pl.Date,  # its day; null: none
        "kept": pl.Boolean,  # a promise from before an objection; planning leaves it alone
        "held": pl.Boolean,  # an appointment holds it on its day; planning leaves it alone
        "merged": pl.Boolean,  # its customer was merged with another one
    }
)
"""Pins that hold, of contacts that have not left the plan."""

_OF_PINS: Final[Mapping[WhyNot, PinBroken]] = {
    "past": "day_passed",
    "lives_on_relationship": "carer_changed",
    "not_responsible": "carer_changed",
    "outside_window": "outside_window",
    "holiday": "holiday",
    "closed": "closed",
    "nobody_responsible": "nobody_responsible",
    "person_left": "person_left",
    "absent": "absent",
    "no_hours": "no_hours",
}
"""What breaks a pin. A full day does not: what is not fixed makes way. Nor does an area."""


@dataclass(frozen=True, slots=True)
class Break:
    """Why a pin does not hold, and who was to do the contact."""

    because: PinBroken
    staff_id: StaffId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPins:
    """``fixed``: frame ``FIXED`` of the pins that hold; ``broken``: why each other one does not."""

    fixed: pl.DataFrame
    broken: Mapping[str, Break]


def judged_pins(
    pins: pl.DataFrame,
    *,
    work: pl.DataFrame,
    due: pl.DataFrame,
    capacity: pl.DataFrame,
    people: Sequence[Staff],
    calendar: WorkingCalendar,
    first_day: date,
    as_of: date,
) -> JudgedPins:
    """Judge the pins (``PINS``) by what is due now (``TOUCHPOINTS``, and of it ``WORK``).

    A contact that has ended for a reason of its own (a death, the end of a mandate), or is still to
    leave, takes its pin with it, so neither holds nor breaks it.
    """
    if pins.is_empty():
        return JudgedPins(fixed=pl.DataFrame(schema=FIXED), broken={})
    rows = checked(pins, PINS, "pins").to_dicts()
    named = pins["touchpoint_id"].to_list()
    mine = {
        row["touchpoint_id"]: row
        for row in work.filter(pl.col("touchpoint_id").is_in(named)).iter_rows(named=True)
    }
    known = set(due.filter(pl.col("touchpoint_id").is_in(named))["touchpoint_id"])
    diary = Diary(
        people={each.staff_id: each for each in people},
        calendar=calendar,
        first_day=first_day,
        plannable={(who, day): minutes for who, day, minutes in capacity.iter_rows()},
    )
    fixed: list[tuple[str, date, StaffId]] = []
    broken: dict[str, Break] = {}
    for pin in rows:
        touchpoint_id, row = pin["touchpoint_id"], mine.get(pin["touchpoint_id"])
        who: StaffId | None = pin["staff_id"] or (row["staff_id"] if row else None)
        if row is not None:
            because = _broken_by(row, who, pin["day"], diary)
        else:
            because = _broken_without_work(pin, is_due=touchpoint_id in known, as_of=as_of)
        if because is not None:
            broken[touchpoint_id] = Break(because, who)
        elif row is not None and who is not None:
            fixed.append((touchpoint_id, pin["day"], who))
    return JudgedPins(fixed=pl.DataFrame(fixed, schema=FIXED, orient="row"), broken=broken)


def contact_of_work(
    row: Mapping[str, Any], *, line: str | None = None, area: str | None = None
) -> MovableContact:
    """One row of ``WORK`` as it may be moved."""
    who = row["standing_staff_id"] or row["staff_id"]
    return MovableContact(
        minutes=row["minutes"],
        earliest=row["earliest"],
        latest=row["latest"],
        own=row["staff_id"],
        others=row["others"] or (),
        handed_over=row["others"] is not None,
        stands=None if row["day"] is None or who is None else (who, row["day"]),
        line=line,
        area=area,
    )


def with_fixed(work: pl.DataFrame, fixed: pl.DataFrame) -> pl.DataFrame:
    """Frame ``WORK`` in which what is fixed (``FIXED``) stands there, and nothing moves it."""
    if fixed.is_empty():
        return work
    told = checked(fixed, FIXED, "fixed").rename({"day": "_day", "staff_id": "_who"})
    holds = pl.col("_day").is_not_null()
    return (
        work.join(told, on="touchpoint_id", how="left", maintain_order="left")
        .with_columns(
            day=pl.coalesce("_day", "day"),
            standing_staff_id=pl.coalesce("_who", "standing_staff_id"),
            hold=pl.when(holds).then(pl.lit(int(Hold.TOLD))).otherwise("hold").cast(pl.Int8),
        )
        .select(list(WORK))
    )


def _broken_by(
    row: Mapping[str, Any], who: StaffId | None, day: date, diary: Diary
) -> PinBroken | None:
    if who is None:
        return "nobody_responsible"
    found = why_not(contact_of_work(row), (who, day), diary)
    return _OF_PINS.get(found) if found is not None else None


def _broken_without_work(pin: Mapping[str, Any], *, is_due: bool, as_of: date) -> PinBroken | None:
    """Why the pin of a contact that nobody is to be given does not hold."""
    if is_due:
        return "not_permitted"
    if pin["held"] and pin["stands_on"] != pin["day"]:
        return "appointment_agreed"
    if _rests(pin, as_of):
        return None
    return "customer_merged" if pin["merged"] else "no_longer_owed"


def _rests(pin: Mapping[str, Any], as_of: date) -> bool:
    """Whether planning has nothing to say of the contact behind the pin."""
    ended = pin["state"] not in ("planned", "suppressed") and pin["reason"] != "no_longer_owed"
    still_leaves = pin["stands_on"] is not None and pin["stands_on"] < as_of
    return bool(pin["kept"] or pin["held"] or ended or (still_leaves and pin["state"] == "planned"))
