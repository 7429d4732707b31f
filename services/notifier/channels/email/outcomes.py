"""The outcome of one message that was handed to an SMTP server.

::

    Outcome
     ├─ Sent              the server accepted it; its answer names the queue
     ├─ PermanentFailure  the server refused it and will refuse it again
     ├─ AddressNotCarried the server does not carry such an address; it was not asked to
     ├─ TransientFailure  the server certainly did not accept it; retry (4xx, a full mailbox, away)
     └─ UnknownOutcome    the final dot was sent and no answer came

After an ``UnknownOutcome`` a retry could deliver the mail twice, and no retry could lose it.
Therefore the message ends as unknown, visibly, and a person decides.
"""

from dataclasses import dataclass
from typing import Literal

from services.notifier.channels.email.refusals import Stage, meaning_of, says_why

Culprit = Literal["recipient", "sender", "message"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The server answered 250 to the final dot."""

    response: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """The server refuses the message for good, because of the ``culprit``.

    ``recipient`` blocks the address. ``sender`` (relaying, login, block lists, DMARC) means that
    the server would refuse every further message as well, so all of them wait.
    """

    code: int
    text: str
    culprit: Culprit

    @property
    def bare(self) -> bool:
        """Whether the server gave no reason, so that it may be about us as well."""
        return self.culprit == "message" and not says_why(self.text)


@dataclass(frozen=True, slots=True)
class AddressNotCarried:
    """The recipient's address needs SMTPUTF8, and the server does not offer it."""


@dataclass(frozen=True, slots=True)
class TransientFailure:
    """The server certainly did not accept it. ``code`` is None if no server answered.

    If there was no connection (``reached`` is false), every further message would fail as well.
    """

    code: int | None
    text: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """The whole message was handed over and no valid answer came."""

    text: str


Outcome = Sent | PermanentFailure | AddressNotCarried | TransientFailure | UnknownOutcome


def refusal(code: int, text: str, *, stage: Stage) -> Outcome:
    """Return what a refusing answer means for its message."""
    meaning = meaning_of(code, text, stage=stage)
    if meaning == "temporary":
        return TransientFailure(code, text)
    return PermanentFailure(code, text, meaning)
