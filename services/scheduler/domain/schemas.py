"""The schemas of the frames that planning works on.

The store builds the input frames and writes the output frames back, and ``checked`` refuses a
frame that does not fit its schema. Days are ``pl.Date`` in the agency's time zone, minutes and
cents are integers.
"""

from typing import Final

import polars as pl

UNITS: Final = pl.Schema(
    {
        "unit_id": pl.String,  # care unit: the household, or the customer alone
        "customers": pl.Int64,  # how many customers it has: places are counted in customers
        "segment": pl.String,  # A | B | O | C, the class of the unit
        "margin_cents": pl.Int64,
        "pinned_staff_id": pl.String,  # null: not pinned
        "current_staff_id": pl.String,  # null: new, nobody's yet
        "in_care": pl.Boolean,  # in care since before today: there is a relationship to keep
    }
)
"""Care units to be given a carer; one row per unit."""

CARERS: Final = pl.Schema(
    {
        "unit_id": pl.String,
        "staff_id": pl.String,
        "previous_staff_id": pl.String,
        "place": pl.Int64,  # customers ranked before this unit; the pinned are not counted
        "because": pl.String,  # pinned | rank | kept
        "changed": pl.Boolean,  # there was a carer, and it is another one now
    }
)
"""Who cares for which unit; one row per unit, in order of rank."""

CUSTOMERS: Final = pl.Schema(
    {
        "customer_id": pl.String,
        "unit_id": pl.String,
        "staff_id": pl.String,  # the carer; null: nobody yet
        "kind": pl.String,  # person | company
        "segment": pl.String,  # A | B | O | C
        "service_level": pl.String,  # high | standard
        "development": pl.String,  # active | none
        "potential_assumed": pl.Boolean,  # life situation unknown: the first development asks
        "mandate": pl.String,  # held | pending | ended
        "mandate_ends_on": pl.Date,  # its last day, coming or past; null: it goes on
        "birth_date": pl.Date,  # null: unknown
        "death_date": pl.Date,  # null: alive
        "customer_since": pl.Date,  # null: unknown
        "care_since": pl.Date,  # first day this agency planned their care; kept for ever
        "phone_consent": pl.Boolean,  # advertising by phone; null: never asked
        "letter_consent": pl.Boolean,  # advertising by letter; false: objected to
        "email_known": pl.Boolean,  # false: there is no address to write to; null counts as known
        "advertising_objected": pl.Boolean,
        "visit_area": pl.String,  # country and postcode; null: unknown
    }
)
"""Active customers; one row each. ``care_since`` anchors every rhythm: it must never move."""

HISTORY: Final = pl.Schema(
    {
        "customer_id": pl.String,
        "unit_id": pl.String,  # null: that of the customer
        "service": pl.String,
        "occurrence": pl.String,  # null: done before this plan began (imported)
        "day": pl.Date,  # the day from which the interval runs again
    }
)
"""Touchpoints that ended or were handed over; they are never planned again.

The customer may be erased, or in care no more: what was held with them counts for their household.
"""

GAPS: Final = pl.Schema({"customer_id": pl.String, "line": pl.String, "expected_cents": pl.Int64})
"""Open gaps of each customer that may be spoken of; those of a unit are read from its contact.

Leave out a gap that was answered with *not now* or *no* until its rest is over, because the next
development would ask the same again.
"""

OCCASIONS: Final = pl.Schema(
    {
        "customer_id": pl.String,
        "service": pl.String,  # a service of the catalogue with occasion ``raised``
        "occurrence": pl.String,  # what names it once and for all: the event's or request's id
        "day": pl.Date,  # from this day on
        "because": pl.String,
        "subject": pl.String,  # JSON of what it speaks of (see ``subjects``)
    }
)
"""Things that happened and raise a touchpoint: a referral, a life event, a change of carer."""

TOUCHPOINTS: Final = pl.Schema(
    {
        "touchpoint_id": pl.String,  # UUIDv5 of (agency, customer, service, occurrence)
        "customer_id": pl.String,
        "unit_id": pl.String,
        "service": pl.String,
        "occurrence": pl.String,
        "purpose": pl.String,
        "duty": pl.Boolean,
        "channel": pl.String,
        "staff_id": pl.String,  # who does it or in whose name it leaves; null: nobody
        "minutes": pl.Int64,  # travel included; 0: a message
        "priority": pl.Int8,  # 0 duty, 1 A and B, 2 O, 3 C
        "due": pl.Date,  # the day it is meant for
        "earliest": pl.Date,
        "latest": pl.Date,
        "day": pl.Date,  # messages: their day; personal: null until levelled
        "state": pl.String,  # planned | suppressed
        "reason": pl.String,  # why suppressed
        "because": pl.String,  # what raised it
        "subject": pl.String,  # JSON of what it speaks of (see ``subjects``)
    }
)
"""Planned touchpoints of the next twelve months; one row each, ordered by id."""

