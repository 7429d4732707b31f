"""The simulation of a policy: what activating it would make of the whole book."""

from typing import Annotated

from pydantic import Field

from shared.contracts.classifications import AxisName, Reason, Segment, Tally
from shared.contracts.policies import Model
from shared.contracts.vocabulary import Cents, CustomerId, Day, Strict

Sum = Annotated[int, Field(examples=[1234500])]
"""Cents of many units together."""
Unit = Annotated[
    list[CustomerId], Field(description="ids of the care unit's members", examples=[["K-0001"]])
]
StoredSegment = Annotated[
    Segment | None, Field(description="the stored class; null where there is none yet")
]
TriedSegment = Annotated[Segment, Field(description="the class under the tried version")]


class SimulationRequest(Strict):
    """The day of the facts for which to try a version; ``{}`` tries the present book."""

    as_of: Day | None = Field(
        default=None, description="day of the facts, from 2000 to 2100; by default the agency's day"
    )


class TriedCalibration(Strict):
    """The thresholds of "high" in cents; null if nobody would be high on this axis."""

    revenue_cents: Cents | None
    potential_cents: Cents | None


class ClassFigures(Strict):
    """The figures of one class. The minutes are those of the care given; the catalogue times the
    number of units and customers gives the care promised."""

    segment: StoredSegment
    units: Tally = Field(description="care units")
    customers: Tally = Field(description="active customers, all members of the units")
    revenue_cents: Sum = Field(description="of twelve months")
    effort_minutes: Tally = Field(description="care given in twelve months")
    effort_cents: Sum = Field(description="cost of that care")
    margin_cents: Sum = Field(description="revenue − effort")
    potential_cents: Sum


class Move(Strict):
    """How many move from one class to another, and their figures under the tried version.

    Those who stay have the same class twice.
    """

    segment_now: StoredSegment
    segment_then: TriedSegment
    units: Tally
    customers: Tally
    revenue_cents: Sum
    effort_minutes: Tally
    effort_cents: Sum
    potential_cents: Sum


class Neighbour(Strict):
    """A care unit next to a border."""

    care_unit: Unit
    value_cents: Cents
    distance_cents: Cents = Field(description="value − threshold")
    segment_now: StoredSegment
    segment_then: TriedSegment


class Border(Strict):
    """The customers next to one threshold, the nearest first; a small change would move them."""

    axis: AxisName
    threshold_cents: Cents | None = Field(description="null if nobody would be high")
    above: list[Neighbour] = Field(description="at most ten that reach it")
    below: list[Neighbour] = Field(description="at most ten that do not")


class Mover(Strict):
    """A care unit whose class would be another, with the reasons it would have."""

    care_unit: Unit
    segment_now: StoredSegment
    segment_then: TriedSegment
    revenue_cents: Cents | None = Field(description="null for a customer who objected to profiling")
    potential_cents: Cents | None
    effort_minutes: Tally
    reasons: list[Reason]


class Simulation(Strict):
    """The whole book under a version that was only tried; nothing was written.

    ``now`` are the stored classes, measured by the version in force; ``then`` are the classes
    after an activation on this day, measured by the tried version.
    """

    policy_version: Annotated[int, Field(ge=1)]
    model: Model
    policy_version_now: Annotated[int, Field(ge=1)] = Field(description="the version in force")
    as_of: Day
    calibration: TriedCalibration
    units: Tally
    customers: Tally
    units_moving: Tally = Field(description="care units whose class would be another")
    now: list[ClassFigures]
    then: list[ClassFigures]
    moves: list[Move] = Field(description="every pair of classes that occurs")
    borders: list[Border]
    movers: list[Mover] = Field(
        description="at most 20 of a move and 100 in all, the highest revenue first"
    )
