"""Builds an e-mail as bytes: headers, and two parts in quoted-printable.

This is our own code because the standard library's ``EmailMessage`` takes 2 ms a message. The tests
parse its output with the standard library. Sources: RFC 5322 (form), 2045 and
2047 (encodings), 8058 (one-click unsubscribe), 3834 (``Auto-Submitted``).
"""

import re
from base64 import b64encode, encodebytes
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from services.notifier.channels.email.quoted_printable import quoted_printable
from services.notifier.domain.calendar_entries import CalendarEntry
from services.notifier.domain.emails import RenderedEmail
from services.notifier.domain.salutations import one_line
from shared.failures import Permanent

Header = tuple[str, str]

_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_PLAIN_HEADER = re.compile(r"[ -~]{0,66}")
_TOKEN = re.compile(r"[A-Za-z0-9._-]+")
LONGEST_ADDRESS = 254
"""RFC 5321 § 4.5.3.1.3, less the angle brackets."""
BYTES_PER_WORD = 33
"""44 characters of base64: with its frame and the longest header name below RFC 2047's 75."""


class AddressUnusable(Permanent):
    """this text is no e-mail address that SMTP can carry"""

    def __init__(self, role: str) -> None:
        super().__init__(f"{role} address is unusable")
        self.role = role


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address, as in From and To."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEmail:
    """Everything that one message is built from. ``message_id`` is ours; ``date`` is aware.

    If ``unsubscribe_url`` is given, mail programs show a button to unsubscribe. ``return_path``
    receives the bounces; it is the sender's address unless given. ``calendar`` is attached.
    """

    message_id: str
    sender: Mailbox
    recipient: Mailbox
    rendered: RenderedEmail
    date: datetime
    language: str = "de"
    reply_to: Mailbox | None = None
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None
    auto_submitted: bool = True
    feedback_id: str | None = None
    return_path: str | None = None
    calendar: CalendarEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEmail:
    """A message ready for SMTP: the envelope, and headers and body with CRLF line ends.

    All of it is ASCII, unless the recipient's address has umlauts before its @ (RFC 6531, 6532).
    """

    envelope_from: str
    envelope_to: str
    headers: tuple[Header, ...]
    body: bytes

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server that offers SMTPUTF8 can carry it."""
        return not self.envelope_to.isascii()

    def content(self) -> bytes:
        """Return the whole message as it is handed over (before dot-stuffing)."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return lines.encode() + b"\r\n" + self.body


def message_id_header(message_id: str, sender_address: str) -> str:
    """Return the Message-ID; every attempt has the same, so a doubled mail can be recognised."""
    domain = sender_address.rpartition("@")[2]
    if not _TOKEN.fullmatch(message_id):
        raise ValueError("a message id has only letters, digits, dots and dashes")
    return f"<{message_id}@{domain}>"


def build_email(mail: OutgoingEmail) -> BuiltEmail:
    """Build one message. Raises ``AddressUnusable`` for a sender or recipient without an address.

    A name, subject or link with line breaks cannot add a header: control characters are dropped
    from texts, and links must be printable ASCII.
    """
    sender = ascii_address(mail.sender.address, role="sender")
    recipient = _recipients_address(mail.recipient.address)
    boundary = f"=_{mail.message_id}"
    headers = [
        ("From", _mailbox(mail.sender.name, sender)),
        ("To", _mailbox(mail.recipient.name, recipient)),
        ("Subject", encoded_text(mail.rendered.subject)),
        ("Date", format_datetime(mail.date)),
        ("Message-ID", message_id_header(mail.message_id, sender)),
        *_optional_headers(mail),
        ("MIME-Version", "1.0"),
        ("Content-Type", _multipart("alternative" if mail.calendar is None else "mixed", boundary)),
    ]
    return BuiltEmail(
        envelope_from=ascii_address(mail.return_path or sender, role="bounce"),
        envelope_to=recipient,
        headers=tuple(headers),
        body=_body(mail.rendered, boundary)
        if mail.calendar is None
        else _with_calendar(mail.rendered, mail.calendar, boundary),
    )


