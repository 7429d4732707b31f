"""Pins: days that persons fixed, those that planning must keep, and those that broke."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import and_, delete, func, or_, text, update
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.scheduler.domain.levelling import OVER_FREE_SHARE
from services.scheduler.domain.obstacles import in_words
from services.scheduler.domain.pins import PINS, Break
from services.scheduler.domain.schemas import COMMITTED
from services.scheduler.store.appointments import HOLDS
from services.scheduler.store.copy_frames import fetch_frame
from services.scheduler.store.pin_tables import PinTable
from services.scheduler.store.planning import PROMISE_KEPT, PROMISED
from services.scheduler.store.touchpoint_tables import PlanTable, TouchpointTable
from shared.contracts.alternatives import PinnedTouchpoint
from shared.contracts.pins import BrokenPin, Pin
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction

_PINNED = and_(
    col(TouchpointTable.agency_id) == col(PinTable.agency_id),
    col(TouchpointTable.touchpoint_id) == col(PinTable.touchpoint_id),
)
_STILL_MATTERS = and_(
    col(TouchpointTable.left_on).is_(None),
    or_(
        col(TouchpointTable.state).in_(("planned", "suppressed")),
        col(TouchpointTable.reason) == "no_longer_owed",
    ),
)
"""Of a contact that was held, or ended for a reason of its own, the pin is history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPin:
    """What somebody fixes for a touchpoint; see ``PinTable``."""

    touchpoint_id: UUID
    day: date
    staff_id: StaffId | None
    over_share: bool
    by: str
    reason: str


async def pins_that_hold(transaction: Transaction, units: Sequence[str] | None) -> pl.DataFrame:
    """Frame ``PINS`` of these units or of all: what planning must keep or call broken.

    SQL text because it reads a frame by COPY.
    """
    some = None if units is None else list(units)
    return await fetch_frame(transaction, _PINS, [transaction.agency, some], PINS)


async def pins_of(transaction: Transaction, touchpoint_ids: Sequence[UUID]) -> dict[UUID, Pin]:
    """The pins of these touchpoints, broken or not."""
    found = await transaction.exec(
        select(PinTable).where(
            PinTable.agency_id == transaction.agency,
            col(PinTable.touchpoint_id).in_(touchpoint_ids),
        )
    )
    return {row.touchpoint_id: _shown(row) for row in found}


async def told_to_customer(transaction: Transaction, touchpoint_id: UUID) -> bool:
    """Whether an appointment holds the touchpoint, asked or agreed."""
    found = await transaction.execute(
        f"""
        SELECT EXISTS (SELECT FROM touchpoint
                        WHERE agency_id = :agency AND touchpoint_id = :id AND {HOLDS})
        """,
        {"id": touchpoint_id},
    )
    return bool(found.scalar_one())


async def list_pins(
    transaction: Transaction, *, broken: bool | None, after: UUID | None, limit: int
) -> list[PinnedTouchpoint]:
    """The pins of what is still planned, or was taken back, by id of the touchpoint."""
    page = (
        select_columns(PinTable, col(TouchpointTable.customer_id), col(TouchpointTable.service))
        .join_from(PinTable, TouchpointTable, _PINNED)
        .where(col(PinTable.agency_id) == transaction.agency, _STILL_MATTERS)
        .order_by(col(PinTable.touchpoint_id))
        .limit(limit)
    )
    if broken is not None:
        because = col(PinTable.broken_because)
        page = page.where(because.is_not(None) if broken else because.is_(None))
    if after is not None:
        page = page.where(col(PinTable.touchpoint_id) > after)
    rows: Any = await transaction.execute(page)
    return [
        PinnedTouchpoint(
            touchpoint_id=str(pin.touchpoint_id),
            customer_id=customer_id,
            service=service,
            pin=_shown(pin),
        )
        for pin, customer_id, service in rows
    ]


async def broken_by_person(transaction: Transaction) -> dict[StaffId | None, int]:
    """How many pins of each person are broken, of contacts that are not over."""
    counted: Any = await transaction.execute(
        select_columns(col(PinTable.broken_staff_id), func.count())
        .join_from(PinTable, TouchpointTable, _PINNED)
        .where(
            col(PinTable.agency_id) == transaction.agency,
            col(PinTable.broken_because).is_not(None),
            _STILL_MATTERS,
        )
        .group_by(col(PinTable.broken_staff_id))
    )
    return dict(list(counted))


