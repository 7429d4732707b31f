"""Book reviews as they were made, and what the owner decided on parting with customers."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Text, and_, cast, not_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.classifier.domain.book_review import mentioned, without_customer
from services.classifier.store.portfolio_tables import BookReviewTable, PartingDecisionTable
from services.classifier.store.tables import CustomerTable
from shared.contracts.book import BookReview, PartingDecision, ReviewSummary
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def keep_review(transaction: Transaction, review: BookReview) -> None:
    """Store a review; only a complete one takes the place of one made while the quarter ran.

    Customers who were erased while it was computed are taken out.
    """
    for customer_id in await _erased_meanwhile(transaction, mentioned(review)):
        review = without_customer(review, customer_id)
    new = insert(BookReviewTable).values(
        agency_id=transaction.agency,
        quarter=review.quarter,
        as_of=review.as_of,
        complete=review.complete,
        made_at=review.made_at,
        made_by=review.made_by,
        body=review.model_dump(mode="json"),
    )
    replaced = ("as_of", "complete", "made_at", "made_by", "body")
    await transaction.execute(
        new.on_conflict_do_update(
            index_elements=["agency_id", "quarter"],
            set_={name: new.excluded[name] for name in replaced},
            where=and_(new.excluded.complete, not_(col(BookReviewTable.complete))),
        )
    )


async def _erased_meanwhile(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> set[CustomerId]:
    """Those of these customers who do not exist any more.

    The others stay locked until the commit, so that a later erasure finds the review.
    """
    found = await transaction.exec(
        select(CustomerTable.customer_id)
        .where(
            CustomerTable.agency_id == transaction.agency,
            col(CustomerTable.customer_id).in_(customer_ids),
        )
        .order_by(col(CustomerTable.customer_id))
        .with_for_update(read=True, key_share=True)
    )
    return set(customer_ids) - set(found)


async def review_of(transaction: Transaction, quarter: str) -> BookReview | None:
    """The review of a quarter, or None."""
    return await _first(transaction, BookReviewTable.quarter == quarter)


async def review_before(transaction: Transaction, quarter: str) -> BookReview | None:
    """The last review of an earlier quarter, or None."""
    return await _first(transaction, BookReviewTable.quarter < quarter)


async def _first(transaction: Transaction, condition: bool) -> BookReview | None:
    """The newest review of those that the condition selects; read as text, which parses faster."""
    found = await transaction.exec(
        select(cast(BookReviewTable.body, Text))
        .where(BookReviewTable.agency_id == transaction.agency, condition)
        .order_by(col(BookReviewTable.quarter).desc())
        .limit(1)
    )
    body = found.one_or_none()
    return None if body is None else BookReview.model_validate_json(body)


async def erase_from_reviews(transaction: Transaction, customer_id: CustomerId) -> None:
    """Take a customer and their household out of the names of every stored review.

    SQL text because PostgreSQL looks for the id in the text of each review.
    """
    rows = await transaction.execute(
        """
        SELECT quarter, body::text AS body FROM book_review
         WHERE agency_id = :agency AND strpos(body::text, to_json(CAST(:id AS text))::text) > 0
           FOR UPDATE
        """,
        {"id": customer_id},
    )
    for row in rows.all():
        review = without_customer(BookReview.model_validate_json(row.body), customer_id)
        await transaction.execute(
            update(BookReviewTable)
            .where(
                col(BookReviewTable.agency_id) == transaction.agency,
                col(BookReviewTable.quarter) == row.quarter,
            )
            .values(body=review.model_dump(mode="json"))
        )


async def reviews(transaction: Transaction) -> list[ReviewSummary]:
    """All reviews without their bodies, the newest quarter first."""
    summaries = select(*(getattr(BookReviewTable, name) for name in ReviewSummary.model_fields))
    rows = await transaction.execute(
        summaries.where(col(BookReviewTable.agency_id) == transaction.agency).order_by(
            col(BookReviewTable.quarter).desc()
        )
    )
    return [ReviewSummary.model_validate(dict(row._mapping)) for row in rows]


async def decisions_on(
    transaction: Transaction, units: Sequence[CustomerId]
) -> Mapping[CustomerId, PartingDecision]:
    """The last decision on each of these units, whichever member it was made on.

    SQL text because of `DISTINCT ON`.
    """
    rows = await transaction.execute(
        """
        SELECT DISTINCT ON (c.unit_id) c.unit_id, d.customer_id, d.decision, d.reason, d.author,
               d.decided_at
          FROM customer AS c JOIN parting_decision AS d USING (agency_id, customer_id)
         WHERE agency_id = :agency AND c.unit_id = ANY(CAST(:units AS varchar[]))
         ORDER BY c.unit_id, d.decided_at DESC
        """,
        {"units": list(units)},
    )
    found = {}
    for row in rows:
        values = dict(row._mapping)
        unit_id = values.pop("unit_id")
        found[unit_id] = PartingDecision.model_validate(values)
    return found


async def keep_decision(transaction: Transaction, decision: PartingDecision) -> None:
    """Add a decision; those before stay."""
    row = PartingDecisionTable(agency_id=transaction.agency, **decision.model_dump())
    await transaction.add(row)
