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
    """What the classification used: sums over the care unit, windows of twelve months."""

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
    """A need that nothing covers, with the facts of the life situation that raise it."""

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
    """What stability remembers of one axis; ``level`` is null where nothing is scored."""

    level: Level | None
    below_since: Day | None


class Axes(Strict):
    """Both axes as measured: a flag may lift the class, it never lifts these."""

    revenue: AxisState
    potential: AxisState


class Held(Strict):
    """Stability kept a level that the value alone would not give; it falls on ``until``."""

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
    """The class of a customer's care unit, and what explains it.

    ``as_of`` and ``classified_at`` are those of its last change, and so are facts, gaps, reasons
    and axes in lists and in the history; one customer's present class is explained as of today.
    """

    state: Literal["current"] = "current"
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
    """No classification was made yet; it is being worked on."""

    state: Literal["pending"] = "pending"


class ClassificationHistory(Strict):
    """A customer's classifications, the newest first; their ``revision`` is not told (0)."""

    items: list[Classification]
    next_cursor: str | None = None


class ClassificationPage(Strict):
    """Customers in the order of their ids with their classes."""

    items: list[Classification]
    next_cursor: str | None = None


ReclassificationState = Literal["waiting", "running", "done"]


class Reclassification(Strict):
    """A run over the whole book and how far it is."""

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
