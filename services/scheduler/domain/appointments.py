"""What an appointment may become, and which hour may be agreed.

proposed ─▶ agreed ─▶ confirmed ─▶ held           asked, chosen, told, took place
proposed ─▶ unanswered | other_time | not_now     a person takes it up, and agrees or withdraws
agreed, confirmed ─▶ agreed                       moved: another hour, counted by ``sequence``
any ─▶ withdrawn ─▶ proposed | agreed             off; asked or agreed anew

An hour is entered by a person who knows it was agreed, so evenings and Saturdays are allowed. What
nobody can have agreed to is refused: Sundays and holidays, the night, the past.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, cast, get_args
from zoneinfo import ZoneInfo

from shared.calendar import WorkingCalendar
from shared.contracts.appointments import AGREED, AppointmentState, AppointmentWay, whole_minute
from shared.contracts.catalogues import CareChannel, Catalogue
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import StaffId

OPEN: Final[frozenset[AppointmentState]] = frozenset(
    {"proposed", "unanswered", "other_time", "not_now", "agreed", "confirmed"}
)
"""The customer was asked or has agreed: planning leaves the contact where it stands."""

TRANSITIONS: Final[dict[AppointmentState, frozenset[AppointmentState]]] = {
    "proposed": frozenset(
        {"proposed", "agreed", "unanswered", "other_time", "not_now", "withdrawn", "held"}
    ),
    "unanswered": frozenset({"agreed", "other_time", "not_now", "withdrawn", "held"}),
    "other_time": frozenset({"agreed", "proposed", "not_now", "withdrawn", "held"}),
    "not_now": frozenset({"agreed", "other_time", "withdrawn", "held"}),
    "agreed": frozenset({"agreed", "confirmed", "not_now", "withdrawn", "held"}),
    "confirmed": frozenset({"agreed", "not_now", "withdrawn", "held"}),
    "held": frozenset({"agreed", "withdrawn"}),
    "withdrawn": frozenset({"proposed", "agreed"}),
}
"""The states that each state may lead to. A held one comes back if its contact is opened
again, and is off if its hour was agreed with others since."""

EARLIEST: Final = time(6)
LATEST: Final = time(22)
"""Nobody agrees to an hour before or after; it is a mistyped one."""
AHEAD_AT_MOST: Final = timedelta(days=366)
_SUNDAY: Final = 6


class AppointmentNotAllowed(Exception):
    """An hour that cannot be agreed; ``pointer`` names the field that says so."""

    pointer = "/at"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.pointer}: {detail}")
        self.pointers = [{"pointer": self.pointer, "detail": detail}]


class HourDoesNotExist(AppointmentNotAllowed):
    """The clock skips this hour at the change to summer time."""


class HourNotPlausible(AppointmentNotAllowed):
    """The hour lies in the night, runs into it, or is no whole minute."""


class AppointmentInThePast(AppointmentNotAllowed):
    """The hour has passed."""


class AppointmentTooFar(AppointmentNotAllowed):
    """The hour lies more than a year ahead."""


class AppointmentOnClosedDay(AppointmentNotAllowed):
    """The day is a Sunday or a holiday."""


class AppointmentOutsideWindow(AppointmentNotAllowed):
    """The contact is promised for other days."""


class AppointmentPersonUnknown(AppointmentNotAllowed):
    """Nobody who works here has this id, or the contact is nobody's."""

    pointer = "/staff_id"


class AppointmentPersonAway(AppointmentNotAllowed):
    """Who is to come is absent that day."""


class AppointmentOverlaps(AppointmentNotAllowed):
    """Who is to come has another appointment at that hour."""


