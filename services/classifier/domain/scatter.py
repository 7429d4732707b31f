"""Revenue × potential: points of a small book, cells of a large one."""

from typing import Final

import polars as pl

from services.classifier.domain.thresholds import Calibration
from shared.contracts.book import Scatter, ScatterCell, ScatterPoint

POINTS_AT_MOST: Final = 5_000
GRID: Final = 40
"""Cells along each side, of equal width up to the value that 98 % do not exceed.

The first is open below and the last above: a linear grid up to the largest unit would show
everybody else in one cell.
"""


def scatter(units: pl.DataFrame, *, calibration: Calibration) -> Scatter:
    """Every classified and scored unit of UNIT_FIGURES, once, as a point or in a cell."""
    shown = units.filter(pl.col("segment").is_not_null() & ~pl.col("objects"))
    few = shown.height <= POINTS_AT_MOST
    return Scatter(
        points=_points(shown) if few else [],
        cells=[] if few else _cells(shown),
        revenue_threshold_cents=calibration.revenue_cents,
        potential_threshold_cents=calibration.potential_cents,
    )


def _points(units: pl.DataFrame) -> list[ScatterPoint]:
    rows = units.sort("unit_id").select("unit_id", "segment", "revenue_cents", "potential_cents")
    return [ScatterPoint.model_validate(row) for row in rows.iter_rows(named=True)]


def _cells(units: pl.DataFrame) -> list[ScatterCell]:
    widths = {axis: _width(units[f"{axis}_cents"]) for axis in ("revenue", "potential")}
    placed = units.select(
        "segment",
        *(
            (pl.col(f"{axis}_cents") // width).clip(0, GRID - 1).alias(axis)
            for axis, width in widths.items()
        ),
    )
    counts = placed.group_by("revenue", "potential", "segment").len("units")
    cells = []
    for row in counts.sort("revenue", "potential", "segment").iter_rows(named=True):
        borders: dict[str, int | None] = {}
        for axis, width in widths.items():
            place = row[axis]
            borders[f"{axis}_from_cents"] = place * width if place else None
            borders[f"{axis}_to_cents"] = (place + 1) * width if place < GRID - 1 else None
        cells.append(
            ScatterCell.model_validate(
                {**borders, "segment": row["segment"], "units": row["units"]}
            )
        )
    return cells


def _width(values: pl.Series) -> int:
    """The width of a cell in cents, whole euros, at least one."""
    high = values.quantile(0.98) or 0.0
    return max(100, -(-int(high) // (GRID - 1) // 100) * 100)
