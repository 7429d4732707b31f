"""Whom messages of an agency come from: its legal notice, its hours and its people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.notifier.domain.colleagues import Colleague
from shared.contracts.agencies import LetterForm
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyProfile:
    """The sender that every message names, when it may be sent, and who signs it."""

    sender: SenderIdentity
    zone: ZoneInfo
    federal_state: str | None
    send_times: Sequence[str]
    letter_form: LetterForm
    colleagues: Mapping[StaffId, Colleague]

    def day(self, now: datetime) -> date:
        """Return the agency's day at an instant."""
        return now.astimezone(self.zone).date()

    def colleague_of(self, data: Mapping[str, Any]) -> Colleague | None:
        """Return who signs an order's message: who stands in that day, else ``staff_id``.

        None if nobody is named or known.
        """
        return self.colleagues.get(str(data.get("stand_in_id") or data.get("staff_id")))

    def answerer_of(self, data: Mapping[str, Any]) -> Colleague | None:
        """Return who reads the answers that day, also where who is away signs (``answers_to_id``).

        None, the agency, if nobody is named or known.
        """
        named = data.get("answers_to_id")
        return self.colleagues.get(str(named)) if named else self.colleague_of(data)

    def named(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return an order's data with the names of people whom it knows by id.

        A colleague who is not known, or who still is the carer, is not named.
        """
        previous = self.colleagues.get(str(data.get("previous_staff_id")))
        if previous is None or previous.staff_id == data.get("staff_id"):
            return dict(data)
        return {**data, "previous_carer": previous.name}
