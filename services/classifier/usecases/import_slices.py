"""One slice of an import: what the reader gave, written in the order in which it makes sense."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.classifier.domain.erasure import ERASED_DE, ERASED_EN, compact
from services.classifier.importers.file_words import FileWord, word_of_file
from services.classifier.importers.new_records import NewRecords
from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    ReadConsent,
    ReadContract,
    ReadCustomer,
    ReadInteraction,
    RejectedRow,
)
from services.classifier.importers.told_items import ToldItems
from services.classifier.store import contracts
from services.classifier.store.consents import ConsentRecord, ObjectionRecord
from services.classifier.store.unassigned_commissions import (
    drop_unassigned,
    keep_unassigned,
)
from services.classifier.usecases.commission_assignment import sorted_bookings
from services.classifier.usecases.commission_remarks import (
    BOOKED_ALREADY,
    CONTRACT_NUMBER,
    HELD_ELSEWHERE,
    INSURER_NOT_COMPARED,
    UNASSIGNED,
    Remark,
    booked_differently,
)
from services.classifier.usecases.contract_holders import met_holders
from services.classifier.usecases.customer_writes import (
    CustomerNotFound,
    CustomerWasErased,
    Moment,
    Refusal,
    WriteEffects,
    enter_commissions,
    write_consents,
    write_contracts,
    write_customers,
    write_interactions,
    write_objections,
)
from services.classifier.usecases.erased_rows import erased_bookings, erased_items
from services.classifier.usecases.left_remarks import left_alone, shown
from services.classifier.usecases.meeting_remarks import CUSTOMER_NUMBER
from services.classifier.usecases.new_records import (
    enter_new_contracts,
    enter_new_customers,
    nothing_known,
    plain_bookings,
)
from services.classifier.usecases.record_merging import (
    LeftField,
    ReportedContract,
    ReportedCustomer,
)
from services.classifier.usecases.refusal_remarks import explained
from services.classifier.usecases.rows_ahead import bookings_not_ahead, contacts_that_happened
from shared.contracts.customers import Objections
from shared.contracts.imports import ImportRejection
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.instants import InstantAhead


@dataclass(slots=True)
class WrittenSlice:
    """Records taken by kind, and what was rejected or doubtful."""

    first_remark: int
    counts: dict[str, int] = field(default_factory=dict)
    remarks: list[ImportRejection] = field(default_factory=list)
    contained: Sequence[Item] = ()
    """What the slice holds, by the ids that are known here."""
    row_names: dict[int, str] = field(default_factory=dict)
    """By the number of a remark: whose row it is about, as the row or we know."""
    word_kinds: dict[int, str] = field(default_factory=dict)
    """By the number of a remark on a word that no list has: the kind of the word."""

    def refuse(self, line: int, customer_id: CustomerId, refusal: Refusal) -> None:
        """Note a row whose customer may not be written for."""
        code, german = explained(refusal)
        # GDV files bring their customers along: who is not found stood in a list.
        column = CUSTOMER_NUMBER if isinstance(refusal, CustomerNotFound) else ""
        self._remark(
            line, column, customer_id, code, german, str(refusal.__doc__),
            warning=False, row_names=customer_id,
        )  # fmt: skip

    def refuse_ahead(self, line: int, at: date, customer_id: CustomerId) -> None:
        """Note a row that tells of what is still to come."""
        self._remark(
            line, "", at.isoformat(), "instant-ahead",
            "Die Zeile berichtet von etwas, das noch nicht geschehen ist.",
            str(InstantAhead.__doc__), warning=False, row_names=customer_id,
        )  # fmt: skip

    def note(self, item: Item) -> None:
        """Note what the reader itself rejected or found doubtful."""
        if isinstance(item, ReadCustomer | ReadContract | ReadCommission | ReadInteraction):
            return
        if item.word_kind:
            self.word_kinds[self.first_remark + len(self.remarks)] = item.word_kind
        self._remark(
            item.line,
            item.column,
            item.value,
            item.code,
            item.reason_de,
            item.reason_en,
            warning=not isinstance(item, RejectedRow),
            row_names=item.row_names,
        )

    def tell(self, line: int, value: str, words: Remark) -> None:
        """Note something about a row that was taken."""
        self._remark(
            line, CONTRACT_NUMBER, value, words.code, words.german, words.english,
            warning=True, row_names=value,
        )  # fmt: skip

    def _remark(
        self,
        line: int,
        column: str,
        value: str,
        code: str,
        reason_de: str,
        reason_en: str,
        *,
        warning: bool,
        row_names: str,
    ) -> None:
        number = self.first_remark + len(self.remarks)
        if row_names:
            self.row_names[number] = compact(row_names)
        self.remarks.append(
            ImportRejection(
                number=number,
                line=line,
                column=column or None,
                value=value or None,
                code=code,
                reason_de=reason_de,
                reason_en=reason_en,
                warning=warning,
            )
        )

    def tell_left(
        self, rows: Sequence[ReadCustomer | ReadContract], left: Sequence[LeftField]
    ) -> None:
        """Note what a row says, or leaves empty, and what stays as it is known."""
        for each in left:
            code, german, english = left_alone(each.field, each.known)
            row = rows[each.place]
            self._remark(
                row.line, each.field.field, shown(each.told) or shown(each.known), code,
                german, english, warning=True, row_names=row.customer_id,
            )  # fmt: skip

    def say_nothing_of(self, row_names: Collection[str]) -> None:
        """Empty the remarks on rows of these names: their customers were erased."""
        for place, remark in enumerate(self.remarks):
            if self.row_names.get(remark.number) in row_names:
                del self.row_names[remark.number]
                self.remarks[place] = remark.model_copy(
                    update={"value": None, "reason_de": ERASED_DE, "reason_en": ERASED_EN}
                )


async def write_slice(
    transaction: Transaction,
    told: ToldItems,
    *,
    file: FileWord,
    moment: Moment,
    effects: WriteEffects,
    first_remark: int,
) -> WrittenSlice:
    """Write a slice: customers first, because whatever follows must find them."""
    written = WrittenSlice(first_remark=first_remark)
    if told.new is not None and await _entered(
        transaction, told.new, file, moment, written, effects
    ):
        return written
    written.contained = items = await met_holders(transaction, told.items())
    for item in items:
        written.note(item)
    items = await _without_erased(transaction, items, written)
    people = [item for item in items if isinstance(item, ReadCustomer)]
    if people:
        await _write_people(transaction, people, file, moment, effects, written)
    agreed = [item for item in items if isinstance(item, ReadContract)]
    if agreed:
        await _write_contracts(transaction, agreed, file, effects, written)
    await _write_bookings(transaction, items, file, moment, effects, written)
    return written


async def _entered(
    transaction: Transaction,
    new: NewRecords,
    file: FileWord,
    moment: Moment,
    written: WrittenSlice,
    effects: WriteEffects,
) -> bool:
    """Write a slice of whose records nothing is known; false, with nothing written, if one is."""
    if not await nothing_known(transaction, new, moment):
        return False
    rows = await plain_bookings(transaction, new.bookings) if new.bookings else []
    if rows is None:
        return False
    for _, remark in new.remarks:
        written.note(remark)
    await _without_erased(transaction, (), written)
    if new.customers is not None:
        await enter_new_customers(transaction, new.customers, file, effects)
        written.counts["customers"] = len(new.customers.ids)
        said, objecting = new.customers.consents.items(), new.customers.objections.items()
        await _write_said(transaction, said, objecting, effects, written)
    if new.contracts is not None:
        await enter_new_contracts(transaction, new.contracts, file, effects)
        written.counts["contracts"] = len(new.contracts.keys)
    if rows:
        await contracts.enter_commissions(transaction, rows)
        effects.customers |= {each.customer_id for each in rows}
        written.counts |= {"commissions": len(rows), "unassigned": 0}
    return True


async def _without_erased(
    transaction: Transaction, items: Sequence[Item], written: WrittenSlice
) -> list[Item]:
    """The items but those of erased customers, whom a file may name by a contract or by their
    number at an insurer: they are refused, and nothing of their rows is told."""
    erased = await erased_items(transaction, items, named=set(written.row_names.values()))
    for place in erased.places:
        written.refuse(items[place].line, "", CustomerWasErased(""))
    written.say_nothing_of(erased.row_names)
    return [item for place, item in enumerate(items) if place not in erased.places]


async def _write_contracts(
    transaction: Transaction,
    agreed: Sequence[ReadContract],
    file: FileWord,
    effects: WriteEffects,
    written: WrittenSlice,
) -> None:
    told = [
        ReportedContract(
            customer_id=item.customer_id,
            contract_id=item.contract_id,
            word=word_of_file(item.contract, item.carried, at=file.at, clears=file.clears_empty),
            contract=item.contract,
        )
        for item in agreed
    ]
    result = await write_contracts(transaction, told, effects=effects)
    taken = 0
    for item, each in zip(agreed, told, strict=True):
        refusal = result.refusal_of(each)
        if refusal is None:
            taken += 1
        else:
            written.refuse(item.line, item.customer_id, refusal)
    written.counts["contracts"] = taken
    written.tell_left(agreed, result.left)


async def _write_people(
    transaction: Transaction,
    people: Sequence[ReadCustomer],
    file: FileWord,
    moment: Moment,
    effects: WriteEffects,
    written: WrittenSlice,
) -> None:
    told = [
        ReportedCustomer(
            customer_id=item.customer_id,
            word=word_of_file(item.customer, item.carried, at=file.at, clears=file.clears_empty),
            customer=item.customer,
        )
        for item in people
    ]
    result = await write_customers(transaction, told, moment=moment, effects=effects)
    refused = result.refused
    _count(written, "customers", [(item.line, item.customer_id) for item in people], refused)
    written.tell_left(people, result.left)
    taken = [item for item in people if item.customer_id not in refused]
    said = [(item.customer_id, item.consents) for item in taken]
    objecting = [
        (item.customer_id, item.objections) for item in taken if item.objections is not None
    ]
    await _write_said(transaction, said, objecting, effects, written)


async def _write_said(
    transaction: Transaction,
    said: Iterable[tuple[CustomerId, Sequence[ReadConsent]]],
    objecting: Iterable[tuple[CustomerId, Objections]],
    effects: WriteEffects,
    written: WrittenSlice,
) -> None:
    """Enter what customers allow and forbid."""
    consents = [
        ConsentRecord(
            customer_id=customer_id,
            purpose=each.purpose,
            channel=each.channel,
            consent=each.consent,
        )
        for customer_id, all_said in said
        for each in all_said
    ]
    await write_consents(transaction, consents)
    written.counts["consents"] = len(consents)
    objections = [
        ObjectionRecord(customer_id=customer_id, objections=each) for customer_id, each in objecting
    ]
    # A list that knows of no objection must not undo one that came another way.
    await write_objections(transaction, objections, effects=effects, further=True)


async def _write_bookings(
    transaction: Transaction,
    items: Sequence[Item],
    file: FileWord,
    moment: Moment,
    effects: WriteEffects,
    written: WrittenSlice,
) -> None:
    if booked := bookings_not_ahead(items, at=file.at, refuse=written.refuse_ahead):
        await _write_statement(transaction, booked, moment, effects, written)
    if met := contacts_that_happened(items, at=file.at, refuse=written.refuse_ahead):
        interactions = [item.interaction for item in met]
        _, refused = await write_interactions(transaction, interactions, effects=effects)
        lines = [(item.line, item.interaction.customer_id) for item in met]
        _count(written, "interactions", lines, refused)


async def _write_statement(
    transaction: Transaction,
    booked: Sequence[ReadCommission],
    moment: Moment,
    effects: WriteEffects,
    written: WrittenSlice,
) -> None:
    """Bookings to their contracts; what finds none is kept and told, never refused."""
    rows = await sorted_bookings(transaction, booked, now=moment.now)
    commissions = [commission for _, commission in rows.found]
    await enter_commissions(transaction, commissions, effects=effects)
    await drop_unassigned(transaction, [each.commission_id for each in commissions])
    erased = await erased_bookings(transaction, [booking for _, booking in rows.kept])
    kept = [each for each in rows.kept if each[1].commission_id not in erased]
    await keep_unassigned(transaction, [booking for _, booking in kept])
    for row in (row for row, booking in rows.kept if booking.commission_id in erased):
        written.refuse(row.line, "", CustomerWasErased(""))
    for row in rows.refused:
        customer_id = row.commission.customer_id or ""
        written.refuse(row.line, customer_id, CustomerNotFound(customer_id))
    for row, booking in kept:
        written.tell(row.line, booking.contract_number or "", UNASSIGNED[booking.reason])
    for row in rows.unsure:
        written.tell(row.line, row.contract_number or "", INSURER_NOT_COMPARED)
    for row in rows.elsewhere:
        written.tell(row.line, row.contract_number or "", HELD_ELSEWHERE)
    for row in rows.repeated:
        written.tell(row.line, row.contract_number or "", BOOKED_ALREADY)
    for row, known in rows.differing:
        written.tell(row.line, row.contract_number or "", booked_differently(known))
    written.counts["commissions"] = len(commissions)
    written.counts["unassigned"] = len(kept)


def _count(
    written: WrittenSlice,
    kind: str,
    lines: Sequence[tuple[int, CustomerId]],
    refused: Mapping[CustomerId, Refusal],
) -> None:
    taken = 0
    for line, customer_id in lines:
        if customer_id in refused:
            written.refuse(line, customer_id, refused[customer_id])
        else:
            taken += 1
    written.counts[kind] = taken
