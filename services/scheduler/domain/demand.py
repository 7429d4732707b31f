"""Every occurrence of every service that falls due, before the law and the calendar are asked.

How occurrences are counted is said in ``services``, because planning again must name them alike.

A household gets a personal contact once, through its contact person, and messages go to each
customer. The service says which (``reach``).
"""

from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from services.scheduler.domain.campaigns import campaign_days
from services.scheduler.domain.intervals import HORIZON_MONTHS, OVERDUE, Book, first_dues
from services.scheduler.domain.permission import under_age
from services.scheduler.domain.services import (
    BECAUSE_OF,
    BECAUSE_OF_START,
    Returning,
    kind_of_row,
)
from services.scheduler.domain.touchpoint_ids import (
    Days,
    Ints,
    add_months,
    unit_phases,
)
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import Catalogue, Cell, Segment, Service
from shared.contracts.vocabulary import CustomerId

DUE_OCCURRENCES: Final = pl.Schema(
    {
        "customer_id": pl.String,
        "service": pl.String,
        "segment_cell": pl.String,
        "occurrence": pl.String,
        "due": pl.Date,
        "because": pl.String,
        "subject": pl.String,
    }
)
"""What falls due; ``segment_cell`` names the cell of the catalogue that promised it."""

NO_OCCURRENCES: Final = pl.DataFrame(schema=DUE_OCCURRENCES)


def with_contacts_and_phases(customers: pl.DataFrame) -> pl.DataFrame:
    """The customers with one contact person marked per unit, and each unit's place in the year.

    The contact is the living member with a mandate who has been a customer longest. Adults come
    before minors, and the lower id decides a tie.
    """
    order = customers.sort(
        "unit_id",
        pl.col("death_date").is_not_null(),
        pl.col("mandate") != "held",
        under_age(customers, on="care_since"),
        pl.col("customer_since").fill_null(date(9999, 1, 1)),
        "customer_id",
    )
    contacts = order.unique("unit_id", keep="first", maintain_order=True).select(
        "customer_id", contact=pl.lit(value=True)
    )
    units = customers.select("unit_id").unique("unit_id", maintain_order=True)
    phases = units.with_columns(phase=pl.Series(unit_phases(units["unit_id"])))
    return (
        customers.join(contacts, on="customer_id", how="left")
        .join(phases, on="unit_id", how="left")
        .with_columns(pl.col("contact").fill_null(value=False))
    )


def due_occurrences(book: Book, catalogue: Catalogue, calendar: WorkingCalendar) -> pl.DataFrame:
    """``DUE_OCCURRENCES``: what the catalogue promises from ``as_of`` for twelve months."""
    present = set(book.customers["segment"].unique())
    present |= {higher for lower, higher in catalogue.raised_to.items() if lower in present}
    parts = [
        _of_cell(book, catalogue, service, segment, cell, calendar)
        for service in catalogue.services
        for segment, cell in service.segments.items()
        if segment in present
    ]
    return pl.concat(
        [
            NO_OCCURRENCES,
            *(part.select(list(DUE_OCCURRENCES)) for part in parts if part is not None),
        ]
    )


def _of_cell(
    book: Book,
    catalogue: Catalogue,
    service: Service,
    segment: Segment,
    cell: Cell,
    calendar: WorkingCalendar,
) -> pl.DataFrame | None:
    if service.occasion == "raised" and not (book.occasions["service"] == service.key).any():
        return None
    people = _served(book.customers, catalogue, service, segment)
    if people.is_empty():
        return None
    kind = kind_of_row(service)
    if service.occasion == "raised":
        found = _raised(book, people, service)
    elif kind.looks_at_gaps:
        found = _developments(book, people, service, cell, _yearly(catalogue, segment, cell))
    elif kind.returns_on is not None:
        found = _yearly_returns(book, people, cell, kind.returns_on)
    elif kind.counted_by == "month":
        found = _campaigns(book, people, service, cell, calendar)
    elif kind.counted_by == "once":
        found = _starts(book, people, cell)
    elif not cell.on_request:
        found = _intervals(book, people, service, cell, _months_between(cell))
    else:
        return None
    named = found.with_columns(service=pl.lit(service.key), segment_cell=pl.lit(segment))
    return named.join(
        book.history.filter(pl.col("service") == service.key).select("customer_id", "occurrence"),
        on=["customer_id", "occurrence"],
        how="anti",
    )


def who_gets(customers: pl.DataFrame, catalogue: Catalogue, service: Service) -> set[CustomerId]:
    """Those of the frame ``CUSTOMERS`` whom a service is for that is raised for them."""
    return {
        customer_id
        for segment in service.segments
        for customer_id in _served(customers, catalogue, service, segment)["customer_id"]
    }


def _served(
    customers: pl.DataFrame, catalogue: Catalogue, service: Service, segment: Segment
) -> pl.DataFrame:
    """Customers who get this segment's standard of care, and whom the service is for."""
    standard = pl.col("segment")
    if not kind_of_row(service).looks_at_gaps:  # an earned level raises care, not selling
        raised = standard.replace(dict(catalogue.raised_to))
        standard = pl.when(pl.col("service_level") == "high").then(raised).otherwise(standard)
    alive = pl.col("death_date").is_null()
    # Who has given notice is served until the last day, but nothing is sold to them any more.
    wooed = alive & (pl.col("mandate_ends_on").is_null() | (service.purpose == "service"))
    wanted = {
        "clients": wooed & (pl.col("mandate") == "held"),
        "newcomers": wooed & (pl.col("mandate") != "ended"),
        "leavers": alive,
        "bereaved": ~alive,
    }[service.served]
    if service.reach == "unit" and service.occasion != "raised":
        wanted = wanted & pl.col("contact")
    return customers.filter(wanted, standard == segment)