def _optional_headers(mail: OutgoingEmail) -> list[Header]:
    headers: list[Header] = []
    if mail.reply_to is not None:
        # One that not every server carries: answers go to the sender, which is the agency.
        with suppress(AddressUnusable):
            address = ascii_address(mail.reply_to.address, role="reply")
            headers.append(("Reply-To", _mailbox(mail.reply_to.name, address)))
    if mail.unsubscribe_url is not None:
        ways = [_link(mail.unsubscribe_url)]
        if mail.unsubscribe_mailto is not None:
            ways.append(_link(f"mailto:{mail.unsubscribe_mailto}"))
        headers.append(("List-Unsubscribe", ",\r\n ".join(ways)))
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if mail.auto_submitted:
        headers.append(("Auto-Submitted", "auto-generated"))
    if mail.feedback_id is not None:
        headers.append(("Feedback-ID", encoded_text(mail.feedback_id)))
    headers.append(("Content-Language", encoded_text(mail.language)))
    return headers


def _link(url: str) -> str:
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in "<> "):
        raise ValueError("a link in a header is printable ASCII without blanks and brackets")
    return f"<{url}>"


def ascii_address(address: str, *, role: str) -> str:
    """Return the address as SMTP carries it; a domain with umlauts becomes its ``xn--`` form.

    Raises ``AddressUnusable``, also for a local part outside ASCII: a sender must be answered by
    anybody.
    """
    if len(address) <= LONGEST_ADDRESS and _PLAIN_ADDRESS.fullmatch(address):
        return address
    carried = _checked(address, role=role).ascii_email
    if carried is None:
        raise AddressUnusable(role)
    return carried


def _recipients_address(address: str) -> str:
    """Return the address in ASCII if it can be, else as SMTPUTF8 carries it. Raises
    ``AddressUnusable``."""
    try:
        return ascii_address(address, role="recipient")
    except AddressUnusable:
        return _checked(address, role="recipient").normalized


def _checked(address: str, *, role: str) -> ValidatedEmail:
    try:
        return validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressUnusable(role) from error


def _mailbox(name: str, address: str) -> str:
    name = one_line(name)
    if not name:
        return address
    if _PLAIN_HEADER.fullmatch(name) and "=?" not in name:
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{quoted}"\r\n <{address}>'
    return f"{encoded_text(name)}\r\n <{address}>"


def encoded_text(text: str) -> str:
    """Return a header's text: unchanged if it is short printable ASCII, else RFC 2047 words."""
    text = one_line(text)
    if _PLAIN_HEADER.fullmatch(text) and "=?" not in text:
        return text
    words, piece = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(piece) + len(encoded) > BYTES_PER_WORD:
            words.append(piece)
            piece = b""
        piece += encoded
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode('ascii')}?=" for word in words)


def _body(rendered: RenderedEmail, boundary: str) -> bytes:
    """Return both parts, plain text first, because mail programs show the last part that they can
    (RFC 2046 § 5.1.4). The body ends with a line end, which the final dot needs."""
    mark = boundary.encode("ascii")
    return b"".join(
        (
            *(b"--", mark, b"\r\n", _part_head("plain"), quoted_printable(rendered.text)),
            *(b"\r\n--", mark, b"\r\n", _part_head("html"), quoted_printable(rendered.html)),
            *(b"\r\n--", mark, b"--\r\n"),
        )
    )


def _multipart(kind: str, boundary: str) -> str:
    return f'multipart/{kind};\r\n boundary="{boundary}"'


def _with_calendar(rendered: RenderedEmail, entry: CalendarEntry, boundary: str) -> bytes:
    """Return the text in both forms, and the calendar entry as a file that is attached."""
    inner = f"=_texts{boundary}"
    mark = boundary.encode("ascii")
    texts = f"Content-Type: {_multipart('alternative', inner)}\r\n\r\n".encode("ascii")
    file = (
        f"Content-Type: text/calendar; charset=utf-8; method={entry.method}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{entry.file_name}"\r\n\r\n'
    ).encode("ascii")
    content = encodebytes(entry.text.encode()).replace(b"\n", b"\r\n")
    return b"".join(
        (
            *(b"--", mark, b"\r\n", texts, _body(rendered, inner)),
            *(b"\r\n--", mark, b"\r\n", file, content),
            *(b"\r\n--", mark, b"--\r\n"),
        )
    )


def _part_head(kind: str) -> bytes:
    return (
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode("ascii")
