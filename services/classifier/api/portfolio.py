"""The overview of the portfolio, ideal customers, book reviews, and parting politely with
customers."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.classifier.api.access import (
    AfterCursor,
    HeavyRead,
    OfCustomer,
    PageSize,
    PolicyWriter,
    Reader,
)
from services.classifier.usecases.portfolio import overview, parting, reviews
from shared.contracts.book import (
    BookReview,
    PartingCandidates,
    PartingDecision,
    PartingRequest,
    Portfolio,
    Profile,
    Quarter,
    ReviewPage,
    ReviewRequest,
)
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import CustomerId
from shared.web.cursors import CursorNotValid, cursor_after, cursor_of
from shared.web.repetitions import Repeatable
from shared.web.resources import Held

router = APIRouter(tags=["book"])

_MARGIN = re.compile(r"-?[0-9]{1,15}")

OfQuarter = Annotated[Quarter, Path(description="year and quarter, such as 2026-Q3")]


@router.get("/portfolio", summary="Overview of the portfolio")
async def get_portfolio(resources: Held, caller: Reader, _turn: HeavyRead) -> Portfolio:
    """Classes with revenue, cost of care and potential; concentration; benchmarks of the trade;
    revenue × potential; moves of twelve months. All figures are those of the agency's day."""
    return await overview.read_portfolio(
        database=resources.database, agency=caller.agency, now=resources.clock.now()
    )


@router.get("/portfolio/profile", summary="What have our ideal customers in common?")
async def get_profile(
    resources: Held,
    caller: Reader,
    _turn: HeavyRead,
    segment: Annotated[Segment, Query(description="the class to tell of")] = "A",
) -> Profile:
    """Values that customers of the class carry, with counts and lift against the whole book, the
    most telling first; never a value carried by fewer than ten of them, never health data."""
    return await overview.read_profile(
        database=resources.database,
        agency=caller.agency,
        segment=segment,
        now=resources.clock.now(),
    )


@router.get("/portfolio/reviews", summary="All book reviews")
async def list_reviews(resources: Held, caller: Reader) -> ReviewPage:
    """The reviews made so far, the newest quarter first."""
    return ReviewPage(
        items=await reviews.list_reviews(database=resources.database, agency=caller.agency)
    )


@router.post("/portfolio/reviews", summary="Make the book review of a quarter")
async def make_review(
    resources: Held,
    caller: PolicyWriter,
    request: ReviewRequest,
    _repeatable: Repeatable,
    _turn: HeavyRead,
) -> BookReview:
    """Make and keep the review; repeating returns the one that was kept. The review of a running
    quarter is as of the agency's day (`complete: false`) and is made anew once after the quarter's
    end."""
    return await reviews.make_review(
        database=resources.database,
        agency=caller.agency,
        quarter=request.quarter,
        author=caller.subject,
        now=resources.clock.now(),
    )


@router.get("/portfolio/reviews/{quarter}", summary="One book review")
async def get_review(resources: Held, caller: Reader, quarter: OfQuarter) -> BookReview:
    """The review as it was made, with customers by their ids."""
    return await reviews.read_review(
        database=resources.database, agency=caller.agency, quarter=quarter
    )


@router.get(
    "/portfolio/reviews/{quarter}/book-review.pdf",
    summary="The book review to print",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "A4, German"}},
)
async def get_review_pdf(
    resources: Held, caller: Reader, quarter: OfQuarter, _turn: HeavyRead
) -> Response:
    """The review for the owner, with the names of the customers."""
    pdf = await reviews.print_review(
        database=resources.database, agency=caller.agency, quarter=quarter
    )
    name = f"book-review-{quarter}.pdf"
    return Response(
        content=pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/portfolio/parting-candidates", summary="Whom might we part with, politely?")
async def list_parting_candidates(
    resources: Held,
    caller: Reader,
    _turn: HeavyRead,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> PartingCandidates:
    """C customers whose care costs more than they bring, the costliest first, each with what
    speaks against doing it now and with the owner's last decision. Nothing happens by itself."""
    found = await parting.list_parting_candidates(
        database=resources.database,
        agency=caller.agency,
        after=_place(cursor),
        limit=limit,
        now=resources.clock.now(),
    )
    last = found.items[-1] if found.more else None
    return PartingCandidates(
        as_of=found.as_of,
        policy_version=found.policy_version,
        items=found.items,
        next_cursor=cursor_of(f"{last.margin_cents} {last.unit_id}") if last else None,
    )


def _place(cursor: str | None) -> tuple[int, CustomerId] | None:
    """Returns margin and unit of the last item of the previous page; raises CursorNotValid."""
    if not cursor:
        return None
    margin, _, unit_id = cursor_after(cursor).partition(" ")
    if not _MARGIN.fullmatch(margin):
        raise CursorNotValid(CursorNotValid.__doc__)
    return int(margin), unit_id


@router.put("/customers/{customer_id}/parting", summary="Decide: part or keep")
async def put_parting(
    resources: Held, caller: PolicyWriter, customer_id: OfCustomer, request: PartingRequest
) -> PartingDecision:
    """Record the owner's decision with author and time; it holds for the household."""
    return await parting.decide_parting(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        decision=request.decision,
        reason=request.reason,
        author=caller.subject,
        now=resources.clock.now(),
    )
