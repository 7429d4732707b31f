"""The outcome of one message that was handed to an SMTP server.

::

    Outcome
     ├─ Sent              the server accepted it; its answer names the queue
     ├─ PermanentFailure  the server refused it and will refuse it again (5xx)
     ├─ TransientFailure  the server certainly did not accept it; retry (4xx, no connection)
     └─ UnknownOutcome    the final dot was sent and no answer came

After an ``UnknownOutcome`` a retry could deliver the mail twice, and no retry could lose it.
Therefore the message ends as unknown, visibly, and a person decides.
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
    """The server refuses the message for good, because of the ``culprit``.

    ``recipient`` blocks the address. ``sender`` (relaying, login, DMARC) means that the server
    would refuse every further message as well, so sending should pause.
    """

    code: int
    text: str
    culprit: Culprit


@dataclass(frozen=True, slots=True)
class TransientFailure:
    """The server certainly did not accept it. ``code`` is None if no server answered."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """The whole message was handed over and no valid answer came."""

    text: str


Outcome = Sent | PermanentFailure | TransientFailure | UnknownOutcome


def refusal(code: int, text: str, *, stage: Stage) -> Outcome:
    """Return what a refusing answer means (RFC 5321 § 4.2.1, enhanced codes RFC 3463).

    5xx is permanent. 4xx is transient, and so is anything that is no valid code of SMTP, because
    such a server must not end a message.
    """
    if not 500 <= code <= 599:
        return TransientFailure(code, text)
    return PermanentFailure(code, text, _culprit(text, stage))


def _culprit(text: str, stage: Stage) -> Culprit:
    """5.1.x and 5.2.x concern a mailbox, 5.7.x a policy; without such a code the stage decides."""
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