def _shown(row: PinTable) -> Pin:
    return Pin(
        day=row.day,
        staff_id=row.staff_id,
        over_share=row.over_share,
        by=row.by,
        reason=row.reason,
        at=row.pinned_at,
        broken=_broken(row),
    )


def _broken(row: PinTable) -> BrokenPin | None:
    if row.broken_because is None or row.broken_on is None:
        return None
    words = in_words(row.broken_because, row.broken_staff_id, row.day)
    return BrokenPin(because=row.broken_because, since=row.broken_on, de=words.de, en=words.en)


async def minutes_taken(transaction: Transaction, *, as_of: date) -> pl.DataFrame:
    """Frame ``COMMITTED``: all that is planned or on a desk, whoever's it is."""
    return await fetch_frame(transaction, PROMISED, [transaction.agency, [], as_of], COMMITTED)


async def step_version(transaction: Transaction, *, read: int) -> bool:
    """Outdate the plan as it was read; false if it was written or outdated since."""
    moved = await transaction.execute(
        update(PlanTable)
        .where(
            col(PlanTable.agency_id) == transaction.agency,
            col(PlanTable.version) == read,
        )
        .values(version=read + 1)
    )
    return moved.rowcount == 1


async def place(
    transaction: Transaction, touchpoint_id: UUID, *, day: date, staff_id: StaffId, full: bool
) -> bool:
    """Give a planned touchpoint this day and person; false if it has left the plan meanwhile, or an
    appointment holds it."""
    moved = await transaction.execute(
        update(TouchpointTable)
        .where(
            col(TouchpointTable.agency_id) == transaction.agency,
            col(TouchpointTable.touchpoint_id) == touchpoint_id,
            col(TouchpointTable.state) == "planned",
            col(TouchpointTable.left_on).is_(None),
            text(f"NOT {HOLDS}"),
        )
        .values(day=day, staff_id=staff_id, reason=OVER_FREE_SHARE if full else None)
    )
    return moved.rowcount == 1


async def put_pin(transaction: Transaction, pin: NewPin) -> None:
    """Pin a touchpoint, instead of what was pinned before."""
    values = {
        "day": pin.day,
        "staff_id": pin.staff_id,
        "over_share": pin.over_share,
        "by": pin.by,
        "reason": pin.reason,
        "broken_because": None,
        "broken_on": None,
        "broken_staff_id": None,
    }
    new = insert(PinTable).values(
        agency_id=transaction.agency, touchpoint_id=pin.touchpoint_id, **values
    )
    await transaction.execute(
        new.on_conflict_do_update(
            index_elements=["agency_id", "touchpoint_id"],
            set_={**values, "pinned_at": func.now()},
        )
    )


async def lift_pin(transaction: Transaction, touchpoint_id: UUID) -> bool:
    """Forget the pin of a touchpoint; false if it has none."""
    gone = await transaction.execute(
        delete(PinTable).where(
            col(PinTable.agency_id) == transaction.agency,
            col(PinTable.touchpoint_id) == touchpoint_id,
        )
    )
    return gone.rowcount == 1


async def break_pins(transaction: Transaction, broken: Mapping[str, Break], *, on: date) -> None:
    """Note why these pins do not hold; one that is broken already keeps its reason.

    SQL text because one statement notes any number.
    """
    if not broken:
        return
    await transaction.execute(
        """
        UPDATE pin SET broken_because = new.because, broken_on = :on, broken_staff_id = new.who
          FROM unnest(CAST(:ids AS uuid[]), CAST(:because AS varchar[]), CAST(:who AS varchar[]))
               AS new (id, because, who)
         WHERE agency_id = :agency AND touchpoint_id = new.id AND broken_because IS NULL
        """,
        {
            "on": on,
            "ids": [UUID(each) for each in broken],
            "because": [each.because for each in broken.values()],
            "who": [each.staff_id for each in broken.values()],
        },
    )


_PINS = f"""
    SELECT touchpoint_id, pin.day, pin.staff_id, state, touchpoint.reason, touchpoint.day,
           {PROMISE_KEPT}, {HOLDS},
           EXISTS (SELECT FROM merge WHERE merge.agency_id = $1
                      AND merge.customer_id = touchpoint.customer_id)
      FROM pin JOIN touchpoint USING (agency_id, touchpoint_id)
     WHERE agency_id = $1 AND broken_because IS NULL AND left_on IS NULL
       AND ($2::varchar[] IS NULL OR unit_id = ANY($2::varchar[]))
     ORDER BY touchpoint_id
"""
