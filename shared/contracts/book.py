"""The book at a glance: portfolio, ideal customers, book review, polite parting.

Sums are over care units (households); ``customers`` counts the people and companies in them.
Shares are fractions (0.25 is 25 %).
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.classifications import Segment, Tally
from shared.contracts.overrides import Words
from shared.contracts.policies import Model
from shared.contracts.vocabulary import Cents, ContractId, CustomerId, Day, Instant, Strict

Share = Annotated[float, Field(ge=0, le=1)]
Quarter = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-Q[1-4]$", examples=["2026-Q3"])]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])]


class ClassFigures(Strict):
    """One class: who is in it, what it brings and what its care cost in twelve months."""

    segment: Segment
    units: Tally
    customers: Tally
    share_of_customers: Share
    revenue_cents: Cents
    effort_cents: Cents
    margin_cents: Cents = Field(description="revenue − effort, claims and legal duties included")
    potential_cents: Cents
    effort_minutes: Tally
    hours: float = Field(description="effort_minutes as hours, one decimal")
    pays_for_its_care: bool = Field(description="false: the margin is negative")
    note_de: str | None = Field(description="said where the class does not pay for its care")
    note_en: str | None


class TopShare(Strict):
    """What the largest few bring; ``count`` is rounded up, so one percent of 30 is one."""

    percent: Annotated[int, Field(ge=1, le=100)]
    count: Tally
    leaving_costs_cents: Cents = Field(description="commission a year that would leave with them")
    freed_effort_cents: Cents = Field(description="what their care cost in twelve months")
    share_of_revenue: Share = Field(description="of all positive revenue")


class Pillar(Strict):
    """Units that hang together and so may leave together; alone, one unit."""

    unit_ids: list[CustomerId]
    customers: Tally
    leaving_costs_cents: Cents
    share_of_revenue: Share


class Concentration(Strict):
    """How much of the book hangs on few: by units, and by groups linked as companies."""

    units: list[TopShare]
    groups: list[TopShare]
    largest: list[Pillar]


class Benchmark(Strict):
    """A figure of the trade with its source."""

    value: float
    de: str
    en: str
    source: str


class ContractsPerCustomer(Strict):
    """Active contracts held here per active customer."""

    contracts: Tally
    customers: Tally
    value: float | None = Field(description="null in an empty book")
    benchmarks: list[Benchmark]


class LineCoverage(Strict):
    """How many of those who could hold a line do, here or elsewhere, against the trade."""

    line: str
    name_de: str
    name_en: str
    basis: Literal["private_units", "company_units", "units_insured_here"] = Field(
        description="whom the share is of; units_insured_here: natural hazards within the contract"
    )
    units: Tally
    covered: Tally
    share: Share | None
    benchmark: Benchmark


class ScatterPoint(Strict):
    """One care unit in the plane of revenue and potential."""

    unit_id: CustomerId
    segment: Segment
    revenue_cents: Cents
    potential_cents: Cents


class ScatterCell(Strict):
    """A cell of the plane with its units of one class; ``to`` is excluded, null is open."""

    revenue_from_cents: Cents | None
    revenue_to_cents: Cents | None
    potential_from_cents: Cents | None
    potential_to_cents: Cents | None
    segment: Segment
    units: Annotated[int, Field(ge=1)]


class Scatter(Strict):
    """Revenue × potential: points up to 5,000 units, cells of a grid above. Either is empty.

    Who objected to profiling is in neither.
    """

    points: list[ScatterPoint]
    cells: list[ScatterCell]
    revenue_threshold_cents: Cents | None
    potential_threshold_cents: Cents | None


class Moves(Strict):
    """Units that went from one class to another; not on the day of their first class."""

    from_segment: Segment
    to_segment: Segment
    units: Annotated[int, Field(ge=1)]


class MovesOfMonth(Strict):
    """What moved in a calendar month."""

    month: Month
    moves: list[Moves]


class Portfolio(Strict):
    """The book at a glance as of the agency's day."""

    as_of: Day
    policy_version: Annotated[int, Field(ge=1)]
    model: Model
    units: Tally
    customers: Tally
    unclassified_units: Tally = Field(description="not classified yet: in no class below")
    classes: list[ClassFigures]
    concentration: Concentration
    contracts_per_customer: ContractsPerCustomer
    coverage: list[LineCoverage]
    scatter: Scatter
    moves: list[MovesOfMonth] = Field(description="the last twelve calendar months, oldest first")


ProfileAttributeName = Literal[
    "kind", "age_band", "household", "home", "employment", "children", "industry", "line",
    "came_by", "years_with_us", "federal_state", "postcode_region",
]  # fmt: skip


class ProfileValue(Strict):
    """A value that at least ten customers of the class carry."""

    value: str
    customers: Annotated[int, Field(ge=10)]
    share: Share = Field(description="among the customers of the class")
    share_in_book: Share
    lift: float = Field(description="share / share_in_book, two decimals; 1 is as everywhere")
    bounded: bool = Field(
        description="fewer than ten of the other classes carry the value and cannot be told apart:"
        " share_in_book is at most, lift at least, what stands here"
    )


