"""What events change: one statement per type for all events of a transaction.

Whose order matters comes last for its customer within a batch, so the order of the types here
decides nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from services.classifier.domain.months import add_months
from services.classifier.store import contracts, customer_changes
from services.classifier.store.consents import ConsentRecord
from services.classifier.store.contracts import Cancellation, ContractRecord
from services.classifier.store.customer_changes import FlagMark
from services.classifier.usecases.customer_writes import (
    FLAG_MONTHS,
    Moment,
    WriteEffects,
    enter_commissions,
    enter_interactions,
    write_consents,
    write_contracts,
)
from shared.contracts.agencies import SourceName
from shared.contracts.changes.classifier import RECORDED_TYPES, EventRecorded
from shared.contracts.customers import Commission, Interaction
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


@dataclass(frozen=True, slots=True, kw_only=True)
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

    @property
    def order_matters(self) -> bool:
        """Whether a later event of the same customer must find this one carried out."""
        return not self.only_counts and self.type not in _ANY_ORDER

    @property
    def only_counts(self) -> bool:
        """Whether it changes nothing but the count of such events."""
        return self.type not in EFFECTS and self.type != CUSTOMER_UPSERTED

    @property
    def needs_contract(self) -> ContractId | None:
        """The contract without which it makes no sense."""
        return self.data.contract_id if isinstance(self.data, ContractCancelled) else None


_ANY_ORDER = {"commission.booked", "interaction.logged"}
"""Rows of their own, under their own ids."""

CUSTOMER_UPSERTED = "customer.upserted"
"""Has no effect of its own here: it must come before it is asked which customers exist."""


async def apply_effects(
    transaction: Transaction, events: Sequence[Event], *, moment: Moment, effects: WriteEffects
) -> None:
    """Carry out what these new events change."""
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    for event_type, of_type in by_type.items():
        effect = EFFECTS.get(event_type)
        if effect is not None:
            await effect(transaction, of_type, moment, effects)


def publish_events(transaction: DirectTransaction, events: Sequence[Event]) -> None:
    """Publish those of the new events on which others act."""
    for event in events:
        if event.type in RECORDED_TYPES:
            _publish(transaction, event)


def _publish(transaction: DirectTransaction, event: Event) -> None:
    """Codes and ids alone: free text stays with the customer. What is not known is left out."""
    published = {
        name: value
        for name in _published_fields(type(event.data))
        if (value := getattr(event.data, name)) is not None
    }
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


async def _die(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    deaths = [
        (event.customer_id, event.data.died_on or event.at.astimezone(moment.zone).date())
        for event in events
        if isinstance(event.data, CustomerDied)
    ]
    await customer_changes.record_deaths(transaction, deaths)
    effects.records |= {customer_id for customer_id, _ in deaths}


async def _end_mandates(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    ends = [
        (event.customer_id, event.data.ended_on or event.at.astimezone(moment.zone).date())
        for event in events
        if isinstance(event.data, MandateEnded)
    ]
    await customer_changes.end_mandates(transaction, ends)
    effects.records |= {customer_id for customer_id, _ in ends}


async def _upsert_contracts(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    records = [
        ContractRecord(
            customer_id=event.data.customer_id,
            contract_id=event.data.contract_id,
            contract=event.data,
        )
        for event in events
        if isinstance(event.data, ContractUpserted)
    ]
    await write_contracts(transaction, records, effects=effects)


async def _cancel_contracts(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    cancellations = [
        Cancellation(
            customer_id=event.data.customer_id,
            contract_id=event.data.contract_id,
            cancelled_on=event.data.cancelled_on,
            effective_on=event.data.effective_on,
            reason=event.data.reason,
        )
        for event in events
        if isinstance(event.data, ContractCancelled)
    ]
    await contracts.cancel_contracts(transaction, cancellations)
    effects.customers |= {each.customer_id for each in cancellations}


async def _book_commissions(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    items = [event.data for event in events if isinstance(event.data, Commission)]
    await enter_commissions(transaction, items, effects=effects)


async def _log_interactions(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    items = [event.data for event in events if isinstance(event.data, Interaction)]
    await enter_interactions(transaction, items, effects=effects)


async def _change_life(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> None:
    changes = [
        (event.customer_id, event.data.life)
        for event in events
        if isinstance(event.data, LifeChanged) and event.data.life is not None
    ]
    await customer_changes.change_life(transaction, changes)
    effects.customers |= {customer_id for customer_id, _ in changes}


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


Effect = Callable[[Transaction, Sequence[Event], Moment, WriteEffects], Awaitable[None]]

EFFECTS: dict[str, Effect] = {
    "customer.died": _die,
    "mandate.ended": _end_mandates,
    "contract.upserted": _upsert_contracts,
    "contract.cancelled": _cancel_contracts,
    "commission.booked": _book_commissions,
    "interaction.logged": _log_interactions,
    "life.changed": _change_life,
    "flag.set": _set_flags,
    "consent.changed": _change_consents,
}
"""What each type does beyond being kept; all others only count."""