def _months_between(cell: Cell) -> int:
    return cell.interval_months or HORIZON_MONTHS


def _yearly(catalogue: Catalogue, segment: Segment, cell: Cell) -> int:
    """How many development contacts a year, less what another service counts for."""
    times = cell.times_per_year or HORIZON_MONTHS // _months_between(cell)
    other = catalogue.cell(cell.counts_in, segment) if cell.counts_in else None
    if other is None or other.interval_months is None:
        return times
    return max(0, times - HORIZON_MONTHS // other.interval_months)


def _intervals(
    book: Book, people: pl.DataFrame, service: Service, cell: Cell, months: int
) -> pl.DataFrame:
    first = first_dues(book, people, service, months, cell.window_days)
    rounds = [
        people.select("customer_id").with_columns(
            pl.Series("due", add_months(first.due, step * months)),
            pl.Series("n", first.number + step),
            late=first.late if step == 0 else pl.lit(value=False),
            step=pl.lit(step),
        )
        for step in range(-(-HORIZON_MONTHS // months) + 1)
    ]
    return (
        pl.concat(rounds)
        .filter(pl.col("due") < book.until)
        .with_columns(
            occurrence=pl.col("n").cast(pl.String),
            because=pl.when("late").then(pl.lit(OVERDUE)).otherwise(pl.lit("interval")),
            subject=pl.lit(None, dtype=pl.String),
        )
    )


def _developments(
    book: Book, people: pl.DataFrame, service: Service, cell: Cell, yearly: int
) -> pl.DataFrame:
    """One gap at a time, the best first. If the life situation is unknown, it is asked first."""
    if yearly == 0:
        return NO_OCCURRENCES
    active = people.filter(pl.col("development") == "active")
    slots = _intervals(book, active, service, cell, max(1, HORIZON_MONTHS // yearly))
    slots = slots.filter(pl.col("step") < yearly)
    best = (
        book.gaps.sort(["customer_id", "expected_cents", "line"], descending=[False, True, False])
        .with_columns(step=pl.int_range(pl.len(), dtype=pl.Int32).over("customer_id"))
        .select("customer_id", "step", "line")
    )
    asked = active.filter("potential_assumed").select("customer_id", asks=pl.lit(value=True))
    filled = slots.join(best, on=["customer_id", "step"], how="left").join(
        asked, on="customer_id", how="left"
    )
    first_asks = pl.col("asks").fill_null(value=False)
    return filled.filter(
        (first_asks & (pl.col("step") == 0)) | (~first_asks & pl.col("line").is_not_null())
    ).with_columns(
        subject=pl.when(~first_asks).then(pl.struct("line").struct.json_encode()),
        because=pl.when(first_asks).then(pl.lit("life_unknown")).otherwise(pl.lit("gap")),
    )


def _yearly_returns(
    book: Book, everybody: pl.DataFrame, cell: Cell, day: Returning
) -> pl.DataFrame:
    """The day comes round each year, or every ``every_months``; 29 February comes on the 28th."""
    every = max(1, _months_between(cell) // 12)
    known = pl.col(day).is_not_null()
    people = everybody.filter(
        known & (pl.col("kind") == "person") if day == "birth_date" else known
    )
    because = BECAUSE_OF[day]
    began = people[day].to_numpy().astype("datetime64[D]")
    born = began.astype("datetime64[Y]").astype(np.int64) + 1970
    return pl.concat(
        [
            _in_year(book, people, cell, began, y - born, every, because)
            for y in (book.as_of.year - 1, book.as_of.year, book.as_of.year + 1)
        ]
    )


def _in_year(
    book: Book,
    people: pl.DataFrame,
    cell: Cell,
    began: Days,
    years: Ints,
    every: int,
    because: str,
) -> pl.DataFrame:
    due = add_months(began, years * 12)
    return (
        people.select("customer_id")
        .with_columns(pl.Series("due", due), pl.Series("years", years))
        .filter(
            pl.col("years") > 0,
            pl.col("years") % every == 0,
            pl.col("due").is_between(
                book.as_of - timedelta(days=cell.window_days), book.until, closed="left"
            ),
        )
        .with_columns(
            occurrence=pl.col("due").dt.year().cast(pl.String),
            because=pl.lit(because),
            subject=pl.struct("years").struct.json_encode(),
        )
    )


def _campaigns(
    book: Book, people: pl.DataFrame, service: Service, cell: Cell, calendar: WorkingCalendar
) -> pl.DataFrame:
    return pl.concat(
        [
            NO_OCCURRENCES,
            *(
                people.select(
                    "customer_id",
                    due=pl.lit(day),
                    occurrence=pl.lit(f"{month:%Y-%m}"),
                    because=pl.lit("campaign"),
                    subject=pl.lit(None, dtype=pl.String),
                )
                for month, day in campaign_days(
                    service, cell, calendar, book.as_of, book.until, book.moved_campaigns
                )
            ),
        ],
        how="diagonal",
    )


def _starts(book: Book, people: pl.DataFrame, cell: Cell) -> pl.DataFrame:
    since = book.as_of - timedelta(days=cell.window_days)
    return people.filter(
        pl.col("customer_since").is_between(since, book.until, closed="left")
    ).select(
        "customer_id",
        due="customer_since",
        occurrence=pl.lit("1"),
        because=pl.lit(BECAUSE_OF_START),
        subject=pl.lit(None, dtype=pl.String),
    )


def _raised(book: Book, people: pl.DataFrame, service: Service) -> pl.DataFrame:
    return (
        book.occasions.filter(pl.col("service") == service.key, pl.col("day") < book.until)
        .join(people.select("customer_id"), on="customer_id", how="semi")
        .rename({"day": "due"})
    )
