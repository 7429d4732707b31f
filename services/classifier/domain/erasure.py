"""What an erased customer is remembered by, each as one text of which a digest is kept.

An old file, or an insurer's delivery, may name the customer by another number than ours.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from services.classifier.domain.contract_matching import number_key, plain_number

SHORTEST_NUMBER: Final = 5
"""A shorter contract number alone, without its insurer, may be anybody's."""

ERASED_DE: Final = "Gelöscht (Art. 17 DSGVO)."
ERASED_EN: Final = "Erased (art. 17 GDPR)."
"""What stands in a remark in place of its reason, which may quote the value."""


def compact(number: str) -> str:
    """A number without blanks, points and zeros in front, in capitals."""
    return number_key(plain_number(number))


def remembered_of_contract(insurer_number: str | None, number: str) -> Iterator[str]:
    """Texts that remember a contract of the customer."""
    key = compact(number)
    if len(key) >= SHORTEST_NUMBER:
        yield f"number:{key}"
    yield f"contract:{compact(insurer_number)}:{key}" if insurer_number else f"any:{key}"


def asked_of_contract(insurer_number: str | None, number: str) -> Iterator[str]:
    """Texts under which a contract that a source names may be remembered: by its insurer's number
    where the source tells it, and by the number alone where one of the two does not."""
    key = compact(number)
    if not key:
        return
    if insurer_number:
        yield f"contract:{compact(insurer_number)}:{key}"
        if len(key) >= SHORTEST_NUMBER:
            yield f"any:{key}"
    elif len(key) >= SHORTEST_NUMBER:
        yield f"number:{key}"


def of_row(number: str) -> str:
    """The text of a number by which a row of a file may name the customer."""
    return f"row:{number}"


def of_identities(identities: Iterable[str]) -> Iterator[str]:
    """Texts of numbers that other systems know the customer by."""
    return (f"identity:{compact(each)}" for each in identities if compact(each))
