"""Reports on the whole book: portfolio, ideal customers, book review, parting candidates.

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
    """The figures of one class: members, revenue, and the cost of their care in twelve months."""

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
    """The revenue of the largest units; ``count`` is rounded up, so one percent of 30 is one."""

    percent: Annotated[int, Field(ge=1, le=100)]
    count: Tally
    leaving_costs_cents: Cents = Field(description="commission a year that would leave with them")
    freed_effort_cents: Cents = Field(description="what their care cost in twelve months")
    share_of_revenue: Share = Field(description="of all positive revenue")


class Pillar(Strict):
    """Care units that are linked as companies and may leave together, or one unit alone."""

    unit_ids: list[CustomerId]
    customers: Tally
    leaving_costs_cents: Cents
    share_of_revenue: Share


class Concentration(Strict):
    """How much of the revenue comes from few: by care units, and by groups linked as companies."""

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
    """The share of those who could hold a line and do, here or elsewhere, and the trade's share."""

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
    """The units of one class in a cell of the plane; ``to`` is exclusive, null means no bound."""

    revenue_from_cents: Cents | None
    revenue_to_cents: Cents | None
    potential_from_cents: Cents | None
    potential_to_cents: Cents | None
    segment: Segment
    units: Annotated[int, Field(ge=1)]


class Scatter(Strict):
    """Revenue × potential: points for up to 5,000 units, cells of a grid for more.

    The other of the two lists is empty. Units that objected to profiling are in neither.
    """

    points: list[ScatterPoint]
    cells: list[ScatterCell]
    revenue_threshold_cents: Cents | None
    potential_threshold_cents: Cents | None


class Moves(Strict):
    """Units that moved from one class to another; a first class is no move."""

    from_segment: Segment
    to_segment: Segment
    units: Annotated[int, Field(ge=1)]


class MovesOfMonth(Strict):
    """The moves of a calendar month."""

    month: Month
    moves: list[Moves]


class Portfolio(Strict):
    """The whole book in figures, as of the agency's day."""

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
    """A value that at least ten customers of the class have."""

    value: str
    customers: Annotated[int, Field(ge=10)]
    share: Share = Field(description="among the customers of the class")
    share_in_book: Share
    lift: float = Field(description="share / share_in_book, two decimals; 1 is as everywhere")
    bounded: bool = Field(
        description="true if fewer than ten customers of the other classes have the value: then"
        " share_in_book is an upper bound and lift a lower bound"
    )


class ProfileAttribute(Strict):
    """The values of one attribute among the customers of the class, the highest lift first."""

    attribute: ProfileAttributeName
    name_de: str
    name_en: str
    values: list[ProfileValue]


class Profile(Strict):
    """What the customers of a class have in common, never shown for fewer than ten customers.

    Health data, dead customers and customers who objected to profiling are left out.
    """

    as_of: Day
    segment: Segment
    customers: Tally
    customers_in_book: Tally
    fewest: int = Field(description="values of fewer customers are not shown")
    attributes: list[ProfileAttribute]


class Mover(Strict):
    """A unit whose class at the end of the quarter differs from that at its beginning."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    from_segment: Segment
    to_segment: Segment
    day: Day = Field(description="when it last changed")
    policy_version: Annotated[int, Field(ge=1)]
    reasons_de: list[str]
    reasons_en: list[str]


class Movers(Strict):
    """The number of all movers, and the first two hundred of them."""

    count: Tally
    items: list[Mover]


class UnitFigures(Strict):
    """Revenue and cost of one unit in twelve months."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    segment: Segment
    revenue_cents: Cents
    effort_cents: Cents
    margin_cents: Cents


class CareCost(Strict):
    """How many units pay for their care; claims and legal duties are included."""

    paying_units: Tally
    not_paying_units: Tally
    shortfall_cents: Cents = Field(
        description="cost of the care of not_paying_units beyond their revenue"
    )
    costliest: list[UnitFigures]


class FallowUnit(Strict):
    """An O unit without any contact in twelve months."""

    unit_id: CustomerId
    customer_ids: list[CustomerId]
    last_contact: Day | None = Field(description="null: none is known")
    potential_cents: Cents


class Fallow(Strict):
    """O units without contact: their number, and the two hundred with the greatest potential."""

    count: Tally
    potential_cents: Cents
    items: list[FallowUnit]


class ClassChange(Strict):
    """The difference of one class from the previous review."""

    segment: Segment
    units: int
    customers: int
    revenue_cents: Cents
    margin_cents: Cents


class SinceLastReview(Strict):
    """The differences from the previous review."""

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
    """The quarter to review."""

    quarter: Quarter


class BookReview(Strict):
    """The book review of a quarter; it is stored, so that it does not change later.

    ``complete`` is false if the quarter was still running. The first review that is requested
    after its end replaces that one, and is final.
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
    """The owner's decision on one customer, with the reason."""

    decision: PartingWord
    reason: Words


class PartingDecision(Strict):
    """A decision of the owner for the customer's whole care unit; no service acts on it."""

    customer_id: CustomerId
    decision: PartingWord
    reason: str
    author: str
    decided_at: Instant


class Obstacle(Strict):
    """A reason against parting now; ``until`` is its last day, null if that is unknown."""

    kind: Literal["claim", "complaint", "application", "deadline"]
    until: Day | None
    contract_id: ContractId | None
    de: str
    en: str


class PartingCandidate(Strict):
    """A C unit whose care costs more than its revenue.

    Claims, complaints and legal duties do not count here. A unit whose counted care costs at most
    one hour of the back office is never listed.
    """

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
    """Candidates on which the owner decides one by one, the costliest first."""

    as_of: Day
    policy_version: Annotated[int, Field(ge=1)]
    items: list[PartingCandidate]
    next_cursor: str | None = None
