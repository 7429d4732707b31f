"""What a slice tells, as whoever writes it wants it: mostly as rows, seldom as items."""

from collections.abc import Sequence
from typing import Any

from services.classifier.importers.new_records import NewRecords, items_of
from services.classifier.importers.reading import Item


class ToldItems:
    """The items of a slice; ``new`` are its records as rows, for the case that none is known.

    To another process the rows go alone if there are any: items cost as much as all the rest, and
    nobody asks for those of new records. If somebody does, they are made of the rows.
    """

    def __init__(self, items: Sequence[Item], new: NewRecords | None = None) -> None:
        self._items: Sequence[Item] | None = items
        self.new = new

    def items(self) -> Sequence[Item]:
        """The items, in the order of the file."""
        if self._items is None:
            assert self.new is not None
            self._items = items_of(self.new)
        return self._items

    def __getstate__(self) -> dict[str, Any]:
        return {"_items": self._items if self.new is None else None, "new": self.new}
