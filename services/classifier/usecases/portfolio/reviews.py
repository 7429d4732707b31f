"""The quarterly book review: made once, kept as it was, printed for the owner."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import polars as pl

from services.classifier.domain.benchmarks import contracts_per_customer
from services.classifier.domain.book_review import (
    QuarterDays,
    care_cost,
    chances,
    fallow,
    mentioned,
    movers,
    since_last,
)
from services.classifier.domain.concentration import UnitLink, concentration
from services.classifier.domain.facts import SEGMENTS
from services.classifier.domain.portfolio import class_figures
from services.classifier.reports.book_review import book_review_pdf
from services.classifier.store.agencies import agency as agency_settings
from services.classifier.store.book_reviews import keep_review, review_before, review_of, reviews
from services.classifier.store.portfolio import (
    company_links,
    last_contacts,
    members_of,
    movers_between,
    names_of,
    segments_on,
    units_first_classified,
)
from services.classifier.usecases.portfolio.figures import BookDay, book_day, book_figures
from shared.contracts.book import BookReview, CareCost, Fallow, Mover, ReviewSummary
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


class BookReviewNotFound(Exception):
    """no review was made for this quarter"""

    def __init__(self, quarter: str) -> None:
        super().__init__(f"{quarter}: {type(self).__doc__}; POST /v1/portfolio/reviews makes one")
        self.quarter = quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What history tells of a quarter, read before the figures are summed."""

    day: BookDay
    moved: list[Mover]
    moved_by_objection: set[CustomerId]
    first_classified: set[CustomerId]
    segments: Mapping[CustomerId, Segment]
    links: list[UnitLink]
    last: BookReview | None


async def make_review(
    *, database: Database, agency: AgencyId, quarter: str, author: str, now: datetime
) -> BookReview:
    """The review of a quarter; made and stored if there is none, else the stored one.

    One made while its quarter ran is made anew, once, when the quarter has ended.
    Raises QuarterNotBegun.
    """
    async with database.transaction(agency) as transaction:
        today = (await book_day(transaction, now=now)).as_of
        days = QuarterDays.on(quarter, today)
        stored = await review_of(transaction, quarter)
        if stored is not None and (stored.complete or not days.complete):
            return stored
        known = await _known(transaction, days, now)
    units = await book_figures(database=database, agency=agency, day=known.day)
    units = _with_segments(units, known.segments)
    async with database.transaction(agency) as transaction:
        care, lying = await _named(transaction, units, known.day)
    review = await asyncio.to_thread(
        _review, units, days, known, care=care, lying=lying, author=author, now=now
    )
    async with database.transaction(agency) as transaction:
        await keep_review(transaction, review)
        kept = await review_of(transaction, quarter)
    assert kept is not None
    return kept


async def _known(transaction: Transaction, days: QuarterDays, now: datetime) -> _Known:
    begins, last = days.begins, days.as_of
    moved, objecting = await movers_between(transaction, begins=begins, last=last)
    return _Known(
        day=await book_day(transaction, now=now, on=last),
        moved=moved,
        moved_by_objection=objecting,
        first_classified=await units_first_classified(transaction, begins=begins, last=last),
        segments=await segments_on(transaction, last),
        links=await company_links(transaction),
        last=await review_before(transaction, days.quarter),
    )


def _with_segments(units: pl.DataFrame, segments: Mapping[CustomerId, Segment]) -> pl.DataFrame:
    """The units with the class they had on the day, not the one they have now."""
    then = pl.DataFrame(
        {"unit_id": list(segments), "segment": list(segments.values())},
        schema={"unit_id": pl.String, "segment": SEGMENTS},
    )
    order = units.columns
    return units.drop("segment").join(then, on="unit_id", how="left").select(order)


async def _named(
    transaction: Transaction, units: pl.DataFrame, day: BookDay
) -> tuple[CareCost, Fallow]:
    """Who does not pay for their care and who lies fallow, with the customers of each unit."""
    midnight = datetime.combine(day.as_of + timedelta(days=1), time.min, day.zone)
    contacts = await last_contacts(
        transaction, chances(units)["unit_id"].to_list(), before=midnight, zone=day.zone
    )
    care, lying = care_cost(units), fallow(units, contacts, as_of=day.as_of)
    named = [each.unit_id for each in care.costliest] + [each.unit_id for each in lying.items]
    members = await members_of(transaction, named)
    return (
        care.model_copy(
            update={
                "costliest": [
                    each.model_copy(update={"customer_ids": members.get(each.unit_id, [])})
                    for each in care.costliest
                ]
            }
        ),
        lying.model_copy(
            update={
                "items": [
                    each.model_copy(update={"customer_ids": members.get(each.unit_id, [])})
                    for each in lying.items
                ]
            }
        ),
    )


def _review(
    units: pl.DataFrame,
    days: QuarterDays,
    known: _Known,
    *,
    care: CareCost,
    lying: Fallow,
    author: str,
    now: datetime,
) -> BookReview:
    classified = units.filter(pl.col("segment").is_not_null())
    here, model = set(units["unit_id"]), known.day.ruling.policy.model
    moved = [mover for mover in known.moved if mover.unit_id in here]
    unnamed = known.moved_by_objection | set(units.filter("objects")["unit_id"])
    review = BookReview(
        quarter=days.quarter,
        begins=days.begins,
        as_of=days.as_of,
        complete=days.complete,
        made_at=now.astimezone(known.day.zone),  # printed as a day
        made_by=author,
        policy_version=known.day.ruling.version,
        model=model,
        units=units.height,
        customers=int(units["customers"].sum()),
        unclassified_units=units.height - classified.height,
        classes=class_figures(classified, model=model),
        up=movers(moved, model=model, direction="up", unnamed=unnamed),
        down=movers(moved, model=model, direction="down", unnamed=unnamed),
        first_classified_units=len(known.first_classified & here),
        care=care,
        fallow=lying,
        concentration=concentration(units, known.links),
        contracts_per_customer=contracts_per_customer(units),
        since_last=None,
    )
    if known.last is None or known.last.unclassified_units == known.last.units:
        return review  # sums of classes that were not there yet would all be new
    return review.model_copy(update={"since_last": since_last(review, known.last)})


async def list_reviews(*, database: Database, agency: AgencyId) -> list[ReviewSummary]:
    """All reviews, the newest quarter first."""
    async with database.transaction(agency) as transaction:
        return await reviews(transaction)


async def read_review(*, database: Database, agency: AgencyId, quarter: str) -> BookReview:
    """The stored review of a quarter; raises BookReviewNotFound."""
    async with database.transaction(agency) as transaction:
        return await _stored(transaction, quarter)


async def print_review(*, database: Database, agency: AgencyId, quarter: str) -> bytes:
    """The review as a PDF that names the customers as they are called now.

    Raises BookReviewNotFound.
    """
    async with database.transaction(agency) as transaction:
        review = await _stored(transaction, quarter)
        names = await names_of(transaction, mentioned(review))
        sender = (await agency_settings(transaction)).sender
    title = sender.name if sender else agency
    return await asyncio.to_thread(book_review_pdf, review, names=names, agency_name=title)


async def _stored(transaction: Transaction, quarter: str) -> BookReview:
    review = await review_of(transaction, quarter)
    if review is None:
        raise BookReviewNotFound(quarter)
    return review
