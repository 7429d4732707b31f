"""What one source tells of a record at one time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.classifier.domain.records import Fields

INSURERS: Final = "gdv:"
"""How the names of sources begin whose files come from an insurer."""
LISTS: Final = "csv:"
"""How the names of the broker's own lists begin."""

EVENTS: Final = "event:"
"""How the names of sources begin that send events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one source tells at one time: the fields it names, with their values.

    ``empty`` are fields whose cells were there and empty. ``final``: the present statement of the
    broker's system or of a person, which no clock calls old. ``whole``: a record sent as a whole.
    ``act``: something that happened, as a death or a cancellation.
    """

    source: str
    at: datetime
    fields: Fields
    empty: frozenset[str] = frozenset()
    final: bool = False
    whole: bool = False
    act: bool = False

    @property
    def from_file(self) -> bool:
        """Whether it comes from a file."""
        return self.insurers or self.source.startswith(LISTS)

    @property
    def insurers(self) -> bool:
        """Whether it comes from an insurer's file."""
        return self.source.startswith(INSURERS)
