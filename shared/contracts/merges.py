"""Two records of one customer, merged on a person's word."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.bounds import SaysSomething
from shared.contracts.vocabulary import CustomerId, Strict


class MergeOrder(Strict):
    """Into whose record a customer's goes, and why somebody says that both are one."""

    into: CustomerId
    reason: Annotated[
        str,
        Field(min_length=3, max_length=500, examples=["Dubletten nach Heirat"]),
        SaysSomething(),
    ]


class Merge(Strict):
    """A merge; by its id it can be undone."""

    merge_id: UUID
