"""Answers to batches, item by item, and the lists of a customer's contracts and consents.

A batch comes as ``{"items": [...]}`` or as NDJSON.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.customers import Consent, ConsentChannel, ConsentPurpose, Contract
from shared.contracts.problems import Document
from shared.contracts.vocabulary import ContractId, Strict


class BatchItem(Strict):
    """The result of one item; ``index`` counts from 0 in the order sent."""

    index: Annotated[int, Field(ge=0)]
    id: str | None = Field(description="The item's own id, where it could be read.")
    state: Literal["created", "updated", "unchanged", "refused"]
    problem: Document | None = Field(default=None, description="Why it was refused.")


class BatchAnswer(Strict):
    """One answer for each item, in the order sent; a refused item does not touch the others."""

    items: list[BatchItem]
    refused: Annotated[int, Field(ge=0)]
    revision: Annotated[int | None, Field(ge=0)] = None
    """How far the feed reached with them; null if nothing was written."""


class ListedContract(Contract):
    """A contract with its id."""

    contract_id: ContractId


class ContractList(Strict):
    """All contracts of a customer, by id."""

    items: list[ListedContract]
    next_cursor: str | None = None


class ListedConsent(Consent):
    """One consent or refusal of a customer for a purpose and channel."""

    purpose: ConsentPurpose
    channel: ConsentChannel


class ConsentList(Strict):
    """Every consent and refusal of a customer; the first of a purpose and channel is in force."""

    items: list[ListedConsent]
    next_cursor: str | None = None
