"""Logs as JSON lines with ids and never names, Prometheus metrics, and the trace id of a request.

The trace id follows W3C Trace Context: taken from ``traceparent`` when the caller sent one,
handed on to the services called.
"""

import logging
import re
import secrets
import sys
from collections.abc import Sequence
from contextvars import ContextVar

import structlog
from prometheus_client import Counter, Gauge, Histogram
from structlog.typing import EventDict, Processor

from shared.redaction import logged_error

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_trace_id: ContextVar[str] = ContextVar("trace_id", default="")

REQUESTS = Counter("http_requests_total", "Answered requests", ["service", "route", "status"])
REQUEST_SECONDS = Histogram("http_request_seconds", "Time to answer", ["service", "route"])
RINGS_FAILED = Counter("rings_failed_total", "Doorbell rings that did not reach Redis", ["service"])
CHANGES_APPENDED = Counter("changes_appended_total", "Changes put into the feed", ["kind"])
CHANGES_APPLIED = Counter("changes_applied_total", "Changes followed", ["feed"])
CHANGES_PARKED = Counter("changes_parked_total", "Changes that failed for good", ["feed"])
FEED_LAG = Gauge("feed_lag_revisions", "Head of the feed minus cursor", ["feed"])
JOB_SECONDS = Histogram("job_seconds", "Time a worker's job took", ["job", "outcome"])


def configure_logging(service: str) -> None:
    """Write one JSON object a line to standard output, with the service and the trace id.

    What libraries log (uvicorn, arq, asyncio) leaves in the same form: of their own accord they
    would print errors with all they quote.
    """

    def add_context(_: object, __: str, entry: EventDict) -> EventDict:
        entry["service"] = service
        if trace_id := _trace_id.get():
            entry["trace_id"] = trace_id
        return entry

    steps: list[Processor] = [
        add_context,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_quoted_data,
    ]
    lines = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*steps, lines],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    _take_over_libraries(steps, lines)


def _without_quoted_data(_: object, __: str, entry: EventDict) -> EventDict:
    """Replace an error by its kind and the lines that led to it."""
    if (exc_info := entry.pop("exc_info", None)) is not None:
        entry["exception"] = logged_error(exc_info)
    return entry


class _Lines(logging.Handler):
    """Standard output as it is at the moment of writing."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry."""
        if record.exc_info:
            # Libraries put the error's own text into their message, too.
            record.msg, record.args = str(record.msg).partition("%")[0].strip() or "error", ()
        sys.stdout.write(self.format(record) + "\n")
        sys.stdout.flush()


def _take_over_libraries(steps: Sequence[Processor], lines: Processor) -> None:
    handler = _Lines()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(allow=[]), *steps],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, lines],
        )
    )
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if not isinstance(other, _Lines)] + [handler]
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def begin_trace(traceparent: str | None) -> str:
    """Take the caller's trace id or start a new one; gives the id (32 hexadecimal digits)."""
    match = _TRACEPARENT.match(traceparent or "")
    trace_id = match.group(1) if match else secrets.token_hex(16)
    _trace_id.set(trace_id)
    return trace_id


def current_trace_id() -> str:
    """The trace id of the request being handled, or an empty text outside of one."""
    return _trace_id.get()


def traceparent() -> str:
    """The header that hands this trace on to a service called."""
    return f"00-{_trace_id.get() or secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
