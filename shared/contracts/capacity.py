"""Capacity in answers: people, weeks, services, faults of the staff, creeping hours, to-leave."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.customers import StaffRole
from shared.contracts.vocabulary import Cents, CustomerId, Day, StaffId, Strict

Count = Annotated[int, Field(ge=0, examples=[12])]
Hours = Annotated[float, Field(ge=0, examples=[7.5])]
ShownBy = Literal["sum", "trial", "search"]
MendingKind = Literal["catalogue", "capacity", "hours"]
Minutes = Annotated[int, Field(ge=0, examples=[260])]
FaultKind = Literal[
    "nobody_active",
    "beyond_places",
    "beyond_hours",
    "block_outside_hours",
    "places_not_stated",
    "carer_left",
    "told_carer_unknown",
    "area_without_person",
    "role_without_person",
    "pin_broken",
]


class StaffingFault(Strict):
    """Something that is wrong with who does what, in words that an owner can act on."""

    kind: FaultKind = Field(
        description="`beyond_places`: more customers than places; `beyond_hours`: more is due in"
        " twelve months than fits; `places_not_stated`: nobody after this person gets customers;"
        " `carer_left`: customers of somebody who is gone; `told_carer_unknown`: your system tells"
        " a carer whose id nobody on the staff has; `area_without_person`: nobody active is"
        " named for it; `role_without_person`: the catalogue gives work to a role that nobody has;"
        " `block_outside_hours`: somebody's blocks lie where the office is closed by now, and count"
        " only as far as they do not;"
        " `pin_broken`: contacts that cannot come on the day that somebody fixed."
    )
    staff_id: StaffId | None = Field(description="Whom it concerns; null: everybody.")
    area: str | None = Field(
        default=None,
        description="A kind of request, a line or a role; null if there are several.",
        examples=["claim"],
    )
    areas: list[str] = Field(
        default_factory=list,
        description="All kinds of requests, or all lines, that lack a person for the same cause.",
        examples=[["claim"]],
    )
    customers: Count | None = Field(default=None, description="How many customers it concerns.")
    hours: Hours | None = Field(default=None, description="Hours in twelve months beyond theirs.")
    de: str = Field(examples=["S-1 hat 20 Kunden mehr, als Plätze angegeben sind."])
    en: str = Field(examples=["S-1 has 20 customers more than places."])


class PersonLoad(Strict):
    """One active person: customers against places, and twelve months of work against hours."""

    staff_id: StaffId
    role: StaffRole
    customers: Count = Field(description="Active customers of whom this person is the carer.")
    places: Count | None = Field(description="Null: no limit was stated.")
    beyond_places: Count = Field(description="Customers above the places.")
    demanded_hours: Hours = Field(description="What falls due in twelve months, overdue included.")
    plannable_hours: Hours = Field(description="The share of the same months that may be planned.")
    beyond_hours: Hours = Field(description="Demanded above plannable.")


class WeekLoad(Strict):
    """One person's week: hours placed, by service, against plannable ones."""

    staff_id: StaffId
    week: Day = Field(description="Its Monday.", examples=["2026-11-23"])
    placed_hours: Hours
    plannable_hours: Hours
    services: dict[str, float] = Field(
        description="Hours by service.", examples=[{"yearly_review": 4.5}]
    )


class ServiceLoad(Strict):
    """What a service takes of one person in twelve months."""

    service: str = Field(examples=["yearly_review"])
    staff_id: StaffId | None = Field(description="Null: nobody is responsible.")
    touchpoints: Count
    hours: Hours
    cost_cents: Cents = Field(description="Hours at the person's hourly cost, else the role's.")


class CreepingDay(Strict):
    """How large a book a working day carries."""

    hours_a_day: Annotated[int, Field(ge=1, le=24, examples=[8])] = Field(
        description="Of a full-time person; part-time in proportion."
    )
    customers_alike: Count = Field(description="If every customer got the highest class's care.")
    customers_by_catalogue: Count = Field(description="With the catalogue in force.")


class CreepingHours(Strict):
    """What equal treatment costs: working days that grow with the book, against the catalogue."""

    needed_alike: Hours = Field(
        description="Hours a day of a full-time person that the present book would need if every"
        " customer got the highest class's care."
    )
    needed_by_catalogue: Hours = Field(description="The same with the catalogue in force.")
    days: list[CreepingDay] = Field(description="For 8, 10, 12 and 14 hours a day.")


class ServiceToLeave(Strict):
    """A service that takes hours, and what followed from it; what little follows from comes first.

    The owner decides. Duties are left out.
    """

    service: str = Field(examples=["how_are_you"])
    touchpoints: Count = Field(
        description="Held by a person in the last twelve months; messages take no hours."
    )
    hours: Hours = Field(description="Spent on them.")
    cost_cents: Cents = Field(description="The cost of those hours, in cents.")
    won: Count = Field(description="Developments that were won.")
    asked: Count = Field(description="After which the customer asked for something in 30 days.")
    referred: Count = Field(description="After which the customer recommended us in 30 days.")
    planned_hours: Hours = Field(description="What it takes in the coming twelve months.")
    planned_cost_cents: Cents = Field(description="The cost of those hours, in cents.")


class ProofDay(Strict):
    """A day on which a certificate's contacts may stand."""

    staff_id: StaffId
    day: Day
    plannable_minutes: Minutes = Field(description="As in `days` of this answer.")
    taken_minutes: Minutes = Field(
        description="Fixed: open tasks, what was told, duties above the free share."
    )
    there_minutes: Minutes = Field(
        description="What contacts of this certificate can fill of the rest; they cannot be cut, so"
        " a day with 288 minutes holds 260 of visits of 130."
    )


