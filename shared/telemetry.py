"""Logs as JSON lines with ids and never names, Prometheus metrics, and the trace id of a request.

The trace id follows W3C Trace Context: taken from ``traceparent`` when the caller sent one,
handed on to the services called.
"""

import logging
import re
import secrets
from contextvars import ContextVar

import structlog
from prometheus_client import Counter, Gauge, Histogram

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
    """Write one JSON object a line to standard output, with the service and the trace id."""

    def add_context(
        _: object, __: str, entry: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        entry["service"] = service
        if trace_id := _trace_id.get():
            entry["trace_id"] = trace_id
        return entry

    structlog.configure(
        processors=[
            add_context,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


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
