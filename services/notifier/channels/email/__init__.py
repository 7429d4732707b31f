"""The e-mail channel: builds MIME from rendered texts and sends it to an SMTP server."""

from services.notifier.channels.email.dkim import DkimKeys, DkimKeyUnusable, DkimSigner
from services.notifier.channels.email.endpoint import SmtpUrlInvalid
from services.notifier.channels.email.mime import (
    AddressUnusable,
    BuiltEmail,
    Mailbox,
    OutgoingEmail,
    build_email,
)
from services.notifier.channels.email.outcomes import (
    AddressNotCarried,
    Outcome,
    PermanentFailure,
    Sent,
    TransientFailure,
    UnknownOutcome,
)
from services.notifier.channels.email.sender import SmtpSender

__all__ = [
    "AddressNotCarried",
    "AddressUnusable",
    "BuiltEmail",
    "DkimKeys",
    "DkimKeyUnusable",
    "DkimSigner",
    "Mailbox",
    "OutgoingEmail",
    "Outcome",
    "PermanentFailure",
    "Sent",
    "SmtpSender",
    "SmtpUrlInvalid",
    "TransientFailure",
    "UnknownOutcome",
    "build_email",
]
