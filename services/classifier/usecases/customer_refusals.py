"""Why nothing may be written for a customer, and whose a record is that names a merged one."""

from dataclasses import replace
from datetime import date
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel

from services.classifier.domain.records import RecordContradictory
from services.classifier.store.merges import merged_into
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


class OfCustomer(Protocol):
    """Anything that belongs to one customer."""

    @property
    def customer_id(self) -> CustomerId:
        """Whose it is."""
        ...


Record = TypeVar("Record", bound=OfCustomer)


class CustomerNotFound(Exception):
    """no customer has that id; send the customer first"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class CustomerIdReserved(Exception):
    """a route of the API has this name, so no customer can have it as an id; use another id"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class CustomerWasErased(Exception):
    """the customer was erased on request and cannot come back under this id; who becomes a
    customer anew gets a new id"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class CustomerWasMerged(Exception):
    """the customer's record went into another's, whose id is to be used"""

    def __init__(self, customer_id: CustomerId, into: CustomerId) -> None:
        super().__init__(f"{customer_id} is {into} now: {type(self).__doc__}")
        self.customer_id = customer_id
        self.into = into


async def absent(
    transaction: Transaction, customer_id: CustomerId
) -> CustomerNotFound | CustomerWasMerged:
    """Why there is no customer of this id."""
    into = (await merged_into(transaction, [customer_id])).get(customer_id)
    return CustomerNotFound(customer_id) if into is None else CustomerWasMerged(customer_id, into)


async def refuse_merged(transaction: Transaction, customer_id: CustomerId) -> None:
    """Raises CustomerWasMerged: who names one customer by an id must hear that it is another's."""
    into = (await merged_into(transaction, [customer_id])).get(customer_id)
    if into is not None:
        raise CustomerWasMerged(customer_id, into)


class ConnectionToItself(Exception):
    """a customer is connected with themselves; leave that connection out"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.pointers = [{"pointer": "/connections", "detail": f"must not name {customer_id}"}]


class BirthDateInFuture(Exception):
    """a birth date lies after today, in the agency's time zone"""

    def __init__(self, birth_date: date, *, today: date) -> None:
        super().__init__(f"{birth_date} is later than {today}: {type(self).__doc__}")
        self.birth_date = birth_date
        self.pointers = [{"pointer": "/birth_date", "detail": f"must not be after {today}"}]


class DeathDateInFuture(Exception):
    """a date of death lies after today, in the agency's time zone"""

    def __init__(self, death_date: date, *, today: date) -> None:
        super().__init__(f"{death_date} is later than {today}: {type(self).__doc__}")
        self.death_date = death_date
        self.pointers = [{"pointer": "/death_date", "detail": f"must not be after {today}"}]


Refusal = (
    CustomerNotFound
    | CustomerIdReserved
    | CustomerWasErased
    | CustomerWasMerged
    | BirthDateInFuture
    | DeathDateInFuture
    | RecordContradictory
)


def of_customer(record: Record, customer_id: CustomerId | None) -> Record:
    """The record as another customer's; as it is if None."""
    if customer_id is None:
        return record
    if isinstance(record, BaseModel):
        return record.model_copy(update={"customer_id": customer_id})
    return cast(Record, replace(cast(Any, record), customer_id=customer_id))
