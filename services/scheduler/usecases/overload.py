"""What does not fit, with its proof and what would mend it. Nothing is changed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from services.scheduler.domain.certificates import Certificate, Overload, overload
from services.scheduler.store import pins, planning
from services.scheduler.store.planning import BookFrames
from services.scheduler.usecases.mendings import Mended, mended
from services.scheduler.usecases.planning_rules import (
    PlanRules,
    capacity_for,
    due_touchpoints,
    fixed_work,
    levelled_plan,
    read_rules,
)
from shared.contracts.capacity import OverloadCertificate, ProofDay
from shared.db.database import Transaction

LOOKED_AT: Final = 20_000
"""Customers of a book that is planned again for its proofs; a larger one takes too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedBook:
    """What the plan as it stands was made of."""

    rules: PlanRules
    book: BookFrames
    pinned: pl.DataFrame


async def read_overloaded(
    transaction: Transaction, *, now: datetime, freeze_working_days: int
) -> PlannedBook | None:
    """The book whose plan leaves something without a day; None if it is too large."""
    if await planning.planned_size(transaction) > LOOKED_AT:
        return None
    rules = await read_rules(transaction, now=now, freeze_working_days=freeze_working_days)
    book = await planning.book_of(transaction, None, as_of=rules.as_of)
    pinned = await pins.pins_that_hold(transaction, None)
    return PlannedBook(rules=rules, book=book, pinned=pinned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """Why what has no day has none, and what would mend it."""

    overload: Overload
    mended: Mended


async def proven(planned: PlannedBook) -> Proofs:
    """Why what has no day has none, and what would mend it."""
    return await asyncio.to_thread(_proven, planned)


def _proven(planned: PlannedBook) -> Proofs:
    rules, book = planned.rules, planned.book
    due = due_touchpoints(rules, book)
    work, _ = fixed_work(rules, book, due, planned.pinned)
    levelled = levelled_plan(rules, book, work)
    found = overload(
        work=work, capacity=capacity_for(rules, work), committed=book.promised, levelled=levelled
    )
    ways = mended(
        rules,
        book,
        found.certificates,
        unplaced=levelled.unplaced.height,
        pinned=planned.pinned,
    )
    return Proofs(overload=found, mended=ways)


def told(certificate: Certificate) -> OverloadCertificate:
    """A certificate as the contract has it."""
    return OverloadCertificate.model_validate(
        {
            "unplaced": certificate.unplaced,
            "touchpoints": certificate.touchpoints,
            "staff": certificate.staff,
            "from": certificate.first,
            "to": certificate.last,
            "needed_minutes": certificate.needed_minutes,
            "there_minutes": certificate.there_minutes,
            "shown_by": certificate.shown_by,
            "minimal": certificate.minimal,
            "days": [
                ProofDay(
                    staff_id=each.staff_id,
                    day=each.day,
                    plannable_minutes=each.plannable_minutes,
                    taken_minutes=each.taken_minutes,
                    there_minutes=each.there_minutes,
                )
                for each in certificate.days
            ],
        }
    )