CAPACITY: Final = pl.Schema({"staff_id": pl.String, "day": pl.Date, "plannable_minutes": pl.Int64})
"""What may be planned, per person and calendar day; missing days have no room."""

RUNNING: Final = pl.Schema({"touchpoint_id": pl.String, "latest": pl.Date})
"""The last days of windows that run already, of contacts whose due day has come."""

WORK: Final = pl.Schema(
    [
        ("touchpoint_id", pl.String()),
        ("staff_id", pl.String()),  # null: reported as nobody's
        ("service", pl.String()),
        ("minutes", pl.Int64()),  # > 0
        ("priority", pl.Int8()),
        ("earliest", pl.Date()),
        ("latest", pl.Date()),
        ("day", pl.Date()),  # the day it stands on already; null: not yet
        ("standing_staff_id", pl.String()),  # who does it as it stands; null: who is responsible
        ("rank", pl.Int8()),  # see ``promises.Rank``: what is kept first has the smaller number
        ("hold", pl.Int8()),  # see ``promises.Hold``: how firmly it stands
        ("others", pl.List(pl.String())),  # who may do it before it breaks, in this order
        ("area", pl.String()),  # where a visit goes; null: no visit, or unknown
    ]
)
"""Personal touchpoints to be given a day."""

VISITS: Final = pl.Schema({"staff_id": pl.String, "day": pl.Date, "area": pl.String})
"""Areas to which somebody drives on a day, for visits that are not planned now."""

FIXED: Final = pl.Schema({"touchpoint_id": pl.String, "day": pl.Date, "staff_id": pl.String})
"""Personal touchpoints with a day and a person that a person fixed, or the customer was told."""

COMMITTED: Final = pl.Schema({"staff_id": pl.String, "day": pl.Date, "minutes": pl.Int64})
"""Minutes of a person's day that are taken already, out of ``CAPACITY``; one row each."""

PLACED: Final = pl.Schema(
    {
        "touchpoint_id": pl.String,
        "staff_id": pl.String,
        "service": pl.String,
        "minutes": pl.Int64,
        "day": pl.Date,
    }
)
"""Personal touchpoints that have their day, ordered by id."""

UNPLACED: Final = pl.Schema(
    {
        "touchpoint_id": pl.String,
        "staff_id": pl.String,
        "service": pl.String,
        "minutes": pl.Int64,
        "earliest": pl.Date,
        "latest": pl.Date,
        "reason": pl.String,  # no_room_in_window | no_working_day_in_window | nobody_responsible
    }
)
"""Personal touchpoints that no day has room for, ordered by id. The plan reports each of them."""


AHEAD: Final = pl.Schema(
    {
        "staff_id": pl.String,  # who does it; null: nobody
        "carer_id": pl.String,  # the customer's carer; null: nobody
        "segment": pl.String,
        "service": pl.String,
        "minutes": pl.Int64,  # > 0
        "due": pl.Date,
        "day": pl.Date,  # null: no day has room
        "reason": pl.String,  # why it has no day
    }
)
"""Personal touchpoints of the twelve months ahead, planned or open, for a forecast."""


class FrameMismatch(ValueError):
    """A frame lacks columns or carries them in another type."""

    def __init__(self, name: str, wrong: dict[str, str]) -> None:
        faults = ", ".join(f"{column} ({what})" for column, what in sorted(wrong.items()))
        super().__init__(f"frame {name}: {faults}")
        self.name = name
        self.wrong = wrong


def checked(frame: pl.DataFrame, schema: pl.Schema, name: str) -> pl.DataFrame:
    """The frame's columns in the schema's order; raises ``FrameMismatch`` when one is wrong."""
    wrong = {
        column: "missing" if column not in frame.columns else f"is {frame.schema[column]}"
        for column, kind in schema.items()
        if column not in frame.columns or frame.schema[column] != kind
    }
    if wrong:
        raise FrameMismatch(name, wrong)
    return frame.select(list(schema))
