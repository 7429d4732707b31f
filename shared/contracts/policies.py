"""The policy (Klassifizierungsregel): the versioned rule set that turns facts into a segment.

Everything here is data that an agency may change; a policy is validated when it is posted and
never edited afterwards. Shares and rates are given as decimal fractions (0.1 is 10 %).
"""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from shared.contracts.bounds import AtMost, SaysSomething
from shared.contracts.lines import BY_KEY, UNKNOWN_LINE
from shared.contracts.vocabulary import Day, Instant, Strict, WorkDay

Model = Literal["revenue_potential", "revenue_effort"]
GapKind = Literal["missing", "old", "incomplete"]
KnownHousehold = Literal["single", "couple", "family", "single_parent"]
KnownHome = Literal["owns", "rents"]
KnownEmployment = Literal[
    "employed", "self_employed", "civil_servant", "student", "retired", "unemployed", "other"
]
Pet = Literal["dog", "cat", "horse", "other"]

HEALTH_WARNING_DE: Final = (
    "Mit health_data=true werden Gesundheitssparten (Krankenzusatz, Zahn, Pflege, "
    "Berufsunfähigkeit) im Potenzial berücksichtigt. Dafür braucht der Betrieb eine "
    "Rechtsgrundlage nach Art. 9 DSGVO."
)
HEALTH_WARNING_EN: Final = (
    "With health_data=true health lines (health supplement, dental, care, disability) count "
    "towards the potential. The agency needs a legal basis for that under art. 9 GDPR."
)
MOST_NEEDS: Final = 60
"""The needs of a unit are stored as one 64-bit set, which has no room for more rows."""
MOST_VALUES: Final = 200
"""Of one condition: ages and industries, the longest lists, have fewer."""


def _at_most_four_decimals(value: float) -> float:
    """Shares are compared as exact fractions; finer ones would overflow 64-bit arithmetic."""
    if -int(Decimal(str(value)).as_tuple().exponent) > 4:
        raise ValueError("give at most four decimals")
    return value


def _known_line(key: str) -> str:
    if key not in BY_KEY or key == UNKNOWN_LINE:
        raise ValueError(f"there is no line {key!r} in the line table")
    return key


OpenShare = Annotated[float, Field(gt=0, lt=1), AfterValidator(_at_most_four_decimals)]
PositiveCents = Annotated[int, Field(gt=0, le=10**12)]
Months = Annotated[int, Field(ge=1, le=600)]
WholeNumber = Annotated[int, Field(ge=0, le=1_000_000)]
"""The largest number in a life situation; a condition above it could never be met."""
Count = Annotated[int, Field(ge=1, le=1000)]
Version = Annotated[int, Field(ge=1)]
CalibrationNumber = Annotated[int, Field(ge=1)]
LineKey = Annotated[str, AfterValidator(_known_line), Field(examples=["household"])]


class AmountThreshold(Strict):
    """A value is high if it is at least this amount."""

    kind: Literal["amount"]
    cents: PositiveCents = Field(examples=[30000])


class TopShareThreshold(Strict):
    """The top ``share`` of all units is high, including the unit that reaches it and its ties."""

    kind: Literal["top_share"]
    share: OpenShare = Field(examples=[0.2])


class ParetoThreshold(Strict):
    """The largest units that together bring ``share`` of the positive total are high."""

    kind: Literal["pareto"]
    share: OpenShare = Field(examples=[0.8])


Threshold = Annotated[
    AmountThreshold | TopShareThreshold | ParetoThreshold, Field(discriminator="kind")
]


class Axis(Strict):
    """One axis of the model, with the threshold between low and high."""

    threshold: Threshold


