"""What became of one message handed to an SMTP server.

::

    Outcome
     ├─ Sent              the server took it over; its answer names the queue
     ├─ PermanentFailure  the server refused and will refuse again (5xx)
     ├─ TransientFailure  certainly not taken over, and worth another try (4xx, no connection)
     └─ UnknownOutcome    the final dot left and no answer came: taken over or not, nobody knows

Only an ``UnknownOutcome`` could double a mail if it were tried again, and lose one if it is not:
it ends the message visibly and a person decides.
"""

from dataclasses import dataclass
from typing import Literal

Culprit = Literal["recipient", "sender", "message"]
Stage = Literal["mail", "rcpt", "data"]


@dataclass(frozen=True, slots=True)
class Sent:
    """The server answered 250 to the final dot."""

    response: str


@dataclass(frozen=True, slots=True)
class PermanentFailure:
    """Refused for good. ``culprit``: ``recipient`` blocks the address; ``sender`` (relaying,
    login, DMARC) would refuse every further message as well, so the run should pause.
    """

    code: int
    text: str
    culprit: Culprit


@dataclass(frozen=True, slots=True)
class TransientFailure:
    """Not taken over, for certain. ``code`` is null where no server answered."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """The whole message was handed over and its fate was not told."""

    text: str


Outcome = Sent | PermanentFailure | TransientFailure | UnknownOutcome


def refusal(code: int, text: str, *, stage: Stage) -> Outcome:
    """Read a refusing answer (RFC 5321 § 4.2.1, enhanced codes RFC 3463) given at a stage.

    4xx may pass; 5xx will not; anything else is no answer of SMTP and is not trusted with a
    message for good.
    """
    if not 500 <= code <= 599:
        return TransientFailure(code, text)
    return PermanentFailure(code, text, _culprit(text, stage))


def _culprit(text: str, stage: Stage) -> Culprit:
    """5.1.x and 5.2.x speak of a mailbox, 5.7.x of policy; without one the stage decides."""
    words = text.split(maxsplit=1)
    enhanced = words[0].split(".") if words else []
    if len(enhanced) == 3 and all(part.isdigit() for part in enhanced):
        subject, detail = enhanced[1], enhanced[2]
        if subject == "7":
            return "sender"
        if subject == "1":
            return "sender" if detail in ("7", "8") else "recipient"
        if subject == "2":
            return "recipient" if stage == "rcpt" else "message"
    if stage == "mail":
        return "sender"
    return "recipient" if stage == "rcpt" else "message"
