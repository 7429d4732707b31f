"""Logs as JSON lines with ids and never names, Prometheus metrics, and the trace id of a request.

The trace follows W3C Trace Context by OpenTelemetry's own reading of it: it is taken over from
``traceparent`` if the caller sent a valid one, and handed on to the services called. No SDK is
installed, so nothing is exported; whoever installs one finds our requests in their traces.
"""

import logging
import random
import sys
from collections.abc import Sequence

import structlog
from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram
from pydantic_core import to_json
from structlog.typing import EventDict, Processor

from shared.redaction import logged_error

_TRACE_CONTEXT = TraceContextTextMapPropagator()
_TRACEPARENT = "traceparent"
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)

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

    What libraries log (uvicorn, arq, asyncio) is written in the same form, because by themselves
    they would print errors with all the values these quote.
    """

    def add_context(_: object, __: str, entry: EventDict) -> EventDict:
        entry["service"] = service
        if trace_id := current_trace_id():
            entry["trace_id"] = trace_id
        return entry

    steps: list[Processor] = [
        add_context,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_quoted_data,
    ]
    lines = structlog.processors.JSONRenderer(serializer=_json)
    structlog.configure(
        processors=[*steps, lines],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_StandardOutput,
        cache_logger_on_first_use=True,
    )
    _take_over_libraries(steps, lines)


def _json(entry: EventDict, **_: object) -> str:
    """One line. The standard library makes a new encoder for each, which takes five times as long
    and is a tenth of what an event costs."""
    return to_json(entry, fallback=repr, inf_nan_mode="constants").decode()


def _without_quoted_data(_: object, __: str, entry: EventDict) -> EventDict:
    """Replace an error by its kind and the lines that led to it."""
    if (exc_info := entry.pop("exc_info", None)) is not None:
        entry["exception"] = logged_error(exc_info)
    return entry


class _StandardOutput:
    """Writes lines to standard output as it is at the moment of writing."""

    def __init__(self, *_: object) -> None:
        """Take no notice of a logger's name."""

    def msg(self, line: str) -> None:
        """Write one line at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    debug = info = warning = error = critical = msg


class _Lines(logging.Handler):
    """What libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry."""
        if record.exc_info:
            # Libraries put the error's own text into their message, too.
            record.msg, record.args = str(record.msg).partition("%")[0].strip() or "error", ()
        _StandardOutput().msg(self.format(record))


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
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # Its lines hold whole addresses: signed links, names of files, what somebody searched for.
    # uvicorn writes them as soon as this logger reaches any handler, whatever its options say.
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def begin_trace(traceparent: str | None) -> str:
    """Take over the caller's trace or start a new one; returns its id (32 hexadecimal digits)."""
    trace_id = trace.INVALID_TRACE_ID
    if traceparent:
        theirs = _TRACE_CONTEXT.extract({_TRACEPARENT: traceparent}, context=context.Context())
        trace_id = trace.get_current_span(theirs).get_span_context().trace_id
    # No secrets, so they need no system call: OpenTelemetry makes its ids in the same way.
    ours = trace.SpanContext(
        trace_id or random.getrandbits(128) or 1,
        random.getrandbits(64) or 1,
        is_remote=False,
        trace_flags=_SAMPLED,
    )
    context.attach(trace.set_span_in_context(trace.NonRecordingSpan(ours)))
    return trace.format_trace_id(ours.trace_id)


def current_trace_id() -> str:
    """The trace id of the request being handled, or an empty text outside of one."""
    here = trace.get_current_span().get_span_context()
    return trace.format_trace_id(here.trace_id) if here.is_valid else ""


def traceparent() -> str:
    """The header that hands this trace on to a service called."""
    if not current_trace_id():
        begin_trace(None)
    header: dict[str, str] = {}
    _TRACE_CONTEXT.inject(header)
    return header[_TRACEPARENT]