class ProfileAttribute(Strict):
    """What the customers of the class have in common in one respect, the highest lift first."""

    attribute: ProfileAttributeName
    name_de: str
    name_en: str
    values: list[ProfileValue]


class Profile(Strict):
    """Ideal customers: what a class has in common, never from fewer than ten customers.

    Without health data, without the dead, and without who objected to profiling.
    """

    as_of: Day
    segment: Segment
    customers: Tally
    customers_in_book: Tally
    fewest: int = Field(description="values carried by fewer customers are not shown")
    attributes: list[ProfileAttribute]


class Mover(Strict):
    """A unit whose class is another at the end of the quarter than at its beginning."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    from_segment: Segment
    to_segment: Segment
    day: Day = Field(description="when it last changed")
    policy_version: Annotated[int, Field(ge=1)]
    reasons_de: list[str]
    reasons_en: list[str]


class Movers(Strict):
    """All of them as a number, the first two hundred by name."""

    count: Tally
    items: list[Mover]


class UnitFigures(Strict):
    """What one unit brought and cost in twelve months."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    segment: Segment
    revenue_cents: Cents
    effort_cents: Cents
    margin_cents: Cents


class CareCost(Strict):
    """Who pays for their care, claims and legal duties included."""

    paying_units: Tally
    not_paying_units: Tally
    shortfall_cents: Cents = Field(description="what the care of the latter cost beyond revenue")
    costliest: list[UnitFigures]


class FallowUnit(Strict):
    """An O unit that nobody spoke to for twelve months."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    last_contact: Day | None = Field(description="null: none is known")
    potential_cents: Cents


class Fallow(Strict):
    """Chances that lie fallow, the greatest potential first; two hundred at most by name."""

    count: Tally
    potential_cents: Cents
    items: list[FallowUnit]


class ClassChange(Strict):
    """The difference of one class to the review before."""

    segment: Segment
    units: int
    customers: int
    revenue_cents: Cents
    margin_cents: Cents


class SinceLastReview(Strict):
    """What is different from the review before; all figures are differences."""

    quarter: Quarter
    as_of: Day
    units: int
    customers: int
    revenue_cents: Cents
    margin_cents: Cents
    potential_cents: Cents
    contracts_per_customer: float | None
    top_twenty_percent_share: float
    classes: list[ClassChange]


class ReviewRequest(Strict):
    """Which quarter to look at."""

    quarter: Quarter


class BookReview(Strict):
    """The book review of a quarter; stored, so that it does not change later.

    ``complete`` is false where the quarter was still running: the first review asked for after
    its end takes the place of that one, and stays.
    """

    quarter: Quarter
    begins: Day
    as_of: Day
    complete: bool
    made_at: Instant
    made_by: str
    policy_version: Annotated[int, Field(ge=1)]
    model: Model
    units: Tally
    customers: Tally
    unclassified_units: Tally
    classes: list[ClassFigures]
    up: Movers
    down: Movers
    first_classified_units: Tally = Field(description="had no class when the quarter began")
    care: CareCost
    fallow: Fallow
    concentration: Concentration
    contracts_per_customer: ContractsPerCustomer
    since_last: SinceLastReview | None


class ReviewSummary(Strict):
    """A review in the list."""

    quarter: Quarter
    as_of: Day
    complete: bool
    made_at: Instant
    made_by: str


class ReviewPage(Strict):
    """All reviews, the newest quarter first."""

    items: list[ReviewSummary]
    next_cursor: str | None = None


PartingWord = Literal["part", "keep"]


class PartingRequest(Strict):
    """What the owner decided on one customer, and why."""

    decision: PartingWord
    reason: Words


class PartingDecision(Strict):
    """A decision of the owner; it holds for the customer's whole care unit. Nothing follows from
    it by itself."""

    customer_id: CustomerId
    decision: PartingWord
    reason: str
    author: str
    decided_at: Instant


class Obstacle(Strict):
    """Why now is not the time; ``until`` is the last day of it, null while it is unknown."""

    kind: Literal["claim", "complaint", "application", "deadline"]
    until: Day | None
    contract_id: ContractId | None
    de: str
    en: str


class PartingCandidate(Strict):
    """A C unit whose care costs more than it brings. Claims, complaints and legal duties are not
    counted here, and who is quiet is never listed."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    revenue_cents: Cents
    counted_effort_cents: Cents
    margin_cents: Cents = Field(description="revenue − counted effort")
    timing: Literal["now", "not_now"]
    obstacles: list[Obstacle]
    decision: PartingDecision | None
    de: str
    en: str


class PartingCandidates(Strict):
    """For the owner to decide on, one by one; the costliest first."""

    as_of: Day
    policy_version: Annotated[int, Field(ge=1)]
    items: list[PartingCandidate]
    next_cursor: str | None = None
