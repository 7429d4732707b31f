"""E-mail addresses of the common form, recognised at a glance.

The full check of an address (RFC 5321, 6531) takes a hundred times as long, and a list of customers
has an address in each row. It is needed only for what is not of this form.
"""

import re
from functools import lru_cache
from typing import Final

from email_validator import SPECIAL_USE_DOMAIN_NAMES

LONGEST_LOCAL: Final = 64
LONGEST: Final = 254
PLAIN: Final = re.compile(
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)"
    r"@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})"
)
_NOBODYS: Final = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


@lru_cache(maxsize=8192)
def is_plain_e_mail(text: str) -> bool:
    """Whether the text is an address that the full check would return unchanged; False says
    nothing. A list asks twice, for the cell and for the record."""
    match = PLAIN.fullmatch(text)
    if match is None or len(text) > LONGEST or len(match[1]) > LONGEST_LOCAL:
        return False
    return "--" not in match[2] and not f".{match[2]}".endswith(_NOBODYS)
