"""What every service's app has: health, metrics, problems, body limit, feed and operations."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from enum import Enum
from functools import cache, partial
from time import perf_counter
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import request_response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.access import REVISION_HEADER
from shared.contracts.etags import ConditionFailed
from shared.contracts.feed_errors import FeedDiverged, FeedTrimmed
from shared.db.followers import ChangeFailsAgain
from shared.db.kept_keys import IdempotencyKeyInUse, IdempotencyKeyReused
from shared.db.schema_version import what_lacks
from shared.db.written import begin_request
from shared.instants import InstantAhead
from shared.resources import Resources
from shared.telemetry import REQUEST_SECONDS, REQUESTS, begin_trace, configure_logging
from shared.web import problems
from shared.web.auth import Caller
from shared.web.conditions import CONDITION_FAILED
from shared.web.crowds import Uncrowded
from shared.web.docs import router as docs_router
from shared.web.documents import PROBLEM_RESPONSES, Raised, describe
from shared.web.encodings import Unencoded
from shared.web.headers import header_of
from shared.web.heads import bound_heads
from shared.web.operations import router as operations_router
from shared.web.parameters import only_known
from shared.web.problems import ProblemPage, ProblemType
from shared.web.repetitions import AnsweredBefore, Repetitions, replay
from shared.web.resources import Held

log = structlog.get_logger(__name__)

DEFAULT_BODY_BYTES = 1_000_000
READY_SECONDS = 2.0
_PROBES = {"/livez", "/readyz", "/metrics"}
"""Asked every few seconds; logged only if they fail."""
REVISION = REVISION_HEADER.lower().encode()
NOSNIFF = (b"x-content-type-options", b"nosniff")
OK = "ok"
PLAIN_TEXT = b"text/plain; charset=utf-8"
SHARED_PROBLEMS: dict[type[Exception], ProblemType] = {
    InstantAhead: ProblemType("instant-ahead", 422, "What is told has not happened yet"),
    ConditionFailed: CONDITION_FAILED,
    ChangeFailsAgain: ProblemType("change-fails-again", 409, "The parked change failed again"),
    FeedDiverged: ProblemType("feed-diverged", 409, "The feed holds another change there"),
    IdempotencyKeyReused: ProblemType(
        "idempotency-key-reused", 422, "The key belongs to another request"
    ),
    IdempotencyKeyInUse: ProblemType(
        "idempotency-key-in-use", 409, "The first request under this key is under way"
    ),
    FeedTrimmed: ProblemType("feed-trimmed", 410, "The feed no longer reaches back that far"),
}

SHARED_RAISED: Raised = {
    "list_changes": (FeedDiverged, FeedTrimmed),
    "retry_parked_change": (ChangeFailsAgain,),
}

OpenResources = Callable[[], AbstractAsyncContextManager[Resources]]


class _App(FastAPI):
    """Describes what FastAPI does not (see `shared/web/documents.py`)."""

    raised: Raised = MappingProxyType({})
    table: Mapping[type[Exception], ProblemType] = MappingProxyType({})

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, drawn once and kept."""
        document = self.openapi_schema
        if document is None:
            document = super().openapi()
            describe(document, self.raised, self.table)
        return document


def create_app(
    *,
    service: str,
    description: str,
    routers: Sequence[APIRouter],
    problem_table: Mapping[type[Exception], ProblemType],
    open_resources: OpenResources,
    direct: Sequence[APIRouter] = (),
    raised: Raised | None = None,
    problem_page: ProblemPage | None = None,
) -> FastAPI:
    """One service's app; the routes of ``direct`` (see :func:`direct_router`) are tried first.

    ``raised`` names the problems of each route, for the OpenAPI document; ``problem_page`` returns
    the page that people are shown instead of a problem document.

    Bodies hold at most one megabyte; a route that takes more says so with ``max_body_size``.
    """
    configure_logging(service)
    bound_heads(problem_page)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources() as resources:
            app.state.resources = resources
            with _settled(app):
                yield

    app = _App(
        title=f"Kundentakt {service}",
        version="1",
        description=description,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # Behind a proxy that ends TLS it would send clients, with their tokens, to plain HTTP.
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses=PROBLEM_RESPONSES,
    )
    app.table = {**SHARED_PROBLEMS, **problem_table}
    app.raised = {**SHARED_RAISED, **(raised or {})}
    _include(app, routers, direct)
    problems.install(app, app.table, page=problem_page)
    app.add_exception_handler(AnsweredBefore, replay)
    app.add_middleware(Repetitions)
    app.add_middleware(Uncrowded)
    app.add_middleware(Unencoded)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Observed, service=service)
    return app


@contextmanager
def _settled(app: FastAPI) -> Iterator[None]:
    """Build the routes before the first request, and keep the garbage collector off what stays.

    A large batch makes it look at everything, which takes a quarter of a second, and nobody is
    answered meanwhile.
    """
    nowhere = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _include(app: FastAPI, routers: Sequence[APIRouter], direct: Sequence[APIRouter]) -> None:
    """The service's routes, and those that every service has."""
    for router in direct:
        app.router.routes.extend(router.routes)
    # A limit on the app itself would answer outside of the middleware, without a problem document.
    for router in (*routers, operations_router):
        app.include_router(
            router,
            prefix="/v1",
            max_body_size=DEFAULT_BODY_BYTES,
            dependencies=[Depends(only_known)],
        )
    app.include_router(_health, dependencies=[Depends(only_known)])
    app.include_router(docs_router)


