"""The polite-parting list, and what the owner decides on it: one by one, nothing automatic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from services.classifier.domain.months import add_months
from services.classifier.domain.parting import MONTHS_AROUND, costly, obstacles, why_costly
from services.classifier.store.book_reviews import decisions_on, keep_decision
from services.classifier.store.erasures import lock_customer
from services.classifier.store.portfolio import held_contracts, members_of, open_matters
from services.classifier.usecases.classification_reading import active_unit
from services.classifier.usecases.portfolio.figures import (
    BookDay,
    book_day,
    book_figures,
    figures_of_unit,
)
from shared.contracts.book import (
    Obstacle,
    PartingCandidate,
    PartingDecision,
    PartingWord,
)
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


class NoPartingCandidate(Exception):
    """the care of this customer does not cost more than it brings"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class PartingInopportune(Exception):
    """a claim, complaint, application or deadline lies too near"""

    def __init__(self, customer_id: CustomerId, found: Sequence[Obstacle]) -> None:
        super().__init__(f"{customer_id}: {' '.join(obstacle.en for obstacle in found)}")
        self.customer_id = customer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCandidates:
    """A part of the list, and whether there is more."""

    as_of: date
    policy_version: int
    items: list[PartingCandidate]
    more: bool


async def list_parting_candidates(
    *,
    database: Database,
    agency: AgencyId,
    after: tuple[int, CustomerId] | None,
    limit: int,
    now: datetime,
) -> ListedCandidates:
    """The candidates after one (margin, unit), the costliest first."""
    async with database.transaction(agency) as transaction:
        day = await book_day(transaction, now=now)
    units = costly(await book_figures(database=database, agency=agency, day=day), day.ruling.policy)
    if after is not None:
        margin, unit_id = after
        later = (pl.col("counted_margin_cents") == margin) & (pl.col("unit_id") > unit_id)
        units = units.filter((pl.col("counted_margin_cents") > margin) | later)
    async with database.transaction(agency) as transaction:
        items = await _candidates(transaction, units.head(limit), day)
    return ListedCandidates(
        as_of=day.as_of,
        policy_version=day.ruling.version,
        items=items,
        more=units.height > limit,
    )


async def _candidates(
    transaction: Transaction, units: pl.DataFrame, day: BookDay
) -> list[PartingCandidate]:
    ids = units["unit_id"].to_list()
    since = add_months(day.as_of, -MONTHS_AROUND)
    matters = await open_matters(transaction, ids, since=since, zone=day.zone)
    contracts = await held_contracts(transaction, ids)
    members = await members_of(transaction, ids)
    decisions = await decisions_on(transaction, ids)
    found = []
    for row in units.iter_rows(named=True):
        unit_id = row["unit_id"]
        hindering = obstacles(matters.get(unit_id, []), contracts.get(unit_id, []), as_of=day.as_of)
        de, en = why_costly(row["revenue_cents"], row["counted_effort_cents"])
        found.append(
            PartingCandidate(
                unit_id=unit_id,
                customer_ids=members.get(unit_id, []),
                revenue_cents=row["revenue_cents"],
                counted_effort_cents=row["counted_effort_cents"],
                margin_cents=row["counted_margin_cents"],
                timing="not_now" if hindering else "now",
                obstacles=hindering,
                decision=decisions.get(unit_id),
                de=de,
                en=en,
            )
        )
    return found


async def decide_parting(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    decision: PartingWord,
    reason: str,
    author: str,
    now: datetime,
) -> PartingDecision:
    """Record what the owner decided; saying the same again changes nothing.

    To keep somebody is always possible. To part needs a candidate and an opportune time: raises
    NoPartingCandidate, PartingInopportune; and UnknownCustomer, CustomerNotClassified.
    """
    async with database.transaction(agency) as transaction:
        # Locked: of two equal decisions at once the second finds the first.
        await lock_customer(transaction, customer_id)
        unit_id = await active_unit(transaction, customer_id)
        last = (await decisions_on(transaction, [unit_id])).get(unit_id)
        if last is not None and (last.decision, last.reason) == (decision, reason):
            return last
        if decision == "part":
            await _require_candidate(transaction, customer_id, unit_id, now)
        made = PartingDecision(
            customer_id=customer_id,
            decision=decision,
            reason=reason,
            author=author,
            decided_at=now,
        )
        await keep_decision(transaction, made)
        return made


async def _require_candidate(
    transaction: Transaction, customer_id: CustomerId, unit_id: CustomerId, now: datetime
) -> None:
    day = await book_day(transaction, now=now)
    units = costly(await figures_of_unit(transaction, unit_id, day), day.ruling.policy)
    candidates = await _candidates(transaction, units, day)
    if not candidates:
        raise NoPartingCandidate(customer_id)
    if candidates[0].obstacles:
        raise PartingInopportune(customer_id, candidates[0].obstacles)
