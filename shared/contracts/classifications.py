"""The classification of a customer, with everything that explains it."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.policies import GapKind, Model
from shared.contracts.vocabulary import Cents, CustomerId, Day, Instant, Revision, Strict

Segment = Literal["A", "B", "O", "C"]
Level = Literal["high", "low"]
AxisName = Literal["revenue", "potential"]
ServiceLevel = Literal["high", "standard"]
Development = Literal["active", "none"]
HeldBy = Literal["band", "hold_time"]
Rule = Literal[
    "revenue.high", "revenue.low", "potential.high", "potential.low", "promising", "favourite",
    "conduct", "late_payments", "price_disputes", "idle_contacts", "effort_ratio",
    "announced_not_delivered", "override", "objection", "band", "hold_time",
]  # fmt: skip
RunPhase = Literal["calibrating", "classifying", "superseded"]
Tally = Annotated[int, Field(ge=0)]


class Facts(Strict):
    """The facts behind the classification: sums over the care unit in the last twelve months."""

    revenue_cents: Cents
    revenue_estimated: bool
    effort_minutes: Tally
    effort_cents: Cents
    margin_cents: Cents
    effort_ratio: float | None = Field(description="effort / revenue; null means infinite")
    potential_cents: Cents
    potential_assumed: bool = Field(description="the life situation is unknown: trade averages")
    contracts: Tally
    lines: list[str] = Field(description="lines of active contracts held here")
    referrals: Tally
    referral_value_cents: Cents
    late_payments: Tally
    price_disputes: Tally
    complaints: Tally
    announced_not_delivered: Tally
    idle_contacts: Tally


class Gap(Strict):
    """An uncovered need, with the facts of the life situation that raise it."""

    line: str
    kind: GapKind
    expected_cents: Cents = Field(description="further commission a year once the gap is closed")
    value_cents: Cents = Field(description="expected_cents × probability, rounded half up")
    because: list[str] = Field(examples=[["employment=employed", "age<=55"]])


class Reason(Strict):
    """One rule that decided; ``distance`` is value − threshold."""

    rule: Rule
    value: int | float | None
    threshold: int | float | None
    distance: int | float | None
    de: str
    en: str


class AxisState(Strict):
    """The stored level of one axis; ``level`` is null if the customer is not scored."""

    level: Level | None
    below_since: Day | None


class Axes(Strict):
    """Both axes as measured. A flag may raise the class, but it never raises these levels."""

    revenue: AxisState
    potential: AxisState


class Held(Strict):
    """A level that the stability rules keep although the value has left it, until ``until``."""

    axis: AxisName
    by: HeldBy = Field(
        description="`band` in every answer: the band alone keeps a level, and the hold time ends"
        " what it keeps; `hold_time` is among the reasons once it has ended, and not used here"
    )
    until: Day | None = Field(
        description="the day on which the hold time ends and the level falls; null where a low"
        " level waits for the upper end of the band"
    )


class Override(Strict):
    """A class pinned by staff; ``until`` is the last day on which it holds."""

    segment: Segment
    reason: str
    author: str
    until: Day


class Classification(Strict):
    """The class of a customer's care unit, with its explanation.

    ``as_of`` and ``classified_at`` belong to the last change of the class. In lists and in the
    history, so do facts, gaps, reasons and axes; the route of one customer gives these as of
    today.
    """

    state: Literal["current", "stale"] = Field(
        default="current",
        description="`stale`: facts or policy have changed, and the class is being made anew.",
    )
    customer_id: CustomerId
    care_unit: list[CustomerId]
    segment: Segment
    previous_segment: Segment | None
    model: Model
    policy_version: Annotated[int, Field(ge=1)]
    as_of: Day
    calibration: Annotated[int, Field(ge=1)] | None
    classified_at: Instant
    revision: Revision
    service_level: ServiceLevel
    development: Development
    facts: Facts | None = Field(description="null for who objected to profiling")
    gaps: list[Gap]
    reasons: list[Reason]
    axes: Axes
    override: Override | None
    held: Held | None


class PendingClassification(Strict):
    """The customer waits for the first classification."""

    state: Literal["pending"] = "pending"


class ClassificationHistory(Strict):
    """A customer's classifications, the newest first; their ``revision`` is always 0."""

    items: list[Classification]
    next_cursor: str | None = None


class ClassificationPage(Strict):
    """Customers in the order of their ids with their classes."""

    items: list[Classification]
    next_cursor: str | None = None


ReclassificationState = Literal["waiting", "running", "done"]


class Reclassification(Strict):
    """A reclassification of the whole book and its progress."""

    reclassification_id: UUID
    reason: str = Field(examples=["requested", "day", "activation", "calibration"])
    as_of: Day
    state: str = Field(examples=["waiting", "running", "done"])
    phase: RunPhase = Field(
        description="thresholds become amounts over the whole book first, then it is classified;"
        " superseded: a later activation took the place of the one it was for"
    )
    policy_version: Annotated[int, Field(ge=1)] | None = Field(
        description="the version that the run brings into force or calibrates"
    )
    calibration: Annotated[int, Field(ge=1)] | None = Field(
        description="the calibration of that version, once it is there"
    )
    units_calibrated: Tally = Field(description="care units read for the calibration so far")
    units_expected: Tally | None = Field(
        description="care units of the book: counted by the calibration, else by the run before"
    )
    units: Tally = Field(description="care units looked at so far")
    changed: Tally = Field(description="care units whose classification changed")
    created_at: Instant
    finished_at: Instant | None
