"""Book reviews as they were made, and what the owner decided on parting with customers."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Text, cast
from sqlmodel import col, select

from services.classifier.domain.book_review import mentioned, without_customer
from services.classifier.store.portfolio_tables import BookReviewTable, PartingDecisionTable
from shared.contracts.book import BookReview, PartingDecision, ReviewSummary
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def keep_review(transaction: Transaction, review: BookReview) -> None:
    """Store a review; only a complete one takes the place of one made while the quarter ran.

    Whoever was erased while it was summed is taken out.
    """
    for customer_id in await _erased_meanwhile(transaction, mentioned(review)):
        review = without_customer(review, customer_id)
    await transaction.execute(
        """
        INSERT INTO book_review AS old
               (agency_id, quarter, as_of, complete, made_at, made_by, body)
        VALUES (:agency, :quarter, :as_of, :complete, :made_at, :made_by, CAST(:body AS jsonb))
        ON CONFLICT (agency_id, quarter) DO UPDATE
           SET as_of = excluded.as_of, complete = excluded.complete, made_at = excluded.made_at,
               made_by = excluded.made_by, body = excluded.body
         WHERE excluded.complete AND NOT old.complete
        """,
        {
            "quarter": review.quarter,
            "as_of": review.as_of,
            "complete": review.complete,
            "made_at": review.made_at,
            "made_by": review.made_by,
            "body": review.model_dump_json(),
        },
    )


async def _erased_meanwhile(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> set[CustomerId]:
    """Those who are not there; the others cannot be erased before this transaction has ended, and
    whoever erases them then finds the review."""
    found = await transaction.execute(
        """
        SELECT customer_id FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
         ORDER BY customer_id FOR KEY SHARE
        """,
        {"ids": list(customer_ids)},
    )
    return set(customer_ids) - set(found.scalars())


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
    """Take a customer and their household out of the names of every stored review."""
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
            """
            UPDATE book_review SET body = CAST(:body AS jsonb)
             WHERE agency_id = :agency AND quarter = :quarter
            """,
            {"quarter": row.quarter, "body": review.model_dump_json()},
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
    """The last decision on each of these units, whichever member it was made on."""
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
