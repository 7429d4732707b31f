"""Customers who may be one person: proposals for somebody to decide."""

from typing import Literal

from shared.contracts.vocabulary import CustomerId, Strict


class PossibleDuplicate(Strict):
    """Customers with the same names, birth date and postcode; nothing was joined."""

    customer_ids: list[CustomerId]
    because: Literal["name-birth-date-postcode"]


class PossibleDuplicates(Strict):
    """All proposals, in the order of their first customer."""

    items: list[PossibleDuplicate]
    next_cursor: str | None = None
