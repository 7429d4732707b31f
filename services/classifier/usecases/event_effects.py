"""What events change: one statement per type for all events of a transaction.

Whose order matters comes last for its customer within a batch, so the order of the types here
decides nothing.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog

from services.classifier.domain.months import add_months
from services.classifier.domain.records import DEATH, END_OF_MANDATE
from services.classifier.domain.words import Word
from services.classifier.store import contracts, customer_changes
from services.classifier.store.consents import ConsentRecord
from services.classifier.store.contract_terms import ContractKey, ContractTerms
from services.classifier.store.customer_changes import FlagMark
from services.classifier.store.events import outranked_events
from services.classifier.usecases.customer_writes import (
    FLAG_MONTHS,
    Moment,
    WriteEffects,
    enter_commissions,
    enter_interactions,
    write_consents,
    write_contracts,
)
from services.classifier.usecases.record_merging import ReportedContract, word_of
from shared.contracts.agencies import SourceName
from shared.contracts.changes.classifier import RECORDED_TYPES, EventRecorded
from shared.contracts.customers import (
    Commission,
    Contract,
    Customer,
    Interaction,
    LifeSituation,
)
from shared.contracts.events import (
    ConsentChanged,
    ContractCancelled,
    ContractUpserted,
    CustomerDied,
    FlagSet,
    LifeChanged,
    MandateEnded,
)
from shared.contracts.vocabulary import ContractId, CustomerId, Strict
from shared.db.database import DirectTransaction, Transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Event:
    """A validated event; ``data`` is of the shape of its type and ``encoded`` is its JSON."""

    event_id: UUID
    source: SourceName
    webhook_id: str
    type: str
    at: datetime
    customer_id: CustomerId
    data: Strict
    encoded: str

    def told_of(self, customer_id: CustomerId) -> "Event":
        """The same event, told of another customer."""
        update = {"customer_id": customer_id} if hasattr(self.data, "customer_id") else {}
        return replace(self, customer_id=customer_id, data=self.data.model_copy(update=update))

    @property
    def order_matters(self) -> bool:
        """Whether a later event of the same customer must find this one carried out."""
        return not self.only_counts and self.type not in _ANY_ORDER

    @property
    def only_counts(self) -> bool:
        """Whether it changes nothing but the count of such events."""
        return self.type not in EFFECTS and self.type not in OF_THE_CUSTOMER

    @property
    def needs_contract(self) -> ContractId | None:
        """The contract without which it makes no sense."""
        return self.data.contract_id if isinstance(self.data, ContractCancelled) else None


Refused = Mapping[Event, Exception]
"""Events that contradict what is known, with the reason."""

_ANY_ORDER = {"commission.booked", "interaction.logged"}
"""Rows of their own, under their own ids."""

CUSTOMER_UPSERTED = "customer.upserted"
OF_THE_CUSTOMER = {CUSTOMER_UPSERTED, "customer.died", "mandate.ended", "life.changed"}
"""Words on the customer's own record (`customer_word`). They come before all effects, because a
customer may be new."""


_NO_TERMS: Mapping[ContractKey, ContractTerms] = {}


async def apply_effects(
    transaction: Transaction, events: Sequence[Event], *, moment: Moment, effects: WriteEffects
) -> Refused:
    """Carry out what these new events change; gives those that contradict what is known."""
    refused: dict[Event, Exception] = {}
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    for event_type, of_type in by_type.items():
        effect = EFFECTS.get(event_type)
        if effect is not None:
            refused |= await effect(transaction, of_type, moment, effects) or {}
    return refused


def publish_events(
    transaction: DirectTransaction,
    events: Sequence[Event],
    terms: Mapping[ContractKey, ContractTerms] = _NO_TERMS,
) -> None:
    """Publish those of the new events on which others act.

    ``terms`` are those of contracts that events cancel.
    """
    for event in events:
        if event.type in RECORDED_TYPES:
            cancelled = event.needs_contract
            key = (event.customer_id, cancelled) if cancelled else None
            _publish(transaction, event, terms.get(key) if key else None)


def _publish(transaction: DirectTransaction, event: Event, terms: ContractTerms | None) -> None:
    """Codes and ids alone: free text stays with the customer. What is not known is left out."""
    published = {
        name: value
        for name in _published_fields(type(event.data))
        if (value := getattr(event.data, name)) is not None
    }
    if terms is not None:
        published |= {name: value for name, value in asdict(terms).items() if value is not None}
    transaction.publish(
        EventRecorded(
            event_id=event.event_id,
            customer_id=event.customer_id,
            type=event.type,
            at=event.at,
            **published,
        )
    )


@cache
def _published_fields(shape: type[Strict]) -> tuple[str, ...]:
    """The fields of this shape that ``event.recorded`` publishes."""
    published = EventRecorded.model_fields.keys() - {"customer_id", "type", "at"}
    return tuple(name for name in shape.model_fields if name in published)


def customer_word(event: Event, moment: Moment) -> Word | None:
    """What an event tells of the customer's own record, by the event's own time; None if that is
    nothing."""
    day = event.at.astimezone(moment.zone).date()
    fields: Mapping[str, Any] = {}
    match event.data:
        case Customer():
            return word_of(event.data, source=_source(event), at=_told_at(event, moment))
        case CustomerDied():
            fields = {DEATH: event.data.died_on or day}
        case MandateEnded():
            fields = {END_OF_MANDATE: event.data.ended_on or day}
        case LifeChanged(life=LifeSituation() as life):
            named = life.model_dump(exclude_none=True)
            fields = {f"life.{name}": value for name, value in named.items()}
    if not fields:
        return None
    return Word(source=_source(event), at=_told_at(event, moment), fields=fields, act=True)


def _source(event: Event) -> str:
    return f"event:{event.source}"


def _told_at(event: Event, moment: Moment) -> datetime:
    """A sender's clock may be a little fast: a word of the future would outrank later ones."""
    return min(event.at, moment.now)


