"""Many ids as one parameter of a statement.

The driver looks at each value of an array whether it is an array itself, which costs more than all
else of a statement about thousands of ids. One text goes as it is, and PostgreSQL parts it::

    await transaction.execute(
        f"SELECT … WHERE customer_id = ANY({parted('ids')})", {"ids": id_list(customer_ids)}
    )
"""

from collections.abc import Collection
from typing import Final

SEPARATOR: Final = "\x1f"
"""The unit separator of ASCII, which no id holds."""


def id_list(ids: Collection[str]) -> str:
    """The ids in one text; raises ValueError if one of them holds the separator."""
    text = SEPARATOR.join(ids)
    if text.count(SEPARATOR) != max(len(ids) - 1, 0):
        raise ValueError("an id holds the separator of ids")
    return text


def parted(parameter: str) -> str:
    """The SQL that makes an array of the `id_list` in this parameter."""
    return f"string_to_array(:{parameter}, chr({ord(SEPARATOR)}))"
