"""What a slice tells, as whoever writes it wants it: mostly as rows, seldom as items."""

import pickle
from collections.abc import Sequence
from typing import Any

from services.classifier.importers.new_records import NewRecords
from services.classifier.importers.reading import Item


class ToldItems:
    """The items of a slice; ``new`` are its records as rows, for the case that none is known.

    From another process the items come packed: unpacking them costs as much as all the rest, and
    those of new records nobody asks for.
    """

    def __init__(self, items: Sequence[Item] | bytes, new: NewRecords | None = None) -> None:
        self._items = items
        self.new = new

    def items(self) -> Sequence[Item]:
        """The items, in the order of the file."""
        if isinstance(self._items, bytes):
            unpacked: Sequence[Item] = pickle.loads(self._items)
            self._items = unpacked
        return self._items

    def __reduce__(self) -> tuple[Any, ...]:
        return ToldItems, (pickle.dumps(self.items(), pickle.HIGHEST_PROTOCOL), self.new)
