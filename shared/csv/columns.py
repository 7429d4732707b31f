"""The columns of a list, and a row of their values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T_co]):
    """One column: its German header, what else it is called, and how its cells are read.

    A ``required`` column must exist and have no empty cell. In a ``lenient`` one, a cell that
    cannot be read becomes a `DoubtfulCell` and counts as empty instead of rejecting its row.
    Cells of a column that ``names_row`` tell whose row it is. ``word_kind`` names the list of
    words that its cells are from. Columns with the same header read parts of the same cells.
    """

    name: str
    header: str
    parse: Callable[[str], T_co]
    aliases: tuple[str, ...] = ()
    required: bool = False
    lenient: bool = False
    names_row: bool = False
    word_kind: str = ""


def names_of(*columns: Column[object]) -> tuple[str, ...]:
    """The names of columns that are asked for together, row by row."""
    return tuple(column.name for column in columns)


class ColumnPlaces(dict[str | tuple[str, ...], Callable[[tuple[Any, ...]], Any]]):
    """What takes the value of a column, by its name, or of several at once, out of a row's."""

    def __init__(self, columns: Sequence[Column[object]]) -> None:
        super().__init__()
        self._places = {column.name: place for place, column in enumerate(columns)}

    def __missing__(self, names: str | tuple[str, ...]) -> Callable[[tuple[Any, ...]], Any]:
        wanted = (names,) if isinstance(names, str) else names
        self[names] = itemgetter(*[self._places[name] for name in wanted])
        return self[names]


@dataclass(slots=True)  # not frozen: there is one of each row, and frozen ones take thrice as long
class Row:
    """One data row: ``values`` stand in the order of the columns asked for, None if empty.

    ``line`` is the first physical line of the row, counted from 1.
    """

    line: int
    values: tuple[Any, ...]
    places: ColumnPlaces

    def __getitem__(self, column: Column[T_co]) -> T_co | None:
        value: T_co | None = self.places[column.name](self.values)
        return value

    def several(self, names: tuple[str, ...]) -> tuple[Any, ...]:
        """The values of several columns at once (`names_of`), in a third of the time."""
        values: tuple[Any, ...] = self.places[names](self.values)
        return values

    def filled(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Those of these columns that have a value, by name."""
        values = zip(names, self.several(names), strict=True)
        return {name: value for name, value in values if value is not None}
