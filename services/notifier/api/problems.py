"""The problem for each error; ``docs/problems.md`` explains every slug."""

from services.notifier.channels.print_folders import PrintFilesMissing
from services.notifier.domain.public_links import InvalidLink
from services.notifier.usecases.dispatches import DispatchNotFound, DispatchUnderWay
from services.notifier.usecases.messages import MessageNotFound, MessageNotResendable
from services.notifier.usecases.print_run_changes import PrintRunNotFound
from services.notifier.usecases.print_runs import (
    LettersNoLongerRight,
    OtherLettersThanSeen,
    PrintRunNotReady,
)
from services.notifier.usecases.templates import PreviewImpossible
from shared.clients.http import ServiceAway
from shared.web.cursors import CursorNotValid
from shared.web.documents import Raised
from shared.web.problems import ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    DispatchNotFound: ProblemType("dispatch-not-found", 404, "There is no such dispatch"),
    DispatchUnderWay: ProblemType("dispatch-under-way", 409, "It is too late to cancel it"),
    MessageNotFound: ProblemType("message-not-found", 404, "There is no such message"),
    MessageNotResendable: ProblemType(
        "message-not-resendable", 409, "The message did not fail and is not unknown"
    ),
    PrintRunNotFound: ProblemType("print-run-not-found", 404, "There is no such print run"),
    PrintRunNotReady: ProblemType("print-run-not-ready", 409, "The print run is in another state"),
    LettersNoLongerRight: ProblemType(
        "print-run-changed", 409, "Somebody objected or moved meanwhile"
    ),
    OtherLettersThanSeen: ProblemType(
        "print-run-grown", 409, "The run holds other letters than were seen"
    ),
    PrintFilesMissing: ProblemType("print-files-missing", 409, "The run's files are missing"),
    PreviewImpossible: ProblemType("preview-impossible", 422, "This cannot be shown"),
    InvalidLink: ProblemType("link-not-valid", 404, "The link is none of ours"),
    CursorNotValid: ProblemType("cursor-not-valid", 422, "The cursor is none of ours"),
    ServiceAway: ProblemType("neighbour-away", 503, "Another service is away; try again"),
}

RAISED: Raised = {
    "create_dispatches": (ServiceAway,),
    "cancel_dispatch": (DispatchNotFound, DispatchUnderWay),
    "list_messages": (CursorNotValid,),
    "get_message": (MessageNotFound,),
    "resend_message": (MessageNotFound, MessageNotResendable),
    "list_print_runs": (CursorNotValid,),
    "get_print_run": (PrintRunNotFound,),
    "approve_print_run": (
        PrintRunNotFound,
        PrintRunNotReady,
        LettersNoLongerRight,
        OtherLettersThanSeen,
        ServiceAway,
    ),
    "release_print_run": (PrintRunNotFound, PrintRunNotReady, PrintFilesMissing, ServiceAway),
    "cancel_print_run": (PrintRunNotFound, PrintRunNotReady),
    "get_print_run_file": (PrintRunNotFound, PrintRunNotReady, PrintFilesMissing),
    "show_unsubscribe": (InvalidLink,),
    "unsubscribe": (InvalidLink,),
    "show_answer": (InvalidLink,),
    "answer": (InvalidLink,),
    "preview_email": (PreviewImpossible, ServiceAway),
}
"""What each route may refuse besides what is wrong with the request itself; in the document."""
