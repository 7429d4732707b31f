"""What an import tells about people and contracts that were found otherwise than a file names
them."""

from collections.abc import Sequence
from typing import Final

from services.classifier.importers.reading import (
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
)
from shared.contracts.vocabulary import CustomerId

CUSTOMER_NUMBER: Final = "Kundennummer"
"""The column of every broker list that names the customer."""
CONTRACT_NUMBER: Final = "Vertragsnummer"


def unknown_number(item: ReadCustomer, *, customer_id: CustomerId) -> Warning_:
    """The broker's number in the file is none of ours; somebody else holds these contracts."""
    return Warning_(
        line=item.line, column=CUSTOMER_NUMBER, value=item.customer_id,
        code="brokers-number-unknown",
        reason_de=f"Diese Nummer gibt es hier nicht; nach Vertrag oder Nummer beim Versicherer ist "
        f"es der Kunde {customer_id}.",
        reason_en="There is no such customer; the contract or the insurer's number tells that it "
        f"is {customer_id}.",
    )  # fmt: skip


def ambiguous_holder(item: ReadCustomer, *, holders: Sequence[CustomerId]) -> Warning_:
    """The contracts in the file are several customers' here: nobody was chosen."""
    named = ", ".join(holders[:5])
    return Warning_(
        line=item.line, column="", value=named, code="holder-ambiguous",
        reason_de=f"Die Verträge dieser Person stehen hier bei mehreren Kunden ({named}): als "
        "neuer Kunde übernommen; bitte prüfen und zusammenführen.",
        reason_en=f"Several customers hold this person's contracts ({named}); taken as a new "
        "customer. Please check and merge.",
    )  # fmt: skip


def other_holder(item: ReadContract, *, holder: CustomerId) -> Warning_:
    """The contract is known with somebody else; it stays there."""
    return Warning_(
        line=item.line, column=CUSTOMER_NUMBER, value=item.customer_id,
        code="contract-other-holder",
        reason_de=f"Dieser Vertrag steht hier beim Kunden {holder}: dort übernommen, nicht "
        "verdoppelt.",
        reason_en=f"The contract is known with customer {holder}; it was updated there.",
    )  # fmt: skip


def ambiguous_contract(item: ReadContract, among: Sequence[str]) -> RejectedRow:
    """The number stands for several contracts, and the file does not tell which."""
    named = ", ".join(among[:5])
    return RejectedRow(
        line=item.line, column=CONTRACT_NUMBER, value=item.contract.contract_number or "",
        code="contract-ambiguous",
        reason_de=f"Die Nummer steht hier für mehrere Verträge ({named}); welcher gemeint ist, ist "
        "nicht zu erkennen.",
        reason_en=f"The number stands for several contracts ({named}); which one is meant cannot "
        "be told.",
    )  # fmt: skip


def unknown_contract(item: ReadContract) -> RejectedRow:
    """The row names no customer, and no contract that is known."""
    return RejectedRow(
        line=item.line, column=CONTRACT_NUMBER, value=item.contract.contract_number or "",
        code="contract-unknown",
        reason_de="Die Zeile nennt keinen Kunden; ohne ihn wird nur ein Vertrag geändert, den es "
        "hier mit dieser Gesellschaft und Nummer gibt.",
        reason_en="The row names no customer; without one only a contract is changed that is known "
        "by this insurer and number.",
    )  # fmt: skip


def merged_away(item: ReadCustomer, *, into: CustomerId) -> Warning_:
    """The row's customer was merged: its consents count, its record stays aside."""
    return Warning_(
        line=item.line, column=CUSTOMER_NUMBER, value=item.customer_id, code="customer-merged",
        reason_de=f"Dieser Kunde wurde mit {into} zusammengeführt: Einwilligungen und Sperren "
        "gelten dort, die übrigen Angaben bleiben unberücksichtigt.",
        reason_en=f"This customer was merged into {into}; consents and objections count there, all "
        "else was left aside.",
    )  # fmt: skip
