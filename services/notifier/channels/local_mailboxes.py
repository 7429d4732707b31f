"""The mailboxes of a local installation, which stand in for those of customers.

A real mail server hands mails on, and they are the customers' own then. Here they lie in a folder
of ours, so an erasure reaches them.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final
from uuid import UUID

HEADER_BYTES: Final = 8192
_MESSAGE_ID: Final = re.compile(rb"^Message-ID:\s*<([0-9a-f-]{36})@", re.IGNORECASE | re.MULTILINE)


def remove_mails(directory: Path, message_ids: Collection[UUID]) -> int:
    """Delete the mails of these messages and return how many there were. Blocking."""
    wanted = {str(each) for each in message_ids}
    removed = 0
    for path in directory.glob("*.eml") if wanted else ():
        with path.open("rb") as file:
            found = _MESSAGE_ID.search(file.read(HEADER_BYTES))
        if found and found[1].decode() in wanted:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
