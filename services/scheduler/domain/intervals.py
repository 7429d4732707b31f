"""When contacts of an interval fall due: so many months after the last one, wherever it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.services import KINDS, kind_of_row
from services.scheduler.domain.touchpoint_ids import Days, Ints, add_months, month_later
from shared.contracts.catalogues import Service

HORIZON_MONTHS: Final = 12
OVERDUE: Final = "overdue"
"""What is told to have raised a contact whose day has passed."""
REST_DAYS: Final = 60
"""Whoever was met so many days before planning began, or less, is not met again at once."""
_FIRST_CONTACTS: Final = [kind.key for kind in KINDS.values() if kind.counted_by == "once"]
"""From these the first interval runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The customers, what ended, their gaps and what happened, as of a day (see ``schemas``).

    ``customers`` carries two more columns: ``contact`` (the unit's contact person?) and ``phase``
    (days, 0 to 729). ``moved_campaigns``: see ``campaigns.campaign_days``.
    """

    customers: pl.DataFrame
    history: pl.DataFrame
    gaps: pl.DataFrame
    occasions: pl.DataFrame
    as_of: date
    moved_campaigns: Mapping[tuple[str, date], date] = field(default_factory=dict)

    @property
    def until(self) -> date:
        """First day after the horizon."""
        return month_later(self.as_of, HORIZON_MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDues:
    """For each customer the number of the next occurrence, its due day, and is it overdue?"""

    number: Ints
    due: Days
    late: pl.Series


def first_dues(
    book: Book, people: pl.DataFrame, service: Service, months: int, window_days: int
) -> FirstDues:
    """The next one falls due so many months after the last: a contact of this kind that ended here
    or was told, else the welcome or the day the customer came.

    If nothing is known of a customer's past, or its day had passed before this agency began to
    plan, it falls due at the unit's place in the rhythm, because a whole book cannot be visited in
    the first weeks. What was overdue then comes within the first half of the rhythm.
    """
    past = _past(book, people, service)
    begin = _as_days(people["care_since"])
    rhythm = (add_months(begin, months) - begin).astype(np.int64)
    known = ~np.isnat(past.base)
    after_last = np.where(known, add_months(past.base, months), begin)
    spread = np.where(past.met, rhythm // 2, rhythm)
    width = np.minimum(window_days, spread) if kind_of_row(service).window == "before" else 0
    place = (people["phase"].to_numpy() + round(service.phase_months * 365 / 12)) % rhythm
    rested = np.maximum(begin, past.contact_day + np.timedelta64(REST_DAYS, "D"))
    start = np.where(np.isnat(past.contact_day), begin, rested)
    room = np.maximum(spread - width - (start - begin).astype(np.int64), 0)
    placed = start + (width + place * room // rhythm).astype("timedelta64[D]")
    due = np.where(known & (after_last >= begin), after_last, placed)
    as_of = np.datetime64(book.as_of, "D")
    slack = 0 if kind_of_row(service).window == "before" else window_days
    late = due + np.timedelta64(slack, "D") < as_of
    return FirstDues(
        number=past.last_number + 1, due=np.where(late, as_of, due), late=pl.Series(late)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """For each customer the day from which the interval runs (NaT: unknown), whether that was a
    contact of this kind, its number (0: none here), and the last contact of any kind before
    planning began (NaT: none is known)."""

    base: Days
    met: NDArray[np.bool_]
    last_number: Ints
    contact_day: Days


def _past(book: Book, people: pl.DataFrame, service: Service) -> _Past:
    """A household's history is that of all its members, because its contact person may change, be
    erased, or leave."""
    whose = "unit_id" if service.reach == "unit" else "customer_id"
    units = book.customers.select("customer_id", "unit_id", "care_since")
    told = book.history.join(units, on="customer_id", how="left", suffix="_now").with_columns(
        unit_id=pl.coalesce("unit_id_now", "unit_id")
    )
    ended = told.filter(pl.col("service") == service.key)
    first_contact = told.filter(pl.col("service").is_in(_FIRST_CONTACTS))
    contacts = told.filter(pl.col("occurrence").is_null(), pl.col("day") < pl.col("care_since"))
    joined = (
        people.join(
            ended.group_by(whose).agg(
                last_day=pl.col("day").max(),
                last_number=pl.col("occurrence").cast(pl.Int64, strict=False).max(),
            ),
            on=whose,
            how="left",
            maintain_order="left",
        )
        .join(
            first_contact.group_by(whose).agg(welcomed=pl.col("day").max()),
            on=whose,
            how="left",
            maintain_order="left",
        )
        .join(
            contacts.group_by(whose).agg(last_contact=pl.col("day").max()),
            on=whose,
            how="left",
            maintain_order="left",
        )
        .with_columns(came=pl.max_horizontal("customer_since", "welcomed"))
    )
    return _Past(
        base=_as_days(joined.select(pl.coalesce("last_day", "came")).to_series()),
        met=joined["last_day"].is_not_null().to_numpy(),
        last_number=joined["last_number"].fill_null(0).to_numpy().astype(np.int64),
        contact_day=_as_days(joined["last_contact"]),
    )


def _as_days(days: pl.Series) -> Days:
    return days.to_numpy().astype("datetime64[D]")