class OverloadCertificate(Strict):
    """A proof that something does not fit, to be checked with a pocket calculator.

    The minutes of the `touchpoints` (`GET /v1/touchpoints/{touchpoint_id}`) add up to
    `needed_minutes`. Each may stand on `days` only: those of its window and of who may do it. Their
    `there_minutes` add up to `there_minutes`, which is less. Without any one of the touchpoints the
    rest fits.
    """

    unplaced: list[str] = Field(
        description="The contacts without a day that it explains: the first is one of the"
        " `touchpoints`, the others want none but the same days."
    )
    touchpoints: list[str] = Field(
        description="Contacts that do not fit together; all are promised as much as the unplaced"
        " one or more."
    )
    staff: list[StaffId] = Field(description="Who may do them; empty: nobody works on their days.")
    first_day: Day = Field(alias="from", description="Their first possible day.")
    last_day: Day = Field(alias="to", description="Their last possible day.")
    needed_minutes: Minutes
    there_minutes: Minutes
    shown_by: ShownBy = Field(
        description="`sum`: the minutes alone prove it; `trial`: the minutes come out, but their"
        " lengths fit no day, and all arrangements were tried; `search`: too many to try them all,"
        " and planning found no room."
    )
    minimal: bool = Field(
        description="True: without any one of the touchpoints the rest fits (of large sets: the"
        " minutes come out). False: there may be a smaller set."
    )
    days: list[ProofDay]


class OverloadMending(Strict):
    """A change with which everything that a certificate explains has a day, and nothing else loses
    its own. The book was planned with it. The owner decides."""

    certificate: Count = Field(description="Its place in `certificates`; the first is 0.")
    kind: MendingKind = Field(
        description="`catalogue`: the class gets a service less often, nearer, or no longer;"
        " `capacity`: a colleague cares for these customers; `hours`: a person has more hours."
    )
    service: str | None = Field(default=None, examples=["yearly_review"])
    segment: Literal["A", "B", "O", "C"] | None = None
    field: str | None = Field(
        default=None,
        description="What becomes of the class's cell: `channel` (minutes and travel follow),"
        " `every_months`, `times_per_year`, or `segments`: the class no longer has the service.",
        examples=["every_months"],
    )
    value: str | int | None = Field(default=None, description="What it becomes.", examples=[24])
    staff_id: StaffId | None = Field(
        default=None, description="Whose hours, or whose customers (null: of several)."
    )
    to_staff_id: StaffId | None = Field(default=None, description="Who gets the customers.")
    customers: list[CustomerId] = Field(
        default_factory=list, description="Who changes: `PUT /v1/customers/{customer_id}/carer`."
    )
    weekly_hours: Hours | None = Field(default=None, description="The person's new weekly hours.")
    hours: Hours = Field(
        description="Of twelve months: no longer needed (`catalogue`), with a colleague"
        " (`capacity`), or more to pay (`hours`)."
    )
    cost_cents: Cents = Field(description="Their price; negative: it saves so much.")


class SimulatedMonth(Strict):
    """Contacts that fall due in a month, messages included."""

    month: Day = Field(description="First day of the month.", examples=["2026-12-01"])
    touchpoints: Count
    touchpoints_before: Count = Field(description="With the catalogue in force.")


class SimulatedLoad(Strict):
    """What a service takes of one person for one class in twelve months, after and before."""

    segment: Literal["A", "B", "O", "C"]
    staff_id: StaffId | None = Field(description="Null: nobody is responsible.")
    service: str = Field(examples=["yearly_review"])
    touchpoints: Count
    touchpoints_before: Count
    hours: Hours
    hours_before: Hours
    cost_cents: Cents
    cost_cents_before: Cents


class SimulatedChange(Strict):
    """What a class wins or loses of a service."""

    service: str = Field(examples=["yearly_review"])
    segment: Literal["A", "B", "O", "C"]
    change: Literal["won", "lost", "more", "fewer", "longer", "shorter", "other_channel"] = Field(
        description="`won`, `lost`: it is new, or gone; `more`, `fewer`: contacts; `longer`,"
        " `shorter`: minutes; `other_channel`: as many and as long, by another way."
    )
    customers: Count = Field(description="Customers who get it.")
    customers_before: Count
    touchpoints: Count
    touchpoints_before: Count
    hours: Hours
    hours_before: Hours


class SimulatedPerson(Strict):
    """A person's twelve months against their hours."""

    staff_id: StaffId
    demanded_hours: Hours
    demanded_hours_before: Hours
    plannable_hours: Hours


class CatalogueSimulation(Strict):
    """``POST /v1/catalogues/{version}/simulation``: a version against the one in force.

    Nothing is changed. Both are planned for the same book and the twelve months from the same day,
    before days are given.
    """

    version: Annotated[int, Field(ge=1)]
    compared_with: Annotated[int, Field(ge=1, description="The version in force.")]
    as_of: Day
    customers: Count = Field(description="Active customers of the book.")
    looked_at: Count = Field(
        description="Customers that were planned. Of a large book a part is planned, spread evenly,"
        " and every count and hour is scaled up."
    )
    fits: bool = Field(description="True if nobody's demand exceeds their hours.")
    hours: Hours
    hours_before: Hours
    cost_cents: Cents
    cost_cents_before: Cents
    months: list[SimulatedMonth]
    loads: list[SimulatedLoad]
    changes: list[SimulatedChange]
    people: list[SimulatedPerson]
