"""What a customer is told of an hour: that it stands, that it is near, that it is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.subjects import AppointmentSubject
from shared.calendar import WorkingCalendar
from shared.contracts.dispatches import DispatchItem
from shared.contracts.vocabulary import CustomerId, StaffId

HourMessage = Literal["confirmation", "reminder", "cancelled"]

REMINDED_BEFORE: Final = 2
"""Working days before the hour; whoever cannot come still has a day to say so."""
REMINDED_FROM: Final = time(8)
"""On the clock of the agency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourToTell:
    """An hour and what is to be told of it; ``by_email`` is false if no address is known."""

    touchpoint_id: UUID
    customer_id: CustomerId
    staff_id: StaffId | None
    message: HourMessage
    subject: AppointmentSubject
    by_email: bool


def reminder_of(at: datetime, *, now: datetime, calendar: WorkingCalendar) -> datetime | None:
    """When the reminder of an hour is due; None if that has passed, as the confirmation is near
    enough then."""
    zone = ZoneInfo(calendar.time_zone)
    day = calendar.add_working_days(at.astimezone(zone).date(), -REMINDED_BEFORE)
    due = datetime.combine(day, REMINDED_FROM, tzinfo=zone)
    return due if due > now + timedelta(days=1) else None


def dispatch_of_hour(
    hour: HourToTell, zone: ZoneInfo, doing: Mapping[StaffId, StaffId]
) -> DispatchItem:
    """The order for one message.

    Its key names the hour's sequence, so ordering again is harmless, and an hour that is moved is
    told anew. Who comes signs it; if they are away today, answers go to who does their work
    (``doing``). The instant has the agency's offset, because a letter writes the clock it is given.
    """
    subject, at = hour.subject, hour.subject.at.astimezone(zone)
    staff = {} if hour.staff_id is None else {"staff_id": hour.staff_id}
    if hour.staff_id is not None and (doer := doing.get(hour.staff_id, hour.staff_id)):
        staff |= {"answers_to_id": doer} if doer != hour.staff_id else {}
    told = subject.model_dump(mode="json", exclude_none=True, exclude={"was_at"})
    return DispatchItem(
        dispatch_id=f"{hour.touchpoint_id}.{hour.message}.{subject.sequence}",
        customer_id=hour.customer_id,
        channel="email" if hour.by_email else "letter",
        purpose="service",
        template=f"appointment_{hour.message}",
        data={**told, **staff, "at": at.isoformat()},
        last_sensible_day=at.date(),
        priority="normal" if hour.message == "reminder" else "waiting_customer",
    )
