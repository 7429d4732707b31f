"""Ways to mend an overload: a mildened row of the catalogue, customers for a colleague, hours.

These are candidates. Whether one mends is known only once the book was planned with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from services.scheduler.domain.carers import SEGMENT_RANK
from services.scheduler.domain.catalogues import forbidden
from shared.contracts.capacity import MendingKind
from shared.contracts.catalogues import Catalogue, Cell, Segment, Service
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import CustomerId, StaffId

OFFICE_MINUTES: Final = 60
"""A review in the office, where the starting catalogues have one at home with 90."""
WEEKS: Final = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """One change: of a cell of the catalogue (``field`` becomes ``value``; None: the class no
    longer has the service), of customers who go from ``staff_id`` to ``to_staff_id``, or of
    ``staff_id``'s weekly hours."""

    kind: MendingKind
    service: str | None = None
    segment: Segment | None = None
    field: str | None = None
    value: str | int | None = None
    staff_id: StaffId | None = None
    to_staff_id: StaffId | None = None
    customers: Sequence[CustomerId] = ()
    weekly_hours: float | None = None


def milder_rows(
    catalogue: Catalogue, services: Sequence[str]
) -> Iterator[tuple[Mending, Catalogue]]:
    """Lawful catalogues in which one class gets one of these services less often, nearer, or not
    at all; what is a duty stays."""
    for row in catalogue.services:
        if row.key not in services or row.duty:
            continue
        for segment, cell in sorted(row.segments.items()):
            for name, value, changed in _milder(row, cell):
                tried = _with_cell(catalogue, row, segment, changed)
                if forbidden(tried):
                    continue
                mending = Mending(
                    kind="catalogue", service=row.key, segment=segment, field=name, value=value
                )
                yield mending, tried


def _milder(row: Service, cell: Cell) -> Iterator[tuple[str, str | int | None, Cell | None]]:
    if cell.channel == "visit":
        near: dict[str, Any] = {
            "channel": "office",
            "travel_minutes": 0,
            "minutes": min(cell.minutes, OFFICE_MINUTES),
        }
        yield "channel", "office", cell.model_copy(update=near)
    if cell.every_months is not None:
        rarer = cell.every_months * 2
        yield "every_months", rarer, cell.model_copy(update={"every_months": rarer})
    if cell.times_per_year is not None and cell.times_per_year > 1:
        fewer = cell.times_per_year - 1
        yield "times_per_year", fewer, cell.model_copy(update={"times_per_year": fewer})
    if row.purpose != "service":
        yield "segments", None, None


def _with_cell(
    catalogue: Catalogue, row: Service, segment: Segment, cell: Cell | None
) -> Catalogue:
    cells = {key: each for key, each in row.segments.items() if key != segment}
    if cell is not None:
        cells[segment] = cell
    changed = row.model_copy(update={"segments": cells})
    services = [changed if each.key == row.key else each for each in catalogue.services]
    return catalogue.model_copy(update={"services": services})


def more_hours(people: Sequence[Staff], staff_id: StaffId, weekly_hours: float) -> list[Staff]:
    """The people, one of them with these weekly hours."""
    return [
        each.model_copy(update={"weekly_hours": weekly_hours})
        if each.staff_id == staff_id
        else each
        for each in people
    ]


def receivers(
    people: Sequence[Staff], loads: Mapping[StaffId, int], overloaded: Sequence[StaffId]
) -> list[Staff]:
    """Who could take customers over, whoever has the fewest minutes first."""
    able = [each for each in people if each.staff_id not in overloaded]
    return sorted(able, key=lambda each: (loads.get(each.staff_id, 0), each.staff_id))


def units_to_move(customers: pl.DataFrame, unplaced: pl.DataFrame) -> list[str]:
    """The units of these contacts, those who are promised least first."""
    ranked = (
        customers.filter(pl.col("unit_id").is_in(unplaced["unit_id"].unique().to_list()))
        .with_columns(_rank=pl.col("segment").replace_strict(dict(SEGMENT_RANK), default=9))
        .sort("_rank", "unit_id", descending=[True, False])
    )
    return ranked["unit_id"].unique(maintain_order=True).to_list()


def moved_to(customers: pl.DataFrame, units: Sequence[str], staff_id: StaffId) -> pl.DataFrame:
    """Frame ``CUSTOMERS`` with another carer for these units."""
    moved = pl.col("unit_id").is_in(list(units))
    return customers.with_columns(
        staff_id=pl.when(moved).then(pl.lit(staff_id)).otherwise("staff_id")
    )
