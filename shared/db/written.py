"""The revision that a request's writes reached, for its answer."""

from contextvars import ContextVar

from shared.contracts.vocabulary import Revision


class Written:
    """What the transactions of one request reached in the service's feed."""

    __slots__ = ("revision",)

    def __init__(self) -> None:
        self.revision: Revision | None = None


_WRITTEN: ContextVar[Written | None] = ContextVar("written", default=None)


def begin_request() -> Written:
    """Returns where the transactions of this request note how far they came."""
    written = Written()
    _WRITTEN.set(written)
    return written


def leave_request() -> None:
    """Let a task that a request happened to start note nothing for it."""
    _WRITTEN.set(None)


def note(revision: Revision) -> None:
    """Note how far a transaction of this request came; nothing outside of requests."""
    if written := _WRITTEN.get():
        written.revision = revision


def written_revision() -> Revision | None:
    """Returns how far this request's transactions came, None if nothing says so."""
    written = _WRITTEN.get()
    return written.revision if written else None
