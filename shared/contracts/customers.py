"""Customers, contracts, commissions, interactions and consents, as a broker system sends them.

Every field but ``kind`` and a name may be missing. A missing value is unknown, and an unknown value
never counts as a reason.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    EmailStr,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from shared.contracts.bounds import STORED, OfSomeYear, OneLine, SaysSomething, none_if_blank
from shared.contracts.e_mail import is_plain_e_mail
from shared.contracts.lines import BY_KEY
from shared.contracts.vocabulary import (
    LARGEST_AMOUNT,
    ContractId,
    CustomerId,
    ExternalId,
    Instant,
    RecordDay,
    ToldInstant,
)
from shared.contracts.vocabulary import Strict as Value

Name = Annotated[str, Field(max_length=120), SaysSomething(), OneLine()]
BLANK_IS_NULL: Final = AfterValidator(none_if_blank)  # behind the limit, which None has not
"""Of a text that may be left out: blanks tell nothing, as null does."""
Text10 = Annotated[str, Field(max_length=10), BLANK_IS_NULL, OneLine()]
Text12 = Annotated[str, Field(max_length=12), BLANK_IS_NULL, OneLine()]
Text40 = Annotated[str, Field(max_length=40), BLANK_IS_NULL, OneLine()]
Text60 = Annotated[str, Field(max_length=60), BLANK_IS_NULL, OneLine()]
Text80 = Annotated[str, Field(max_length=80), BLANK_IS_NULL, OneLine()]
Text120 = Annotated[str, Field(max_length=120), BLANK_IS_NULL, OneLine()]
Text200 = Annotated[str, Field(max_length=200), BLANK_IS_NULL]
Text = Annotated[str, Field(max_length=2000), BLANK_IS_NULL]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_]+$")]
FederalState = Literal[
    "BW", "BY", "BE", "BB", "HB", "HH", "HE", "MV", "NI", "NW", "RP", "SL", "SN", "ST", "SH", "TH"
]  # fmt: skip

CustomerKind = Literal["person", "company"]
CustomerStatus = Literal["active", "prospect", "former"]
Salutation = Literal["frau", "herr", "divers", "familie", "firma"]
FormOfAddress = Literal["sie", "du"]
Language = Literal["de", "en"]
Household = Literal["single", "couple", "family", "single_parent", "unknown"]
Home = Literal["owns", "rents", "unknown"]
Employment = Literal[
    "employed", "self_employed", "civil_servant", "student", "retired", "unemployed", "other",
    "unknown",
]  # fmt: skip
ConnectionKind = Literal["household", "company_group", "recommended_by", "acquainted"]
ContractStatus = Literal["active", "suspended", "cancelled", "expired", "applied"]
CommissionKind = Literal["initial", "renewal", "increase", "clawback", "other"]
Direction = Literal["in", "out"]
InteractionChannel = Literal["visit", "office", "video", "phone", "email", "letter", "chat"]
StaffRole = Literal["owner", "adviser", "back_office"]
Topic = Literal[
    "advice", "claim", "complaint", "legal_duty", "data_right", "administration", "none"
]
ConsentPurpose = Literal["advertising", "newsletter", "events", "review"]
ConsentChannel = Literal["email", "phone", "letter", "messenger"]
ConsentState = Literal["granted", "denied", "withdrawn"]
ConsentBasis = Literal["consent", "existing_customer", "legitimate_interest"]


DayOfTheYear = Annotated[
    str, Field(pattern=r"^--(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"), OfSomeYear()
]
"""A day of every year, ``--MM-DD`` (gMonthDay of XML Schema); 29 February is one."""


class NegativePremium(ValueError):
    """a premium is never negative; what was paid back is a booking"""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def _not_negative(premium_cents: int) -> int:
    if premium_cents < 0:
        raise NegativePremium
    return premium_cents


def _in_the_table(line: str) -> str:
    if line not in BY_KEY:
        raise ValueError(f"there is no line {line!r} in the line table; `unknown` is one")
    return line


KnownLine = Annotated[Code, AfterValidator(_in_the_table)]
"""A key of the line table."""


class Address(Value):
    """A postal address; ``country`` is ISO 3166-1 alpha-2, ``state`` the German federal state."""

    street: Text120 | None = Field(default=None, examples=["Lindenallee 4"])
    postcode: Text12 | None = Field(default=None, examples=["06526"])
    city: Text80 | None = Field(default=None, examples=["Sangerhausen"])
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["DE"])] = "DE"
    state: FederalState | None = None


class Mandate(Value):
    """The customer's mandate to the agency (Maklervertrag, Vollmacht), which it needs to act.

    Null means unknown and stops nothing; only ``false`` means that there is none.
    """

    contract: bool | None = None
    power_of_attorney: bool | None = None
    since: RecordDay | None = None
    ended_on: RecordDay | None = None


class LifeSituation(Value):
    """The facts that needs depend on; a missing field is unknown and raises no need."""

    household: Household | None = None
    children: Annotated[int, Field(ge=0, le=30, examples=[2])] | None = None
    home: Home | None = None
    employment: Employment | None = None
    vehicles: Annotated[int, Field(ge=0, le=999)] | None = None
    pets: list[Code] | None = Field(default=None, max_length=20, examples=[["dog"]])
    industry: Text80 | None = None
    employees: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    income_band: Text40 | None = None


class Flags(Value):
    """Flags set by staff; each expires after twelve months."""

    favourite: bool = False
    useful: bool = False
    promising: bool = False
    conduct: bool = False
    no_gifts: bool = False


class Connection(Value):
    """A link to another customer; ``household`` links work both ways and are transitive."""

    customer_id: CustomerId
    kind: ConnectionKind


class Customer(Value):
    """A person or company that the agency serves, as recorded in the broker's own system."""

    kind: CustomerKind
    status: CustomerStatus = "active"
    salutation: Salutation | None = None
    title: Text60 | None = Field(default=None, examples=["Dr."])
    first_name: Name | None = Field(default=None, examples=["Ute"])
    last_name: Name | None = Field(default=None, examples=["Bergmann"])
    company_name: Name | None = None
    contact_person: Name | None = None
    form_of_address: FormOfAddress = "sie"
    language: Language = "de"
    birth_date: RecordDay | None = None
    death_date: RecordDay | None = None
    address: Address = Address()
    email: EmailStr | None = None
    phone: Text40 | None = Field(default=None, examples=["+49 3464 5555"])
    customer_since: RecordDay | None = None
    came_by: Text80 | None = Field(default=None, examples=["recommendation"])
    carer: ExternalId | None = Field(
        default=None,
        description="Staff id of who cares for the customer, as your system knows it; planning "
        "begins with this person.",
        examples=["S-1"],
    )
    last_review_on: RecordDay | None = Field(
        default=None,
        description="Day of the last yearly review, held before or elsewhere; the next one is due "
        "twelve months later.",
        examples=["2026-03-12"],
    )
    last_contact_on: RecordDay | None = Field(
        default=None,
        description="Day of the last personal contact.",
        examples=["2026-10-20"],
    )
    mandate: Mandate = Mandate()
    life: LifeSituation = LifeSituation()
    flags: Flags = Flags()
    connections: list[Connection] = Field(default_factory=list, max_length=200)
    identities: dict[Code, Name] = Field(
        default_factory=dict, max_length=20, examples=[{"gdv": "9999:4711"}]
    )

    @field_validator("email", mode="wrap")
    @classmethod
    def _e_mail_without_blanks(
        cls, value: object, check: ValidatorFunctionWrapHandler
    ) -> str | None:
        text = value.strip() if isinstance(value, str) else value
        return text if isinstance(text, str) and is_plain_e_mail(text) else check(text)

    @property
    def named(self) -> bool:
        """Whether the name is there that its kind needs; a row of a list may leave it out."""
        if self.kind == "company":
            return bool(self.company_name)
        return bool(self.last_name or self.first_name)

    @model_validator(mode="after")
    def _has_a_name(self, info: ValidationInfo) -> Self:
        if not self.named and not (info.context == STORED and self.last_name):
            needed = "last_name or first_name" if self.kind == "person" else "company_name"
            raise ValueError(f"a {self.kind} needs {needed}")
        return self

    @model_validator(mode="after")
    def _dies_after_birth(self) -> Self:
        if self.birth_date and self.death_date and self.death_date < self.birth_date:
            raise ValueError("death_date lies before birth_date")
        return self


