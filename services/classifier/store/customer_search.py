"""Customers by what a caller knows of them. SQL text, because the numbers have indexes of
expressions."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from typing import Final

from services.classifier.domain.erasure import compact
from services.classifier.store.merge_tables import CUSTOMER_NUMBERS_ELSEWHERE
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSearch:
    """What is known; all that is given must hold."""

    identity: str | None = None
    contract_number: str | None = None
    email: str | None = None
    postcode: str | None = None
    name: str | None = None
    phone: str | None = None
    changed_since: datetime | None = None
    segment: Segment | None = None


EVERYBODY: Final = CustomerSearch()

SMALL: Final = 'lower(({}) COLLATE "pg_c_utf8")'
"""Small letters whatever the locale of the database; under C, `Ö` would stay as it is."""
_NOT_DIALLED: Final = (
    (r"\(0\)|[^0-9+]", ""),
    ("^00", "+"),
    (r"^(\+49|0)(?=[0-9])", ""),
)
"""Patterns of a phone number and what stands in their place, one after the other. Each means the
same to Python and to PostgreSQL. A number that is no more than a prefix keeps it."""
DIALLED: Final = reduce(
    lambda number, each: f"regexp_replace({number}, '{each[0]}', '{each[1]}', 'g')",
    _NOT_DIALLED,
    "{}",
)
"""`dialled` as an expression of SQL."""
_NAMES: Final = "concat_ws(' ', title, first_name, last_name, company_name, contact_person)"
_CLAUSES: Final[Mapping[str, str]] = {
    "identity": f"""
        ({CUSTOMER_NUMBERS_ELSEWHERE} ? CAST(:identity AS text) AND identities <> '{{}}'
         OR identities ->> split_part(:identity, ':', 1)
            = substr(:identity, length(split_part(:identity, ':', 1)) + 2))""",
    "contract_number": """
        customer_id IN (SELECT contract.customer_id FROM contract
                         WHERE contract.agency_id = :agency
                           AND contract.number_key = :contract_number)""",
    "email": f"{SMALL.format('email')} = {SMALL.format(':email')}",
    "postcode": "postcode = :postcode",
    "name": f"{SMALL.format(_NAMES)} LIKE ALL (CAST(:name AS text[]))",
    "phone": f"{DIALLED.format('phone')} = :phone",
    "changed_since": "updated_at >= :changed_since",
    "segment": """
        unit_id IN (SELECT care_class.unit_id FROM care_class
                     WHERE care_class.agency_id = :agency AND care_class.segment = :segment)""",
}


async def found_ids_after(
    transaction: Transaction, search: CustomerSearch, *, after: CustomerId, limit: int
) -> list[CustomerId]:
    """The next ids of those of whom all that is given holds, in byte order."""
    asked = {name: value for name, value in asdict(search).items() if value is not None}
    clauses = "".join(f" AND {_CLAUSES[name]}" for name in asked)
    values: dict[str, str | int | datetime | list[str]] = {
        **asked, "after": after, "limit": limit
    }  # fmt: skip
    if search.contract_number is not None:
        values["contract_number"] = compact(search.contract_number)
    if search.name is not None:
        values["name"] = [f"%{_as_written(each)}%" for each in search.name.lower().split()]
    if search.phone is not None:
        values["phone"] = dialled(search.phone)
    found = await transaction.execute(
        f"""
        SELECT customer_id FROM customer
         WHERE agency_id = :agency AND customer_id > :after {clauses}
         ORDER BY customer_id LIMIT :limit
        """,
        values,
    )
    return list(found.scalars())


def dialled(phone: str) -> str:
    """The digits of a number without what is dialled from abroad: ``+49 (0) 3464 5555`` and
    ``03464/5555`` are the same. A foreign one keeps its country: ``0041 …`` is ``+41 …``."""
    for pattern, replacement in _NOT_DIALLED:
        phone = re.sub(pattern, replacement, phone)
    return phone


def _as_written(word: str) -> str:
    """The word as a pattern of LIKE that means nothing but itself."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
