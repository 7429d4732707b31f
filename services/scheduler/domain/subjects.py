"""What a touchpoint or a task speaks of: one frozen type for each thing that can be spoken of.

The fields bear the names that the templates know them by, so a subject is a part of the message's
data as it stands. No two types have the same fields, so the fields alone tell the type.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from shared.contracts.answers import DayPart, MessageAnswer
from shared.contracts.appointments import AppointmentQuestion, AppointmentWay
from shared.contracts.vocabulary import Day, Instant, Strict


class Subject(Strict):
    """What all subjects have in common."""

    @property
    def detail(self) -> str:
        """What callers see as ``detail``: the first field as text."""
        return str(getattr(self, next(iter(type(self).model_fields))))


class GapSubject(Subject):
    """A line of business that the customer needs and has no contract of here."""

    line: str


class YearsSubject(Subject):
    """Years of age, or years together."""

    years: int


class LifeChangeSubject(Subject):
    """What changed in the customer's life."""

    change: str


class ContractSubject(Subject):
    """A contract."""

    contract_id: str


class CancellationSubject(Subject):
    """A contract that was cancelled: both days, and what its owner knows it by.

    A message leaves out what is None here.
    """

    contract_id: str
    cancelled_on: Day | None
    effective_on: Day | None = None
    line: str | None = None
    insurer: str | None = None
    contract_number: str | None = None


class PreviousCarerSubject(Subject):
    """Who was the carer before."""

    previous_staff_id: str


class AnswerSubject(Subject):
    """What was answered to a message, with the time that was proposed."""

    answer: MessageAnswer
    proposed_on: Day | None = None
    proposed_part: DayPart | None = None

    @property
    def detail(self) -> str:
        """The answer, the day and the part of the day, as far as they were told."""
        told = (self.answer, self.proposed_on, self.proposed_part)
        return " ".join(str(each) for each in told if each is not None)


class AppointmentSubject(Subject):
    """An hour that stands, or stood: when, how and for how long; ``sequence`` is that of the
    invitation, ``was_at`` the hour before it was moved."""

    at: Instant
    appointment: str
    way: AppointmentWay
    minutes: int
    sequence: int
    place: str | None = None
    was_at: Instant | None = None


class ProposalsSubject(Subject):
    """Hours that a customer may choose from, and by when an answer is awaited."""

    proposals: list[Instant]
    appointment: str
    way: AppointmentWay
    minutes: int
    answer_by: Day
    instead: bool = False
    """The hour that was chosen is taken meanwhile: these stand for it."""


class OpenAppointmentSubject(Subject):
    """What a person has to see to about an appointment."""

    question: AppointmentQuestion
    appointment: str
    at: Instant | None = None
    proposed_on: Day | None = None
    proposed_part: DayPart | None = None

    @property
    def detail(self) -> str:
        """The question, and the hour or the wish, as far as they were told."""
        told = (
            self.question,
            None if self.at is None else self.at.isoformat(timespec="minutes"),
            self.proposed_on,
            self.proposed_part,
        )
        return " ".join(str(each) for each in told if each is not None)


_ANY: Final[TypeAdapter[Subject]] = TypeAdapter(
    GapSubject
    | YearsSubject
    | LifeChangeSubject
    | ContractSubject
    | CancellationSubject
    | PreviousCarerSubject
    | AnswerSubject
    | AppointmentSubject
    | ProposalsSubject
    | OpenAppointmentSubject
)


def subject_of(kept: Mapping[str, object] | str | None) -> Subject | None:
    """The subject that was kept, as a JSON object or its text; none was kept if it is None.

    Raises pydantic's ValidationError if it is no subject.
    """
    if kept is None:
        return None
    return _ANY.validate_json(kept) if isinstance(kept, str) else _ANY.validate_python(kept)


def detail_of(kept: Mapping[str, object] | str | None) -> str | None:
    """What callers see of the subject that was kept."""
    subject = subject_of(kept)
    return None if subject is None else subject.detail