class Contract(Value):
    """An insurance contract; amounts are net (without insurance tax) and per instalment."""

    insurer: Text120 | None = None
    insurer_number: Text10 | None = Field(default=None, examples=["9999"])
    contract_number: Text60 | None = None
    line: KnownLine = Field(examples=["household"])
    gdv_line: Annotated[str, Field(pattern=r"^[0-9]{3}$", examples=["130"])] | None = None
    product: Text120 | None = None
    status: ContractStatus = "active"
    start: RecordDay | None = None
    end: RecordDay | None = None
    main_due_date: DayOfTheYear | None = Field(default=None, examples=["--01-01"])
    notice_months: Annotated[int, Field(ge=0, le=36)] | None = None
    premium_cents: (
        Annotated[
            int,
            Field(le=LARGEST_AMOUNT, json_schema_extra={"minimum": 0}),
            AfterValidator(_not_negative),  # behind the limit, or the document loses that
        ]
        | None
    ) = None
    instalments_per_year: Annotated[int, Field(ge=0, le=12)] | None = None
    commission_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    cancelled_on: RecordDay | None = None
    cancel_reason: Text200 | None = None
    foreign: bool = False

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.start and self.end and self.end < self.start:
            raise ValueError("end lies before start")
        return self


class FieldSource(Value):
    """Who told a group of fields last, and when."""

    source: str = Field(
        description="`api`, `event:<source>`, `csv:<kind of list>`, `gdv:<number of the insurer>` "
        "or `user:<staff>`.",
        examples=["gdv:9999"],
    )
    at: Instant


