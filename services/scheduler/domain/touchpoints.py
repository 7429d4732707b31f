"""The planned touchpoints of the next twelve months: what falls due, lawful and with its window.

Messages (no minutes) have their day at once. Personal touchpoints have a window and get their day
by levelling. A newsletter is many messages of one day, so that it is one print run.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from services.scheduler.domain.demand import due_occurrences, with_contacts_and_phases
from services.scheduler.domain.intervals import OVERDUE, Book
from services.scheduler.domain.permission import permitted
from services.scheduler.domain.promises import LAST_HANDED_OVER, Hold, rank
from services.scheduler.domain.schemas import (
    CUSTOMERS,
    GAPS,
    HISTORY,
    OCCASIONS,
    RUNNING,
    TOUCHPOINTS,
    WORK,
    checked,
)
from services.scheduler.domain.services import kind_of_row, require_subject
from services.scheduler.domain.subjects import subject_of
from services.scheduler.domain.touchpoint_ids import key_separator, touchpoint_ids
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import Catalogue, Who
from shared.contracts.vocabulary import StaffId

POSTAL_DAYS: Final = 3
"""A card is written so many days before the birthday: the post takes two working days."""

PRIORITY: Final = {"A": 1, "B": 1, "O": 2, "C": 3}
"""What finds its day first when hours are short; a duty is 0."""

NOTHING_STANDS: Final = pl.DataFrame(
    schema={"touchpoint_id": pl.String, "day": pl.Date, "staff_id": pl.String}
)

NO_AREAS: Final = pl.DataFrame(schema={"touchpoint_id": pl.String, "area": pl.String})


def planned_touchpoints(
    *,
    agency: str,
    customers: pl.DataFrame,
    history: pl.DataFrame,
    gaps: pl.DataFrame,
    occasions: pl.DataFrame,
    catalogue: Catalogue,
    calendar: WorkingCalendar,
    as_of: date,
    staff_of: Mapping[Who, str] | None = None,
    moved_campaigns: Mapping[tuple[str, date], date] | None = None,
    running: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Frame ``TOUCHPOINTS`` from ``as_of`` (included) for twelve months.

    Takes the frames ``CUSTOMERS``, ``HISTORY``, ``GAPS`` and ``OCCASIONS``. ``staff_of`` names who
    does what the catalogue assigns to the owner or the back office; without it the carer does.
    ``moved_campaigns`` are the campaigns held on another day than the catalogue's. Nothing in
    ``history`` comes again. Nothing is due after the last day of a mandate, but what is for those
    who leave. What is overdue keeps the last day that it has in ``running`` (frame
    ``RUNNING``). Who died, has no mandate yet or had one gets only the services that are
    for them (``Service.served``). The same arguments return the same frame. Raises
    ``FrameMismatch`` and ``SubjectNotOfService``.
    """
    book = Book(
        customers=with_contacts_and_phases(checked(customers, CUSTOMERS, "customers")),
        history=checked(history, HISTORY, "history"),
        gaps=checked(gaps, GAPS, "gaps"),
        occasions=checked(occasions, OCCASIONS, "occasions"),
        as_of=as_of,
        moved_campaigns=moved_campaigns or {},
    )
    wanted = (
        due_occurrences(book, catalogue, calendar)
        .join(_cells(catalogue), on=["service", "segment_cell"], how="left")
        .join(book.customers, on="customer_id", how="left")
        .with_columns(
            staff_id=_who(staff_of or {}),
            _until=pl.when(~pl.col("outlives")).then("mandate_ends_on"),
        )
        .filter((pl.col("due") <= pl.col("_until")).fill_null(value=True))
    )
    lawful = permitted(wanted)
    ends = checked(pl.DataFrame(schema=RUNNING) if running is None else running, RUNNING, "running")
    dated = _with_days(_with_windows(_with_ids(lawful, agency), ends, as_of), calendar)
    _require_subjects(dated, catalogue)
    return checked(dated, TOUCHPOINTS, "touchpoints").sort("touchpoint_id")


