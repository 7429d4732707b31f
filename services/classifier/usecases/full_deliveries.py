"""Deliveries that hold all that their source knows: what they no longer contain is told.

Nothing is deleted or ended for it. Who left a delivery may have gone to another broker, or have
been left out by mistake: a person decides.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from services.classifier.domain.erasure import compact
from services.classifier.importers.any_file import UnreadableFile
from services.classifier.importers.reading import Item, ReadContract, ReadCustomer
from services.classifier.store import full_deliveries
from services.classifier.store.full_deliveries import DeliveredRecord, MissingRecord
from services.classifier.store.imports import ClaimedImport, import_job, insert_rejections
from services.classifier.usecases.commission_remarks import CONTRACT_NUMBER
from services.classifier.usecases.meeting_remarks import CUSTOMER_NUMBER
from shared.contracts.imports import ImportRejection
from shared.db.database import Transaction

_OF_CUSTOMERS: Final = frozenset({"customers", "customers_and_contracts", "gdv"})
_OF_CONTRACTS: Final = frozenset({"contracts", "customers_and_contracts", "gdv"})
GDV: Final = "gdv"


class NoStock(UnreadableFile):
    """Bookings and contacts are no stock: none of them is missing because it is not in a file."""

    code = "no-full-delivery"

    def __init__(self) -> None:
        super().__init__(
            "Eine Abrechnung oder Kontaktliste kann keine Gesamtlieferung sein; nur Kunden und "
            "Verträge werden verglichen.",
            "A statement or a list of contacts is no full delivery; only customers and contracts "
            "are compared. Send it without delivery=full.",
        )


def require_stock(list_kind: str) -> None:
    """Raise `NoStock` if a file of this kind can be no full delivery."""
    if list_kind not in _OF_CUSTOMERS | _OF_CONTRACTS:
        raise NoStock


def contained(items: Sequence[Item]) -> Iterator[DeliveredRecord]:
    """What a slice contains, whether or not it can be taken, by the ids that are known here."""
    for item in items:
        if isinstance(item, ReadCustomer):
            yield DeliveredRecord(item.carried.source, item.customer_id, None)
        elif isinstance(item, ReadContract):
            yield DeliveredRecord(item.carried.source, item.customer_id, item.contract_id)


async def tell_missing(transaction: Transaction, claimed: ClaimedImport, *, today: date) -> None:
    """Tell, behind all other remarks, what a delivery that is through no longer contains."""
    job = await import_job(transaction, claimed.import_id)
    if job is None:
        return
    customers: list[MissingRecord] = []
    contracts: list[MissingRecord] = []
    for source in await _sources(transaction, claimed, job.list_kind):
        if job.list_kind in _OF_CUSTOMERS:
            customers += await full_deliveries.missing_customers(
                transaction, claimed.import_id, source=source
            )
        if job.list_kind in _OF_CONTRACTS:
            contracts += await full_deliveries.missing_contracts(
                transaction, claimed.import_id, source=source, today=today
            )
    unread = await full_deliveries.rows_of_nobody(transaction, claimed.import_id)
    remarks = list(_remarks(customers, contracts, unread, first=job.rejected + job.warnings + 1))
    names = {each.number: compact(each.value or "") for each in remarks}
    await insert_rejections(transaction, claimed.import_id, remarks, row_names=names)
    await full_deliveries.keep_missing(
        transaction, claimed.import_id,
        customers=len(customers), contracts=len(contracts), remarks=len(remarks),
    )  # fmt: skip


async def _sources(
    transaction: Transaction, claimed: ClaimedImport, list_kind: str | None
) -> Iterable[str]:
    """An insurer speaks for its own stock; the broker's lists are one source, empty ones too."""
    if list_kind != GDV:
        return ("csv:",)
    return await full_deliveries.sources_delivered(transaction, claimed.import_id)


def _remarks(
    customers: Sequence[MissingRecord],
    contracts: Sequence[MissingRecord],
    unread: int,
    *,
    first: int,
) -> Iterator[ImportRejection]:
    number = first
    if unread and (customers or contracts):
        yield _remark(
            number, "", str(unread), "missing-may-be-unread",
            f"{unread} Zeilen waren nicht lesbar und nennen niemanden: was unten als fehlend "
            "gemeldet wird, kann darunter sein.",
            f"{unread} rows could not be read and name nobody; what is told as missing may be "
            "among them.",
        )  # fmt: skip
        number += 1
    for each in customers:
        yield _remark(
            number, CUSTOMER_NUMBER, each.customer_id, "customer-no-longer-delivered",
            "Dieser Kunde steht nicht mehr in der Gesamtlieferung; er bleibt hier unverändert.",
            "The full delivery no longer contains this customer, who stays as known.",
        )  # fmt: skip
        number += 1
    for each in contracts:
        yield _remark(
            number, CONTRACT_NUMBER, each.number, "contract-no-longer-delivered",
            f"Dieser Vertrag von Kunde {each.customer_id} ({each.contract_id}) steht nicht mehr in "
            "der Gesamtlieferung; er bleibt hier unverändert.",
            f"The full delivery no longer contains this contract of customer {each.customer_id} "
            f"({each.contract_id}), which stays as known.",
        )  # fmt: skip
        number += 1


def _remark(
    number: int, column: str, value: str, code: str, reason_de: str, reason_en: str
) -> ImportRejection:
    return ImportRejection(
        number=number, line=None, column=column or None, value=value, code=code,
        reason_de=reason_de, reason_en=reason_en, warning=True,
    )  # fmt: skip