class CustomerWithSources(Customer):
    """A customer with who told each group of fields: `identity`, `status`, `death`, `address`,
    `reachability`, `life`, `mandate`, `mandate_end`, `flags`, `connections`."""

    provenance: dict[str, FieldSource]


class ContractWithSources(Contract):
    """A contract with who told its `terms` and its `ending`."""

    provenance: dict[str, FieldSource]


class Commission(Value):
    """A payment of an insurer to the agency on its booking day; negative for a clawback."""

    commission_id: ExternalId
    customer_id: CustomerId
    contract_id: ContractId | None = None
    booked_on: RecordDay
    kind: CommissionKind
    amount_cents: Annotated[int, Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT, examples=[84210])]

    @model_validator(mode="after")
    def _clawbacks_are_negative(self) -> Self:
        if self.kind == "clawback" and self.amount_cents > 0:
            raise ValueError("amount_cents of a clawback is negative")
        return self


class Interaction(Value):
    """One contact with a customer, with the minutes it took."""

    interaction_id: ExternalId
    customer_id: CustomerId
    at: ToldInstant
    direction: Direction
    channel: InteractionChannel
    role: StaffRole
    staff_id: ExternalId | None = None
    minutes: Annotated[int, Field(ge=0, le=24 * 60)]
    kilometres: Annotated[int, Field(ge=0, le=5000)] = 0
    gift_cents: Annotated[int, Field(ge=0, le=10**7)] = 0
    topic: Topic = Field(
        default="administration",
        description="`none` is an idle contact, which counts against a customer; a missing topic "
        "is unknown and counts as administration.",
    )
    beyond_package: bool = False


class DoubleOptIn(Value):
    """Proof that the holder of the address confirmed it: both instants and the message."""

    requested_at: ToldInstant
    confirmed_at: ToldInstant
    message_id: Text200 | None = None


class Consent(Value):
    """Consent or refusal for one purpose and channel, with the text agreed to."""

    state: ConsentState
    basis: ConsentBasis = "consent"
    at: ToldInstant
    wording: Text | None = None
    source: Text200 | None = None
    double_opt_in: DoubleOptIn | None = None


class Objections(Value):
    """Objections to direct marketing and to profiling (GDPR art. 21), each since an instant."""

    advertising: Instant | None = None
    profiling: Instant | None = None