class NoAppointmentForChannel(Exception):
    """This contact is neither a visit nor an office or video talk."""

    def __init__(self, *, channel: CareChannel) -> None:
        super().__init__(f"a contact by {channel} needs no appointment")
        self.channel: CareChannel = channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Minutes of a person's day that are taken, both ends as instants."""

    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, at: datetime, minutes: int) -> "Slot":
        return cls(begins=at, ends=at + timedelta(minutes=minutes))

    def overlaps(self, other: "Slot") -> bool:
        """Whether both take any minute in common."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHour:
    """An hour that somebody wants to agree: for whom, from when, and in which window."""

    at: datetime
    minutes: int
    staff_id: StaffId | None
    earliest: date
    latest: date
    outside_window: bool = False

    def on(self, zone: ZoneInfo) -> date:
        """The day of the agency on which it begins."""
        return self.at.astimezone(zone).date()


def appointment_way(channel: CareChannel) -> AppointmentWay:
    """The channel as one that carries an appointment; raises ``NoAppointmentForChannel``."""
    if channel not in get_args(AppointmentWay):
        raise NoAppointmentForChannel(channel=channel)
    return cast(AppointmentWay, channel)


def may_become(current: AppointmentState, wanted: AppointmentState) -> bool:
    """Whether an appointment may go from one state to the other."""
    return wanted in TRANSITIONS[current]


def require_agreeable(
    wanted: WantedHour,
    *,
    now: datetime,
    calendar: WorkingCalendar,
    people: Sequence[Staff],
    taken: Iterable[Slot],
) -> None:
    """Raise what speaks against an hour: one reason, the plainest first.

    ``people`` are those who work here, ``taken`` what the person has agreed with others.
    """
    zone = ZoneInfo(calendar.time_zone)
    _require_real(wanted.at, zone)
    _require_future(wanted, now)
    _require_open(wanted, calendar, zone)
    _require_window(wanted, zone)
    _require_present(wanted, people, zone)
    ours = Slot.of(wanted.at, wanted.minutes)
    for slot in taken:
        if ours.overlaps(slot):
            begins, ends = (each.astimezone(zone) for each in (slot.begins, slot.ends))
            raise AppointmentOverlaps(
                f"{wanted.staff_id} has an appointment from {begins:%H:%M} to {ends:%H:%M} that day"
            )


def _require_real(at: datetime, zone: ZoneInfo) -> None:
    """An offset of the zone beside a clock that the zone skips names no hour of a wall clock."""
    wall = at.replace(tzinfo=None)
    shown = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if at.utcoffset() != timedelta() and shown != wall:
        raise HourDoesNotExist(f"the clocks skip {wall:%H:%M} on {wall.date()}")
    if not whole_minute(at):
        raise HourNotPlausible("must be a whole minute")


def _require_future(wanted: WantedHour, now: datetime) -> None:
    if wanted.at <= now:
        raise AppointmentInThePast(f"must be after {now.isoformat(timespec='minutes')}")
    if wanted.at > now + AHEAD_AT_MOST:
        raise AppointmentTooFar(f"must be within {AHEAD_AT_MOST.days} days")


def _require_open(wanted: WantedHour, calendar: WorkingCalendar, zone: ZoneInfo) -> None:
    begins = wanted.at.astimezone(zone)
    ends = (wanted.at + timedelta(minutes=wanted.minutes)).astimezone(zone)
    if begins.date().weekday() == _SUNDAY or calendar.is_holiday(begins.date()):
        raise AppointmentOnClosedDay(
            f"{begins.date()} is a Sunday or a holiday; the next working day is"
            f" {calendar.working_day_from(begins.date())}"
        )
    if begins.time() < EARLIEST or ends.date() != begins.date() or ends.time() > LATEST:
        raise HourNotPlausible(f"must lie between {EARLIEST:%H:%M} and {LATEST:%H:%M}")


def _require_window(wanted: WantedHour, zone: ZoneInfo) -> None:
    if not wanted.outside_window and not wanted.earliest <= wanted.on(zone) <= wanted.latest:
        raise AppointmentOutsideWindow(
            f"the contact is promised for {wanted.earliest} to {wanted.latest}; if the customer"
            " wishes another day, say so by outside_window"
        )


def _require_present(wanted: WantedHour, people: Sequence[Staff], zone: ZoneInfo) -> None:
    person = next((each for each in people if each.staff_id == wanted.staff_id), None)
    if person is None:
        raise AppointmentPersonUnknown(f"nobody who works here is {wanted.staff_id}")
    day = wanted.on(zone)
    for away in person.absences:
        if away.first_day <= day <= away.last_day:
            raise AppointmentPersonAway(
                f"{person.staff_id} is absent from {away.first_day} to {away.last_day}"
            )


def travel_of(catalogue: Catalogue, *, service: str, channel: CareChannel, minutes: int) -> int:
    """How many of a contact's minutes are travel, by the row of the catalogue it was planned by."""
    row = catalogue.service(service)
    cells = row.segments.values() if row is not None else ()
    found = (
        cell.travel_minutes
        for cell in cells
        if cell.channel == channel and cell.minutes + cell.travel_minutes == minutes
    )
    return next(found, 0)


def stands(state: AppointmentState) -> bool:
    """Whether an hour is agreed."""
    return state in AGREED
