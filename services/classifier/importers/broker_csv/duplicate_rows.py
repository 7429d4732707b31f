"""Numbers that stand twice in one list: the first row counts, and a conflict is told."""

from collections.abc import Iterator

from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    ReadInteraction,
    RejectedRow,
    Warning_,
)

ROW_IDS = "row-"  # made from the row itself and an ordinal: never twice

Record = ReadCustomer | ReadContract | ReadCommission | ReadInteraction


def without_doubles(items: Iterator[Item]) -> Iterator[Item]:
    """The items without repeated records; a repetition with other content is rejected.

    Otherwise the last row would win in silence. Remembered is a hash, because a list may have a
    million rows.
    """
    seen: dict[tuple[type, str], tuple[int, int]] = {}
    for item in items:
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


def _content(item: Record) -> object:
    """What a record says, without where it stood and which columns told it."""
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
