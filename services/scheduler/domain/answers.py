"""What an answer to a message asks of the agency."""

from collections.abc import Mapping
from typing import Final

from shared.contracts.answers import AnswerAbout, MessageAnswer
from shared.contracts.events import RequestKind

_USUAL: Final[Mapping[MessageAnswer, RequestKind | None]] = {
    "call_me": "callback",
    "accept": "callback",  # of an event: somebody tells when and where, and keeps the seat
    "other_time": "callback",
    "decline": None,
}
_OF: Final[Mapping[AnswerAbout | None, Mapping[MessageAnswer, RequestKind]]] = {
    None: {"other_time": "review"},  # a notifier that does not tell what was asked
    "appointment": {"accept": "review", "other_time": "review"},
    "changes": {"accept": "data_change"},
    "event": {},
    "talk": {},
}


def request_of_answer(answer: MessageAnswer, *, about: AnswerAbout | None) -> RequestKind | None:
    """Return what somebody wants who answers so; None if they want to be left alone."""
    return _OF[about].get(answer, _USUAL[answer])
