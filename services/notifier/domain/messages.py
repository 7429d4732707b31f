"""The states of messages and print runs, and every step from one state to another.

An e-mail::

    accepted ─▶ claimed ─▶ transmitting ─▶ sent | failed | unknown
       ◀───────────┴────────────┘           lease expired, to be tried again
    accepted, claimed ─▶ cancelled
    claimed ─▶ suppressed | failed          the law forbids it, or it cannot be built
    unknown, failed ─▶ accepted             a person sends it again

A letter is never claimed: its print run is worked on, and the letter stays accepted in it::

    accepted ─▶ transmitting ─▶ sent        its print run is approved, then released
    accepted ─▶ suppressed | failed         not printed with its run, or its run failed
    transmitting ─▶ suppressed | failed     taken out at the release: somebody objected or died
    transmitting ─▶ accepted                taken out at the release: somebody moved
    accepted, transmitting ─▶ cancelled     singly until the approval, or with its run

A print run::

    open ─▶ rendered ─▶ approved ─▶ released
    open, rendered ─▶ open                  a letter was taken out: it is rendered anew
    open ─▶ failed                          it cannot be rendered, however often it is tried
    open, rendered, approved ─▶ cancelled

The statements of the store take the states from here, so that none can do what no step allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar

from shared.contracts.dispatches import MessageState, PrintRunState

State = TypeVar("State", bound=str)


class StepNotAllowed(Exception):
    """A step cannot lead to the state {state}."""

    def __init__(self, state: str, after: tuple[str, ...]) -> None:
        super().__init__(f"this step leads to {' or '.join(after)}, not to {state}")
        self.state = state


@dataclass(frozen=True, kw_only=True)  # no slots: Python 3.11 cannot make generic ones
class Step(Generic[State]):
    """One kind of step: the states it may begin in, and those it may lead to."""

    before: tuple[State, ...]
    after: tuple[State, ...]

    def to(self, state: State) -> State:
        """Return the state, if this step may lead to it. Raises StepNotAllowed."""
        if state not in self.after:
            raise StepNotAllowed(state, self.after)
        return state


MessageStep = Step[MessageState]
PrintRunStep = Step[PrintRunState]

CLAIM: Final = MessageStep(before=("accepted",), after=("claimed",))
"""A worker takes an e-mail that is due, under a lease."""
FREE_EXPIRED: Final = MessageStep(before=("claimed",), after=("accepted",))
"""The worker went away before it handed anything over."""
AFTER_NO_ATTEMPT: Final = MessageStep(
    before=("claimed",), after=("accepted", "suppressed", "failed")
)
"""The e-mail cannot be handed over: it waits, or ends."""
BEGIN_EMAIL: Final = MessageStep(before=("claimed",), after=("transmitting",))
AFTER_ATTEMPT: Final = MessageStep(
    before=("transmitting",), after=("accepted", "sent", "failed", "unknown")
)
"""The mail server answered, or did not."""
LOSE: Final = MessageStep(before=("transmitting",), after=("unknown",))
"""The worker went away while it handed the e-mail over."""
LEAVE_OUT: Final = MessageStep(before=("accepted",), after=("suppressed", "failed"))
"""A letter is not printed with the run it lies in."""
TAKE_OUT: Final = MessageStep(before=("transmitting",), after=("suppressed", "failed"))
"""A letter is taken out of its approved run, because it must not leave any more."""
PUT_BACK: Final = MessageStep(before=("transmitting",), after=("accepted",))
"""A letter is taken out of its approved run and joins another one, because it goes elsewhere."""
BEGIN_LETTER: Final = MessageStep(before=("accepted",), after=("transmitting",))
"""The print run of the letter is approved."""
HAND_OVER: Final = MessageStep(before=("transmitting",), after=("sent",))
"""The print run of the letter is released."""
CANCEL: Final = MessageStep(before=("accepted", "claimed"), after=("cancelled",))
CANCEL_WITH_RUN: Final = MessageStep(before=("accepted", "transmitting"), after=("cancelled",))
FAIL_WITH_RUN: Final = MessageStep(before=("accepted",), after=("failed",))
"""The print run of the letter cannot be rendered."""
SEND_AGAIN: Final = MessageStep(before=("unknown", "failed"), after=("accepted",))
"""A person decides that the message leaves once more."""

MESSAGE_STEPS: Final = (
    CLAIM,
    FREE_EXPIRED,
    AFTER_NO_ATTEMPT,
    BEGIN_EMAIL,
    AFTER_ATTEMPT,
    LOSE,
    LEAVE_OUT,
    TAKE_OUT,
    PUT_BACK,
    BEGIN_LETTER,
    HAND_OVER,
    CANCEL,
    CANCEL_WITH_RUN,
    FAIL_WITH_RUN,
    SEND_AGAIN,
)

RENDER: Final = PrintRunStep(before=("open",), after=("rendered", "cancelled"))
"""Its files wait for approval; a run in which no letter is left is cancelled."""
FAIL_RUN: Final = PrintRunStep(before=("open",), after=("failed",))
"""It could not be rendered as often as is tried."""
RENDER_ANEW: Final = PrintRunStep(before=("open", "rendered"), after=("open",))
"""A letter was taken out of it, so what was rendered no longer holds."""
APPROVE: Final = PrintRunStep(before=("rendered",), after=("approved",))
RELEASE: Final = PrintRunStep(before=("approved",), after=("released",))
CANCEL_RUN: Final = PrintRunStep(before=("open", "rendered", "approved"), after=("cancelled",))

PRINT_RUN_STEPS: Final = (RENDER, FAIL_RUN, RENDER_ANEW, APPROVE, RELEASE, CANCEL_RUN)

WAITING: Final[MessageState] = "accepted"
"""In this state a message waits to be claimed, or to join a print run, or lies in one."""
SHOWN_IN_A_RUN: Final[MessageState] = "claimed"
"""What callers are told of a waiting letter that lies in a print run. Being in a run is no state of
a message, but the letter is worked on."""
JOINABLE: Final[PrintRunState] = "open"
"""In this state a print run takes letters and may be rendered."""
APPROVED: Final[tuple[PrintRunState, ...]] = ("approved", "released")
"""In these states a person has approved a print run."""
HAVE_FILES: Final[tuple[PrintRunState, ...]] = ("rendered", *APPROVED)
"""In these states a print run has files that a person may read."""

MESSAGES_NOT_REACHED: Final[Mapping[MessageState, str]] = {
    "bounced": "reports of non-delivery are not read yet; they will attach to delivery attempts",
    "complained": "complaints are not read yet; they will attach to delivery attempts",
}
PRINT_RUNS_NOT_REACHED: Final[Mapping[PrintRunState, str]] = {}
"""States without a step that leads to them, each with its reason."""

DeliveryOutcome = Literal["taken", "refused", "deferred", "no_answer", "cut_off", "cancelled"]
"""What came of one attempt. ``taken``: by the mail server or the print shop; ``refused`` for good;
``deferred``: refused for now, or nobody was there; ``no_answer`` after the last byte; ``cut_off``:
our process went away; ``cancelled``: with the print run, before it was handed over."""
