"""What the recipient of a message may answer by its link, until when, and what a form says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast, get_args

from shared.contracts.answers import AnswerAbout, DayPart, MessageAnswer
from shared.contracts.vocabulary import Strict

ANSWERABLE: Final = timedelta(days=180)
"""After half a year a click on an old message is more likely a mistake than a wish."""
FURTHEST_PROPOSAL: Final = timedelta(days=366)
SAME_ANSWER: Final = timedelta(hours=24)
"""The same answer again within a day is a second click. Later it is asked for anew."""

BUTTONS: Final[Mapping[AnswerAbout, tuple[MessageAnswer, ...]]] = {
    "event": ("accept", "other_time", "decline"),
    "appointment": ("accept", "call_me", "decline"),
    "changes": ("accept", "decline"),
    "talk": ("accept", "decline"),
}
"""The buttons of the page. Where ``other_time`` is none of them, a day is asked for with it."""


class AnswerUnreadable(Exception):
    """The form holds no answer that is known here."""


class ProposalUnreadable(Exception):
    """The proposed day is no day, or none from ``first`` to ``last``."""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(first, last)
        self.first, self.last = first, last


class Answer(Strict):
    """What somebody answers; only ``other_time`` has a proposal, and it may lack one."""

    answer: MessageAnswer
    proposed_on: date | None = None
    proposed_part: DayPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """An answer and when it was given; None if it was not told apart then."""

    answer: Answer | None
    at: datetime


def proposable(today: date) -> tuple[date, date]:
    """Return the first and the last day that may be proposed."""
    return today, today + FURTHEST_PROPOSAL


def read_answer(form: Mapping[str, str], *, about: AnswerAbout, today: date) -> Answer:
    """Return what a form says. Raises ``AnswerUnreadable`` and ``ProposalUnreadable``.

    A form without an answer is that of an older page, whose only button asked to be contacted.
    """
    given = form.get("answer", "call_me")
    if given not in get_args(MessageAnswer):
        raise AnswerUnreadable
    answer = cast(MessageAnswer, given)
    if answer != "other_time" or "other_time" in BUTTONS[about]:
        return Answer(answer=answer)
    part = form.get("part") or None
    if part is not None and part not in get_args(DayPart):
        raise AnswerUnreadable
    proposed_on = _proposed_day(form.get("on", ""), today)
    return Answer(answer=answer, proposed_on=proposed_on, proposed_part=cast(DayPart | None, part))


def _proposed_day(text: str, today: date) -> date | None:
    if not text.strip():
        return None
    first, last = proposable(today)
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise ProposalUnreadable(first, last) from error
    if not first <= day <= last:
        raise ProposalUnreadable(first, last)
    return day


def is_answerable(
    *, about: AnswerAbout | None, sent_at: datetime, data: Mapping[str, Any], now: datetime
) -> bool:
    """Return whether a message may still be answered: not when its event has begun."""
    if about is None or now > sent_at + ANSWERABLE:
        return False
    begins = data.get("starts_at")
    return not isinstance(begins, str) or datetime.fromisoformat(begins) > now


def repeats(new: Answer, given: GivenAnswer | None, *, now: datetime) -> bool:
    """Return whether an answer says what was said a moment ago, as a second click does."""
    return given is not None and given.answer == new and now < given.at + SAME_ANSWER