class Range(Strict):
    """Whole numbers from ``min`` to ``max``, both included; one of them may be left out."""

    min: WholeNumber | None = None
    max: WholeNumber | None = None

    @model_validator(mode="after")
    def _holds_a_number(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a range needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min lies above max: no customer could meet this")
        return self


Text = Annotated[str, Field(max_length=80), SaysSomething()]
_Value = TypeVar("_Value")
Values = Annotated[list[_Value], Field(min_length=1), AtMost(MOST_VALUES)]
WholeNumbers = Values[WholeNumber]


def _range_or_list(value: Any) -> str | None:
    if isinstance(value, list):
        return "list"
    return "range" if isinstance(value, dict | Range) else None


# Discriminated by form: a plain union would report one mistake as two errors.
Numbers = Annotated[
    Annotated[Range, Tag("range")] | Annotated[WholeNumbers, Tag("list")],
    Discriminator(
        _range_or_list,
        custom_error_type="numbers",
        custom_error_message="give a list of whole numbers, or an object with min or max",
    ),
]


class Conditions(Strict):
    """The life situation that raises a need; all conditions must hold for one person or company.

    A list is met if the customer's value is in it. Age is in full years on the day. An unknown
    value meets no condition.
    """

    household: Values[KnownHousehold] | None = None
    children: Numbers | None = None
    home: Values[KnownHome] | None = None
    employment: Values[KnownEmployment] | None = None
    vehicles: Numbers | None = None
    pets: Values[Pet] | None = None
    industry: Values[Text] | None = None
    employees: Numbers | None = None
    income_band: Values[Text] | None = None
    age: Numbers | None = None


class Need(Strict):
    """A line that a life situation needs, and the commission that closing the gap would bring.

    ``kind`` says which gap is meant: the line is ``missing``, its terms are ``old``, or its cover
    is ``incomplete`` (household or building without natural hazards). ``expected_cents`` is the
    further yearly commission once closed; times ``probability`` it adds to the potential, rounded
    half up to a cent. Of several needs with the same line and kind the first that applies counts.
    """

    line: LineKey
    kind: GapKind = "missing"
    when: Conditions = Conditions()
    expected_cents: Annotated[int, Field(ge=0, le=10**9, examples=[18000])]
    probability: Annotated[float, Field(gt=0, le=1), AfterValidator(_at_most_four_decimals)]
    reason_de: Annotated[str, Field(max_length=300), SaysSomething()]
    source: Annotated[str, Field(max_length=300), SaysSomething()]

    @model_validator(mode="after")
    def _names_its_reason(self) -> Self:
        if self.kind == "missing" and not self.when.model_dump(exclude_none=True):
            raise ValueError("when is empty: a missing line needs a known reason to be a need")
        return self


class HourlyCents(Strict):
    """The cost of an hour by role, the owner included."""

    owner: Annotated[int, Field(ge=0, le=10**7)] = 12000
    adviser: Annotated[int, Field(ge=0, le=10**7)] = 7000
    back_office: Annotated[int, Field(ge=0, le=10**7)] = 4500


class Effort(Strict):
    """The cost of care, and its largest share of the revenue (three-class model)."""

    hourly_cents: HourlyCents = HourlyCents()
    kilometre_cents: Annotated[int, Field(ge=0, le=10**5)] = 42
    ratio_limit: Annotated[float, Field(gt=0, le=10), AfterValidator(_at_most_four_decimals)] = 0.5


class EarningMonths(Strict):
    """The months over which a booking is earned; a renewal takes 12 / instalments per year."""

    initial: Months = 60
    increase: Months = 60
    clawback: Months = 60
    other: Months = 12


class Counts(Strict):
    """The number from which a count decides (three-class model)."""

    late_payments: Count = 2
    price_disputes: Count = 3
    announced_not_delivered: Count = 2
    idle_contacts: Count = 12


class Stability(Strict):
    """How an axis keeps its level; ``upgrade_immediately`` false applies the band upward too."""

    band: Annotated[float, Field(ge=0, lt=1), AfterValidator(_at_most_four_decimals)] = 0.10
    hold_days: Annotated[int, Field(ge=1, le=3660)] = 90
    upgrade_immediately: bool = True


class Policy(Strict):
    """A complete rule set; two policies with the same values are equal."""

    model: Model = "revenue_potential"
    name: Annotated[str, Field(max_length=120), SaysSomething()] = "Ertrag × Potenzial"
    revenue: Axis = Axis(threshold=AmountThreshold(kind="amount", cents=30000))
    potential: Axis = Axis(threshold=AmountThreshold(kind="amount", cents=15000))
    needs: Annotated[list[Need], Field(max_length=MOST_NEEDS)]
    effort: Effort = Effort()
    earning_months: EarningMonths = EarningMonths()
    counts: Counts = Counts()
    health_data: bool = False
    stability: Stability = Stability()
    terms_old_after_years: Annotated[int, Field(ge=1, le=50)] = 5
    chance_months: Annotated[int, Field(ge=1, le=120)] = 12


class PolicyWarning(Strict):
    """A warning about a policy that is allowed nevertheless."""

    pointer: str = Field(description="the field it is about (RFC 6901)", examples=["/health_data"])
    de: str
    en: str


class PolicyVersion(Strict):
    """A stored policy."""

    version: Version
    policy: Policy
    warnings: list[PolicyWarning] = Field(default_factory=list)
    created_at: Instant
    created_by: str


class PolicyPage(Strict):
    """All versions, the newest first."""

    items: list[PolicyVersion]
    next_cursor: str | None = None


class PolicyCreated(Strict):
    """The version under which a policy was stored."""

    version: Version
    warnings: list[PolicyWarning] = Field(default_factory=list)


class PolicyActivation(Strict):
    """The day from which a version is in force; by default the agency's day."""

    model_config = ConfigDict(populate_by_name=True)

    from_day: WorkDay | None = Field(default=None, alias="from", examples=["2026-12-01"])


class PolicyActivated(Strict):
    """The result of an activation; there is no run yet if the day is in the future."""

    model_config = ConfigDict(populate_by_name=True)

    version: Version
    from_day: Day = Field(alias="from")
    calibration: CalibrationNumber | None = Field(
        description="null until a worker has calibrated relative thresholds over the book"
    )
    replaced: Version | None = Field(
        default=None, description="the version that was planned for the same day before"
    )
    reclassification_id: UUID | None
