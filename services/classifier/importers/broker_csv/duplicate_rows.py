"""Numbers that occur twice in one list: the first row counts, and a conflict is reported."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    ReadInteraction,
    RejectedRow,
    Warning_,
    contract_number_of,
)
from shared.contracts.lines import UNKNOWN_LINE

ROW_IDS = "row-"  # made from the row itself and an ordinal: never twice

LONGEST_ID: Final = 64  # characters, as the contracts have it

Record = ReadCustomer | ReadContract | ReadCommission | ReadInteraction


def without_doubles(items: Iterator[Item]) -> Iterator[Item]:
    """The items without repeated records; a repetition with other content is rejected.

    Otherwise the last row would win in silence. Only hashes are kept, because a list may have a
    million rows.
    """
    seen: dict[tuple[type, str], tuple[int, int]] = {}
    for item in _bundled(items):
        if isinstance(item, RejectedRow | Warning_):
            yield item
            continue
        number = _number(item)
        if number.startswith(ROW_IDS):
            yield item
            continue
        content = hash(repr(_content(item)))
        line, first = seen.setdefault((type(item), number), (item.line, content))
        if line == item.line:
            yield item
        elif first != content:
            yield _conflict(item, number, line)


def _bundled(items: Iterator[Item]) -> Iterator[Item]:
    """The items, with an id of its own for each further line under one contract number.

    Insurers bundle household, glass and liability under one number; each line is a contract.
    """
    first: dict[str, tuple[str, str]] = {}
    for item in items:
        if isinstance(item, ReadContract) and item.contract.line != UNKNOWN_LINE:
            holder, line = first.setdefault(
                item.contract_id, (item.customer_id, item.contract.line)
            )
            if holder == item.customer_id and line != item.contract.line:
                yield _bundle_line(item)
                code = contract_number_of(item.contract.gdv_line or item.contract.line)
                base = item.contract_id[: LONGEST_ID - 1 - len(code)]
                yield replace(item, contract_id=f"{base}.{code}")
                continue
        yield item


def _bundle_line(item: ReadContract) -> Warning_:
    return Warning_(
        line=item.line, column="", value=item.contract_id, code="bundle-line",
        reason_de="Unter dieser Nummer steht noch eine Sparte: als eigener Vertrag übernommen.",
        reason_en="One more line under this number; taken as a contract of its own.",
    )  # fmt: skip


def _content(item: Record) -> object:
    """Returns what a record says, without its line and its columns."""
    if isinstance(item, ReadCustomer):
        return item.customer, item.consents, item.objections
    if isinstance(item, ReadContract):
        return item.customer_id, item.contract
    return item.commission if isinstance(item, ReadCommission) else item.interaction


def _number(item: Record) -> str:
    if isinstance(item, ReadCustomer):
        return item.customer_id
    if isinstance(item, ReadContract):
        return item.contract_id
    if isinstance(item, ReadCommission):
        return item.commission.commission_id
    return item.interaction.interaction_id


def _conflict(item: Record, number: str, line: int) -> RejectedRow:
    return RejectedRow(
        line=item.line, column="", value=number, code="number-doubled",
        reason_de=f"Die Nummer {number} steht schon in Zeile {line} mit anderen Angaben; "
        "die erste Zeile gilt.",
        reason_en=f"The number {number} stands in line {line} already with other values; "
        "the first line counts.",
    )  # fmt: skip
