"""The names of a customer's row, in whichever columns they are written."""

from typing import Final, NamedTuple

from services.classifier.importers.broker_csv import customer_columns as c
from services.classifier.importers.broker_csv import joined_cells as joined
from services.classifier.importers.names import is_given_name
from shared.csv.files import Column, Row, names_of

_NAMES: Final = names_of(
    c.LAST_NAME, c.TITLE, c.FIRST_NAME, *joined.NAME_FIRST, *joined.GIVEN_NAME_FIRST,
    joined.NAME_2, joined.NAME_3,
)  # fmt: skip
LONGEST_NAME: Final = 120
WORDS_OF_A_GIVEN_NAME: Final = 3


class WrittenName(NamedTuple):
    """What stands in the columns of names.

    ``more`` are the further lines of insurers (``Name 2``, ``Name 3``): a company's name goes on in
    them, a person's given name stands in one. ``joined`` says that one cell held the whole name.
    """

    last: str | None
    title: str | None
    first: str | None
    more: tuple[tuple[Column[str], str], ...] = ()
    joined: bool = False

    @property
    def with_more(self) -> str | None:
        """The name with its further lines, as a company has it; None without a name."""
        if not self.more:
            return self.last
        lines = (self.last, *(text for _, text in self.more))
        return " ".join(each for each in lines if each)[:LONGEST_NAME] or None


def written_name(row: Row) -> WrittenName:
    """The names of the row; a column for each part counts before one for the whole name."""
    last, title, first, *joint, name_2, name_3 = row.several(_NAMES)
    whole = False
    for of_last, of_title, of_first in (joint[:3], joint[3:]):
        if last is None and of_last is not None:
            last, whole = of_last, True
            title, first = title or of_title, first or of_first
    more: tuple[tuple[Column[str], str], ...] = ()
    if name_2 or name_3:
        further = ((joined.NAME_2, name_2), (joined.NAME_3, name_3))
        more = tuple((column, text) for column, text in further if text is not None)
    return WrittenName(last=last, title=title, first=first, more=more, joined=whole)


def given_name_among(name: WrittenName) -> Column[str] | None:
    """Which further line of a person's name is the given name: the last one that may be one.

    None if the given name is known, or if none of the lines may be one (``c/o``, ``z. Hd.``).
    """
    if name.first is not None:
        return None
    for column, text in reversed(name.more):
        words = text.split()
        if len(words) <= WORDS_OF_A_GIVEN_NAME and all(map(is_given_name, words)):
            return column
    return None
