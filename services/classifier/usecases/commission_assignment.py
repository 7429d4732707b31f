"""Bookings and their contracts: found at once, or kept until the contract arrives."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.classifier.domain.contract_matching import (
    ContractName,
    KnownContract,
    met_contract,
    number_key,
)
from services.classifier.importers.reading import ReadCommission, known_number_of
from services.classifier.store import contracts, unassigned_commissions
from services.classifier.store.contracts import ContractRecord
from services.classifier.store.customers import known_customers
from services.classifier.store.unassigned_commissions import UnassignedBooking, WhyUnassigned
from services.classifier.usecases.repeated_bookings import repetitions_of
from shared.contracts.customers import Commission
from shared.contracts.vocabulary import ContractId, CustomerId
from shared.db.database import Transaction

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class SortedBookings:
    """Rows of a statement by what became of them."""

    found: list[tuple[ReadCommission, Commission]] = field(default_factory=list)
    kept: list[tuple[ReadCommission, UnassignedBooking]] = field(default_factory=list)
    refused: list[ReadCommission] = field(default_factory=list)
    unsure: list[ReadCommission] = field(default_factory=list)
    elsewhere: list[ReadCommission] = field(default_factory=list)
    """Booked for the customer whom the row names, though another holds the contract."""
    repeated: list[ReadCommission] = field(default_factory=list)
    """Known under another id: not booked once more."""
    differing: list[tuple[ReadCommission, str]] = field(default_factory=list)
    """Booked beside another amount of the same contract, day and kind, whose id is given."""


async def sorted_bookings(
    transaction: Transaction, rows: Sequence[ReadCommission], *, now: datetime
) -> SortedBookings:
    """Find the contract of each row by customer, insurer and number.

    A row that names an unknown customer and no contract is refused; one that finds no contract is
    to be kept, unless it stands with a customer already (somebody assigned it by hand).
    """
    told = {row.commission.customer_id for row in rows} - {None}
    known = await known_customers(transaction, sorted(each for each in told if each))
    keys = [number_key(row.contract_number) for row in rows if row.contract_number]
    candidates = await unassigned_commissions.contracts_numbered(transaction, keys)
    result = SortedBookings()
    for row in rows:
        _sort(result, row, candidates, set(known), now)
    ids = [booking.commission_id for _, booking in result.kept]
    booked = await unassigned_commissions.booked_commissions(transaction, ids) if ids else {}
    for row, booking in [each for each in result.kept if each[1].commission_id in booked]:
        result.kept.remove((row, booking))
        customer_id, contract_id = booked[booking.commission_id]
        result.found.append((row, _commission(row, customer_id, contract_id)))
    again = await repetitions_of(transaction, [booking for _, booking in result.found])
    result.repeated = [row for row, each in result.found if each.commission_id in again.repeated]
    result.differing = [
        (row, again.differing[each.commission_id])
        for row, each in result.found
        if each.commission_id in again.differing and row.first_of_its_day
    ]
    result.found = [each for each in result.found if each[1].commission_id not in again.repeated]
    return result


def _sort(
    result: SortedBookings,
    row: ReadCommission,
    candidates: dict[str, list[KnownContract]],
    known: set[CustomerId],
    now: datetime,
) -> None:
    customer_id = row.commission.customer_id
    same_number = candidates.get(number_key(row.contract_number or ""), [])
    name = _name(row)
    if customer_id in known:
        met = met_contract(name, same_number, customer_id=customer_id) if name else None
        contract_id = met.contract.contract_id if met else row.commission.contract_id
        others = met_contract(name, same_number) if name and not met else None
        if others and others.sure:
            result.elsewhere.append(row)
        result.found.append((row, _commission(row, customer_id or "", contract_id)))
        return
    if name is None:
        result.refused.append(row)
        return
    met = met_contract(name, same_number)
    if met is None:
        why: WhyUnassigned = "contract-unknown"
        if len({each.customer_id for each in same_number}) > 1:
            why = "several-contracts"
        result.kept.append((row, _unassigned(row, why, now)))
        return
    contract = met.contract
    result.found.append((row, _commission(row, contract.customer_id, contract.contract_id)))
    if not met.sure:
        result.unsure.append(row)


async def assign_waiting_for(
    transaction: Transaction, records: Sequence[ContractRecord]
) -> set[CustomerId]:
    """Give bookings that waited for these contracts to them; returns the customers concerned."""
    if not records:
        return set()
    keys = {number_key(known_number_of(each.contract, each.contract_id)) for each in records}
    return await assign_waiting(
        transaction, sorted(keys - {""}), [each.customer_id for each in records]
    )


async def assign_waiting(
    transaction: Transaction, keys: Sequence[str], holders: Sequence[CustomerId]
) -> set[CustomerId]:
    """Give bookings that waited for contracts with these `number_key`s to them; returns the
    customers concerned, ``holders`` of the contracts among them.

    One that waited twice, as two layouts of a statement told it, is booked once.
    """
    waiting = await unassigned_commissions.unassigned_with(transaction, keys)
    concerned = await unassigned_commissions.relink_bookings(transaction, holders)
    if not waiting:
        return concerned
    candidates = await unassigned_commissions.contracts_numbered(transaction, keys)
    found = []
    for booking in waiting:
        name = booking.name
        met = met_contract(name, candidates.get(number_key(name.number), [])) if name else None
        if met is not None and met.sure:
            found.append(assigned(booking, met.contract.customer_id, met.contract.contract_id))
    again = await repetitions_of(transaction, found)
    if again.repeated:
        log.info("waiting bookings are known from another list", count=len(again.repeated))
    booked = [each for each in found if each.commission_id not in again.repeated]
    await contracts.upsert_commissions(transaction, booked)
    await unassigned_commissions.drop_unassigned(
        transaction, [each.commission_id for each in found]
    )
    return concerned | {each.customer_id for each in found}


def assigned(
    booking: UnassignedBooking, customer_id: CustomerId, contract_id: ContractId | None
) -> Commission:
    """The booking with the customer and contract that it belongs to."""
    return Commission(
        commission_id=booking.commission_id,
        customer_id=customer_id,
        contract_id=contract_id,
        booked_on=booking.booked_on,
        kind=booking.kind,
        amount_cents=booking.amount_cents,
    )


def _name(row: ReadCommission) -> ContractName | None:
    if not row.contract_number:
        return None
    return ContractName(
        number=row.contract_number,
        insurer_number=row.insurer_number,
        insurer=row.insurer,
        line=row.line_key,
    )


def _commission(
    row: ReadCommission, customer_id: CustomerId, contract_id: ContractId | None
) -> Commission:
    booking = row.commission
    return Commission(
        commission_id=booking.commission_id,
        customer_id=customer_id,
        contract_id=contract_id,
        booked_on=booking.booked_on,
        kind=booking.kind,
        amount_cents=booking.amount_cents,
    )


def _unassigned(row: ReadCommission, why: WhyUnassigned, now: datetime) -> UnassignedBooking:
    booking = row.commission
    return UnassignedBooking(
        commission_id=booking.commission_id,
        booked_on=booking.booked_on,
        kind=booking.kind,
        amount_cents=booking.amount_cents,
        told_customer_id=booking.customer_id,
        contract_number=row.contract_number,
        insurer_number=row.insurer_number,
        insurer=row.insurer,
        line=row.line_key,
        reason=why,
        received_at=now,
    )