async def _upsert_contracts(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> Refused:
    told = {
        event: ReportedContract(
            customer_id=event.data.customer_id,
            contract_id=event.data.contract_id,
            word=word_of(event.data, source=_source(event), at=_told_at(event, moment)),
            contract=Contract.model_validate(
                {name: getattr(event.data, name) for name in Contract.model_fields}
            ),
        )
        for event in events
        if isinstance(event.data, ContractUpserted)
    }
    return await _write_contracts(transaction, told, effects)


async def _cancel_contracts(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> Refused:
    cancelled = {event: event.data for event in events if isinstance(event.data, ContractCancelled)}
    keys = {(data.customer_id, data.contract_id) for data in cancelled.values()}
    known = await contracts.locked_contracts(transaction, keys)
    told = {
        event: ReportedContract(
            customer_id=data.customer_id,
            contract_id=data.contract_id,
            word=Word(
                source=_source(event),
                at=_told_at(event, moment),
                fields=_cancellation(data, known[data.customer_id, data.contract_id].contract),
                act=True,
            ),
        )
        for event, data in cancelled.items()
    }
    return await _write_contracts(transaction, told, effects)


def _cancellation(data: ContractCancelled, contract: Contract) -> dict[str, Any]:
    """A contract that is withdrawn before it starts ends on the day it would have started."""
    fields: dict[str, Any] = {
        "status": "cancelled",
        "cancelled_on": data.cancelled_on,
        "cancel_reason": data.reason,
    }
    if data.effective_on is not None:
        fields["end"] = max(data.effective_on, contract.start or data.effective_on)
    return fields


async def _write_contracts(
    transaction: Transaction, told: Mapping[Event, ReportedContract], effects: WriteEffects
) -> Refused:
    written = await write_contracts(transaction, list(told.values()), effects=effects)
    for left in written.left:
        log.info("an older event left a field alone", field=left.field.field, why=left.field.why)
    return {
        event: refusal
        for event, each in told.items()
        if (refusal := written.refusal_of(each)) is not None
    }


async def _book_commissions(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    current = await _not_outranked(transaction, events, "commission_id")
    items = [event.data for event in current if isinstance(event.data, Commission)]
    await enter_commissions(transaction, items, effects=effects)


async def _log_interactions(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    current = await _not_outranked(transaction, events, "interaction_id")
    items = [event.data for event in current if isinstance(event.data, Interaction)]
    await enter_interactions(transaction, items, effects=effects)


async def _not_outranked(
    transaction: Transaction, events: Sequence[Event], key: str
) -> list[Event]:
    """The events in the order of their own time, without those that a newer one corrected."""
    asked = [
        (event.event_id, event.customer_id, str(getattr(event.data, key)), event.at)
        for event in events
    ]
    late = await outranked_events(transaction, asked, event_type=events[0].type, key=key)
    for _ in late:
        log.info("an older event left a record alone", type=events[0].type)
    return sorted(
        (event for event in events if event.event_id not in late), key=lambda event: event.at
    )


async def _set_flags(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    marks = [
        FlagMark(
            customer_id=event.data.customer_id,
            flag=event.data.flag,
            value=event.data.value,
            reason=event.data.reason,
            author=event.data.author,
            set_at=event.at,
            ends_on=add_months(event.at.astimezone(moment.zone).date(), FLAG_MONTHS),
        )
        for event in events
        if isinstance(event.data, FlagSet)
    ]
    await customer_changes.set_flags(transaction, marks)
    effects.customers |= {mark.customer_id for mark in marks}


async def _change_consents(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    records = [
        ConsentRecord(
            customer_id=event.data.customer_id,
            purpose=event.data.purpose,
            channel=event.data.channel,
            consent=event.data,
        )
        for event in events
        if isinstance(event.data, ConsentChanged)
    ]
    await write_consents(transaction, records)


Effect = Callable[[Transaction, Sequence[Event], Moment, WriteEffects], Awaitable[Refused | None]]

EFFECTS: dict[str, Effect] = {
    "contract.upserted": _upsert_contracts,
    "contract.cancelled": _cancel_contracts,
    "commission.booked": _book_commissions,
    "interaction.logged": _log_interactions,
    "flag.set": _set_flags,
    "consent.changed": _change_consents,
}
"""What each type does beyond being kept; all others only count."""
