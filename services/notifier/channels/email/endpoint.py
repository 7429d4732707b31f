"""The SMTP server that takes our mail, named by a URL.

``smtp://user:password@host:587`` uses STARTTLS. It is required if there is a password or the server
is another machine, unless ``?starttls=none|auto|required`` says otherwise. ``smtps://host:465``
uses TLS from the first byte. Special characters are percent-encoded as in any URL.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, cast, get_args
from urllib.parse import parse_qs, unquote, urlsplit

StartTls = Literal["none", "auto", "required"]
DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


class SmtpUrlInvalid(Exception):
    """The SMTP URL cannot be read; ``reason`` says why, without the URL, which holds a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpEndpoint:
    """A server, how to secure the way to it, and how to log in; never prints the password."""

    host: str
    port: int
    tls: bool
    starttls: StartTls
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def read_smtp_url(url: str) -> SmtpEndpoint:
    """Read an SMTP URL. Raises ``SmtpUrlInvalid``.

    By the standard library, because the URL is only taken apart: yarl would add nothing.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SmtpUrlInvalid("its port is no number") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise SmtpUrlInvalid("it must begin with smtp:// or smtps://")
    if not parts.hostname:
        raise SmtpUrlInvalid("it names no host")
    tls = parts.scheme == "smtps"
    credentials = parts.username is not None
    return SmtpEndpoint(
        host=parts.hostname,
        port=port or DEFAULT_PORTS[parts.scheme],
        tls=tls,
        starttls="none" if tls else _starttls(parts.query, parts.hostname, credentials),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _starttls(query: str, host: str, credentials: bool) -> StartTls:
    asked = parse_qs(query).get("starttls", [])
    if asked and asked[-1] not in get_args(StartTls):
        raise SmtpUrlInvalid("starttls is none, auto or required")
    if asked:
        return cast(StartTls, asked[-1])
    return "auto" if _this_machine(host) and not credentials else "required"


def _this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
