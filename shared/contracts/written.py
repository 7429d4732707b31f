"""Records as they are answered once they are written: with the revision to wait for."""

from typing import TypeVar

from pydantic import Field

from shared.contracts.customers import Contract, Customer
from shared.contracts.vocabulary import Revision, Strict

Record = TypeVar("Record", Customer, Contract)


class Written(Strict):
    """How far the feed reached with what was written."""

    revision: Revision | None = Field(
        default=None,
        description="`?wait_for=` of the classification waits for it; also in the header "
        "`Kundentakt-Revision`.",
    )


class WrittenCustomer(Customer, Written):
    """Answer of PUT and PATCH of a customer. It can be put again: the revision is passed over."""

    def record(self) -> Customer:
        """The customer alone."""
        return _part(Customer, self)


class WrittenContract(Contract, Written):
    """Answer of PUT and PATCH of a contract. It can be put again: the revision is passed over."""

    def record(self) -> Contract:
        """The contract alone."""
        return _part(Contract, self)


def _part(model: type[Record], whole: Strict) -> Record:
    values = {name: getattr(whole, name) for name in model.model_fields}
    told = whole.model_fields_set & set(values)
    return model.model_construct(_fields_set=set(told), **values)