def _operation_id(route: APIRoute) -> str:
    """The function's name: unique within a service and what a generated client should call it."""
    return route.name


class DirectRoute(APIRoute):
    """A route whose function takes the request itself and gives the response.

    Described like every other, but called without FastAPI's search for parameters, dependencies
    and models, which takes longer than checking and reading an event.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        self.app = RequestBodyLimitMiddleware(
            request_response(self._answer), max_body_size=DEFAULT_BODY_BYTES
        )

    async def _answer(self, request: Request) -> Any:
        await only_known(request)
        return await self.endpoint(request)


def direct_router(*, tags: list[str | Enum]) -> APIRouter:
    """A router for ``create_app(direct=…)``; its paths begin after ``/v1``."""
    return APIRouter(
        prefix="/v1",
        tags=tags,
        route_class=DirectRoute,
        responses=PROBLEM_RESPONSES,
        generate_unique_id_function=_operation_id,
    )


_health = APIRouter(tags=["health"])


@_health.get("/livez", summary="Is the process alive?")
async def livez() -> dict[str, str]:
    """Answers as long as the process can answer at all."""
    return {"status": "alive"}


_NOT_READY = {
    "description": "Not ready; the body says what is away",
    "content": {"application/json": {}},
}


@_health.get("/readyz", summary="Can it work?", responses={503: _NOT_READY})
async def readyz(resources: Held) -> JSONResponse:
    """200 when the database answers and has the tables that this version needs; those of a newer
    one will do. Redis away is told and is no reason to refuse work: everything is committed
    without it, and the sweep makes up for lost rings. The end of the service's own token is told
    thirty days ahead."""
    database = await _state(resources.database.ping)
    tables = "unknown" if database != OK else await _state(partial(_tables, resources))
    redis = await _state(resources.doorbell.ping)
    ready = database == tables == OK
    warning = resources.token_expiry.warning()
    told = {"ready": ready, "database": database, "tables": tables, "redis": redis}
    return JSONResponse(
        told | ({"service_token": warning} if warning else {}),
        status_code=200 if ready else 503,
    )


async def _state(ask: Callable[[], Awaitable[str | None]]) -> str:
    """What is wrong with something that is asked.

    A server that hangs, or a pool that is exhausted, is as good as away. Its answer is no longer
    waited for then: to give up a statement on a server that hangs takes as long as the statement.
    """
    asked = asyncio.ensure_future(ask())
    done, _ = await asyncio.wait({asked}, timeout=READY_SECONDS)
    if not done:
        asked.cancel()
        return "away: no answer"
    error = asked.exception()
    return asked.result() or OK if error is None else f"away: {type(error).__name__}"


async def _tables(resources: Resources) -> str | None:
    return what_lacks(resources.migrations, await resources.database.migration())


@_health.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics() -> Response:
    """Counters and histograms of this process in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class HeadAsGet:
    """Answers HEAD as GET without its body (RFC 9110 § 9.3.2), which FastAPI's routes do not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask for the whole answer and send its head."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)


class Observed:
    """Begins the trace of each request; counts and logs what was answered, by route.

    The log holds what is needed to find a request again: method, route, status, milliseconds, the
    caller's agency and subject, and the trace. Never an address as it was asked for: ids of
    customers, signed links, names of files and search words stand in it.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the trace id, measure, count, log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = begin_trace(header_of(scope, b"traceparent").decode("latin-1"))
        started = perf_counter()
        status = 500
        replaced: bytes | None = None
        written = None if scope["method"] == "GET" else begin_request()

        async def with_trace(message: Message) -> None:
            nonlocal status, replaced
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"trace-id", trace_id.encode())]
                if NOSNIFF not in message["headers"]:
                    message["headers"].append(NOSNIFF)
                if written is not None and written.revision is not None and status < 300:
                    message["headers"].append((REVISION, str(written.revision).encode()))
                if status == 413 and (b"content-type", PLAIN_TEXT) in message["headers"]:
                    # The framework answers a declared length that is too large as plain text.
                    answer = problems.too_large(Request(scope))
                    replaced = bytes(answer.body)
                    message["headers"] = [*answer.raw_headers, (b"trace-id", trace_id.encode())]
            elif replaced is not None:
                message["body"] = replaced
            await send(message)

        try:
            await self._app(scope, receive, with_trace)
        finally:
            # As declared: a direct route bears the prefix that the others are included under.
            route = getattr(scope.get("route"), "path", "unmatched").removeprefix("/v1")
            took = perf_counter() - started
            answered, seconds = _metrics_of(self._service, route, status)
            answered.inc()
            seconds.observe(took)
            if route not in _PROBES or status >= 500:
                _log_request(scope, route=route, status=status, seconds=took)


def _log_request(scope: Scope, *, route: str, status: int, seconds: float) -> None:
    caller: Caller | None = scope.get("state", {}).get("caller")
    who = {} if caller is None else {"agency": caller.agency, "subject": caller.subject}
    log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        **who,
    )


@cache
def _metrics_of(service: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Looked up once: routes are few, and the look-up costs more than the counting."""
    return REQUESTS.labels(service, route, str(status)), REQUEST_SECONDS.labels(service, route)
