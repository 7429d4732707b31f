"""What every service's app has: health, metrics, problems, body limit, feed and operations."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from time import perf_counter

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems
from shared.feed import FeedDiverged, FeedTrimmed
from shared.operations import router as operations_router
from shared.problems import ProblemType
from shared.resources import Held, Resources
from shared.telemetry import REQUEST_SECONDS, REQUESTS, begin_trace, configure_logging

DEFAULT_BODY_BYTES = 1_000_000
READY_SECONDS = 2.0
MEDIA_TYPE = problems.MEDIA_TYPE.encode()
SHARED_PROBLEMS: dict[type[Exception], ProblemType] = {
    FeedDiverged: ProblemType("feed-diverged", 409, "The feed holds another change there"),
    FeedTrimmed: ProblemType("feed-trimmed", 410, "The feed no longer reaches back that far"),
}

OpenResources = Callable[[], AbstractAsyncContextManager[Resources]]


def create_app(
    *,
    service: str,
    description: str,
    routers: Sequence[APIRouter],
    problem_table: Mapping[type[Exception], ProblemType],
    open_resources: OpenResources,
) -> FastAPI:
    """One service's app.

    Bodies hold at most one megabyte; a route that takes more says so with ``max_body_size``.
    """
    configure_logging(service)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources() as resources:
            app.state.resources = resources
            yield

    app = FastAPI(
        title=f"Kundentakt {service}",
        version="1",
        description=description,
        lifespan=lifespan,
        docs_url="/docs",
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        responses={"default": {"description": "A problem (RFC 9457)", "model": problems.Document}},
    )
    # A limit on the app itself would answer outside of the middleware, without a problem document.
    for router in (*routers, operations_router):
        app.include_router(router, prefix="/v1", max_body_size=DEFAULT_BODY_BYTES)
    app.include_router(_health)
    problems.install(app, {**SHARED_PROBLEMS, **problem_table})
    app.add_middleware(Observed, service=service)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: unique within a service and what a generated client should call it."""
    return route.name


_health = APIRouter(tags=["health"])


@_health.get("/livez", summary="Is the process alive?")
async def livez() -> dict[str, str]:
    """Answers as long as the process can answer at all."""
    return {"status": "alive"}


@_health.get("/readyz", summary="Can it work?")
async def readyz(resources: Held) -> JSONResponse:
    """200 when the database answers. Redis away is told and is no reason to refuse work:
    everything is committed without it, and the sweep makes up for lost rings."""
    state = {}
    for name, ping in (("database", resources.database.ping), ("redis", resources.doorbell.ping)):
        try:
            # A server that hangs, or a pool that is exhausted, is as good as away.
            async with asyncio.timeout(READY_SECONDS):
                await ping()
            state[name] = "ok"
        except Exception as error:
            state[name] = f"away: {type(error).__name__}"
    ready = state["database"] == "ok"
    return JSONResponse({"ready": ready, **state}, status_code=200 if ready else 503)


@_health.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics() -> Response:
    """Counters and histograms of this process in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Observed:
    """Begins the trace of each request and counts what was answered, by route."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the trace id, measure, count."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        header = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        trace_id = begin_trace(header)
        started = perf_counter()
        status = 500
        replaced: bytes | None = None

        async def with_trace(message: Message) -> None:
            nonlocal status, replaced
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"trace-id", trace_id.encode())]
                if status == 413 and (b"content-type", MEDIA_TYPE) not in message["headers"]:
                    # The framework answers a declared length that is too large as plain text.
                    replaced = problems.too_large_body(scope["path"])
                    message["headers"] = [
                        (b"content-type", MEDIA_TYPE),
                        (b"content-length", str(len(replaced)).encode()),
                        (b"trace-id", trace_id.encode()),
                    ]
            elif replaced is not None:
                message["body"] = replaced
            await send(message)

        try:
            await self._app(scope, receive, with_trace)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(self._service, route, str(status)).inc()
            REQUEST_SECONDS.labels(self._service, route).observe(perf_counter() - started)