def work_to_level(
    touchpoints: pl.DataFrame,
    standing: pl.DataFrame | None = None,
    *,
    freeze_until: date | None = None,
    others: Mapping[StaffId, Sequence[StaffId]] | None = None,
    catalogue: Catalogue | None = None,
    areas: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Frame ``WORK``: the personal touchpoints that are not suppressed.

    ``standing`` (touchpoint_id, day, staff_id) are the days given before; up to ``freeze_until``
    they are held. ``others`` names who may do each person's work before a promise breaks,
    ``catalogue`` what is guaranteed, ``areas`` (touchpoint_id, area) where visits go.
    """
    personal = touchpoints.filter(pl.col("minutes") > 0, pl.col("state") == "planned").drop("day")
    before = NOTHING_STANDS if standing is None else standing.select(list(NOTHING_STANDS.columns))
    soon = pl.col("day") <= (freeze_until or date(1900, 1, 1))
    handed_over = pl.col("rank") <= LAST_HANDED_OVER
    return (
        personal.join(
            before.rename({"staff_id": "standing_staff_id"}), on="touchpoint_id", how="left"
        )
        .join(_substitutes(others or {}), on="staff_id", how="left")
        .join(NO_AREAS if areas is None else areas, on="touchpoint_id", how="left")
        .with_columns(rank(guaranteed_services(catalogue)))
        .with_columns(
            hold=pl.when(soon).then(Hold.SOON).otherwise(Hold.MOVABLE).cast(pl.Int8),
            others=pl.when(handed_over).then("others"),
        )
        .select(list(WORK))
    )


def guaranteed_services(catalogue: Catalogue | None) -> list[tuple[str, int]]:
    """The services that a catalogue guarantees, each with the priority of a class that has it."""
    return sorted(
        {
            (service.key, PRIORITY[segment])
            for service in (catalogue.services if catalogue else ())
            for segment, cell in service.segments.items()
            if cell.guaranteed
        }
    )


def _substitutes(others: Mapping[StaffId, Sequence[StaffId]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(staff_id, list(chain)) for staff_id, chain in others.items()],
        schema={"staff_id": pl.String, "others": pl.List(pl.String)},
        orient="row",
    )


def with_placed_days(touchpoints: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Frame ``TOUCHPOINTS`` with the days and people that levelling gave."""
    given = placed.select("touchpoint_id", _given="day", _doer="staff_id")
    return (
        touchpoints.join(given, on="touchpoint_id", how="left", maintain_order="left")
        .with_columns(day=pl.coalesce("_given", "day"), staff_id=pl.coalesce("_doer", "staff_id"))
        .select(list(TOUCHPOINTS))
    )


def _require_subjects(wanted: pl.DataFrame, catalogue: Catalogue) -> None:
    """Raise SubjectNotOfService if a touchpoint speaks of what its service does not."""
    kinds = {row.key: kind_of_row(row) for row in catalogue.services}
    spoken_of = wanted.select("service", "subject").drop_nulls().unique()
    for service, text in spoken_of.iter_rows():
        if subject := subject_of(text):
            require_subject(kinds[service], subject)


def _cells(catalogue: Catalogue) -> pl.DataFrame:
    """One row per service and segment with what the planner needs of both."""
    return pl.DataFrame(
        [
            {
                "service": service.key,
                "segment_cell": segment,
                "purpose": service.purpose,
                "duty": service.duty,
                "window": kind_of_row(service).window,
                "returns": kind_of_row(service).returns_on is not None,
                "raised": service.occasion == "raised",
                "outlives": service.served in ("leavers", "bereaved"),
                "channel": cell.channel,
                "minutes": cell.minutes + cell.travel_minutes,
                "fallback": cell.fallback,
                "fallback_minutes": cell.fallback_minutes,
                "window_days": cell.window_days,
                "who": cell.who,
            }
            for service in catalogue.services
            for segment, cell in service.segments.items()
        ],
        schema_overrides={"fallback": pl.String},
    )


def _who(staff_of: Mapping[Who, str]) -> pl.Expr:
    named = pl.col("who").replace_strict(dict(staff_of), default=None, return_dtype=pl.String)
    return pl.coalesce(named, "staff_id")


def _with_windows(wanted: pl.DataFrame, running: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """``earliest`` and ``latest``, never before ``as_of``.

    An interval's contact comes on its due day at the latest, else twelve months would take
    thirteen. A card is written so early that it arrives by the day, and a call never comes before a
    birthday. What is overdue gets a whole window from the day on which it is first seen to be; with
    a new one each day it would never end. With the mandate every window ends.
    """
    span = pl.duration(days=pl.col("window_days"))
    posted = pl.col("returns") & (pl.col("channel") == "card")
    written_by = pl.col("due") - timedelta(days=POSTAL_DAYS)
    earliest = (
        pl.when(pl.col("window") != "after")
        .then(pl.col("due") - span)
        .when(posted)
        .then(written_by - span)
        .otherwise("due")
    )
    missed = pl.col("raised") & (pl.col("due") + span < as_of)
    latest = (
        pl.when(posted)
        .then(written_by)
        .when(missed)
        .then(as_of + span)
        .when((pl.col("window") == "before") & (pl.col("because") != OVERDUE))
        .then("due")
        .otherwise(pl.col("due") + span)
    )
    overdue = pl.col("because") == OVERDUE
    overdue |= missed | ((pl.col("window") == "around") & (pl.col("due") == as_of))
    kept = pl.when(overdue).then(pl.min_horizontal("latest", "_ends")).otherwise("latest")
    return (
        wanted.join(running.rename({"latest": "_ends"}), on="touchpoint_id", how="left")
        .with_columns(earliest=pl.max_horizontal(earliest, pl.lit(as_of)), latest=latest)
        .with_columns(latest=pl.max_horizontal(pl.min_horizontal(kept, "_until"), "earliest"))
    )


def _with_days(wanted: pl.DataFrame, calendar: WorkingCalendar) -> pl.DataFrame:
    """Messages leave on the day they are due, congratulations even on a Sunday. On a closed day
    they leave on the next one, or on the one before if the due day is the last one."""
    meant = pl.max_horizontal("due", "earliest")
    days = wanted.select(meant.alias("day")).unique()["day"].to_list()
    following = {day: calendar.working_day_from(day) for day in days}
    before = {day: calendar.add_working_days(following[day], -1) for day in days}
    moved = meant.replace_strict(following, return_dtype=pl.Date) if days else meant
    sooner = meant.replace_strict(before, return_dtype=pl.Date) if days else meant
    is_last = (pl.col("window") == "before") & (moved > pl.col("latest"))
    moved = pl.when(is_last & (sooner >= pl.col("earliest"))).then(sooner).otherwise(moved)
    day = pl.when(pl.col("minutes") > 0).then(None).when("returns").then(meant).otherwise(moved)
    return wanted.with_columns(day=day)


def _with_ids(wanted: pl.DataFrame, agency: str) -> pl.DataFrame:
    key = pl.concat_str("customer_id", "service", "occurrence", separator=key_separator())
    rank = pl.col("segment").replace_strict(PRIORITY, return_dtype=pl.Int8)
    return wanted.with_columns(
        pl.Series(
            "touchpoint_id",
            touchpoint_ids(agency, wanted.select(key).to_series()),
            dtype=pl.String,
        ),
        priority=pl.when("duty").then(pl.lit(0, dtype=pl.Int8)).otherwise(rank),
        minutes=pl.col("minutes").cast(pl.Int64),
    )
