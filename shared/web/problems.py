"""Problems after RFC 9457: every answer that is not 2xx has this one form.

Errors are named for the fact and know no HTTP; each service maps them in one table
(``PROBLEMS``), and this module turns them into responses. ``docs/problems.md`` explains every slug.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared.contracts.access import REVISION_HEADER
from shared.contracts.problems import MEDIA_TYPE, PROBLEM_BASE
from shared.db.failures import is_transient
from shared.telemetry import current_trace_id

log = structlog.get_logger(__name__)

ERRORS_TOLD = 100
"""A body of a megabyte can be wrong in half a million places."""
_PYTHON_DAY = re.compile(r"datetime\.date\(([0-9]+), ([0-9]+), ([0-9]+)\)")


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One kind of problem: its slug (a heading in docs/problems.md), status and title."""

    slug: str
    status: int
    title: str


ProblemPage = Callable[[Request, ProblemType, Mapping[str, str]], Response | None]
"""Returns a page for a problem where people read the answer; None where programs do."""


class ProblemError(Exception):
    """A refusal at the edge itself (token, signature, body size), before any use case runs."""

    def __init__(
        self,
        problem: ProblemType,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors


INVALID_BODY = ProblemType("invalid-body", 422, "A field has a value that is not allowed")
INVALID_PARAMETER = ProblemType("invalid-parameter", 422, "A parameter is not allowed")
MALFORMED_BODY = ProblemType("malformed-body", 400, "The body is not readable JSON")
BODY_TOO_LARGE = ProblemType("body-too-large", 413, "The body is larger than allowed here")
MEDIA_TYPE_UNSUPPORTED = ProblemType(
    "media-type-unsupported", 415, "The body is of another media type"
)
NOT_FOUND = ProblemType("not-found", 404, "There is nothing at this address")
INTERNAL = ProblemType("internal-error", 500, "Something went wrong on our side")
TRY_AGAIN = ProblemType("try-again", 503, "Something we need is away for the moment")

KERNEL_PROBLEMS: tuple[ProblemType, ...] = (
    INVALID_BODY, INVALID_PARAMETER, MALFORMED_BODY, BODY_TOO_LARGE,
    MEDIA_TYPE_UNSUPPORTED, NOT_FOUND, INTERNAL, TRY_AGAIN,
)  # fmt: skip


def problem_body(
    problem: ProblemType, *, detail: str, instance: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The document of one problem; ``errors`` point into the body (RFC 6901)."""
    body: dict[str, Any] = {
        "type": PROBLEM_BASE + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": instance,
        "trace_id": current_trace_id(),
    }
    if errors:
        body["errors"] = errors
    return body


def problem_response(
    request: Request,
    problem: ProblemType,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response for one problem: its document, or a page where people read it."""
    page: ProblemPage | None = getattr(request.app.state, "problem_page", None)
    shown = page and page(request, problem, headers or {})
    if shown is not None:
        return shown
    body = problem_body(problem, detail=detail, instance=request.url.path, errors=errors)
    return JSONResponse(
        body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def too_large(request: Request) -> Response:
    """The answer to a body that is longer than allowed; the rest of it is not waited for."""
    return problem_response(
        request,
        BODY_TOO_LARGE,
        "the body is larger than allowed here; send it in parts",
        headers={"Connection": "close", "X-Content-Type-Options": "nosniff"},
    )


def install(
    app: FastAPI,
    table: Mapping[type[Exception], ProblemType],
    *,
    page: ProblemPage | None = None,
) -> None:
    """Answer every error of ``table``, every refusal and every surprise as a problem."""
    app.state.problem_page = page
    for error, problem in table.items():
        app.add_exception_handler(error, _handler_for(problem))
    app.add_exception_handler(ProblemError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid_by(table))
    app.add_exception_handler(HTTPException, _framework_error)
    app.add_exception_handler(Exception, _surprise)


def _handler_for(problem: ProblemType) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        errors = getattr(error, "pointers", None)
        head = getattr(error, "head", None)
        headers = {} if head is None else {REVISION_HEADER: str(head)}
        detail = " ".join(str(error).split())  # errors are worded in docstrings of several lines
        return problem_response(request, problem, detail, errors=errors, headers=headers)

    return handle


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(
        request, error.problem, error.detail, errors=error.errors, headers=error.headers
    )


NAME_ITSELF: Final = "[key]"
"""What pydantic adds to the place of a name that is wrong itself; no JSON pointer leads there."""


def pointers_of(errors: Any, body: Any = None) -> list[dict[str, str]]:
    """Pydantic's error list as JSON pointers with what is wrong there.

    Pydantic names the branch of a union it took as well; with the ``body`` at hand only what leads
    through it is told.
    """
    return [
        {
            "pointer": "/" + "/".join(_token(str(part)) for part in _place(entry, body)),
            "detail": _words(str(entry["msg"])),
        }
        for entry in errors
    ]


def _place(entry: Mapping[str, Any], body: Any) -> list[str | int]:
    parts: Sequence[str | int] = [each for each in entry["loc"] if each != NAME_ITSELF]
    if not isinstance(body, dict | list):
        return list(parts)
    place: list[str | int] = []
    node: Any = body
    for part in parts:
        if _leads_on(node, part):
            place.append(part)
            node = node[part]
    if entry["type"] == "missing":
        place.append(parts[-1])
    return place


def _leads_on(node: Any, part: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, dict) and part in node


def _words(message: str) -> str:
    """Pydantic's message without its own prefix and without Python's notation of a day."""
    return _PYTHON_DAY.sub(
        lambda day: date(int(day[1]), int(day[2]), int(day[3])).isoformat(),
        message.removeprefix("Value error, "),
    )


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def fault_of(
    entries: Sequence[Mapping[str, Any]], table: Mapping[type[Exception], ProblemType]
) -> ProblemType:
    """The problem of pydantic's errors in a body: the table's, where all of them are that one.

    A validator that raises an error of the table names its fact that way.
    """
    found = {type(entry.get("ctx", {}).get("error")) for entry in entries}
    return table.get(found.pop(), INVALID_BODY) if len(found) == 1 else INVALID_BODY


def _invalid_by(table: Mapping[type[Exception], ProblemType]) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        entries = list(error.errors())
        if any(entry["type"] == "json_invalid" for entry in entries):
            return problem_response(
                request, MALFORMED_BODY, "the body is not JSON; send UTF-8 encoded JSON"
            )
        if isinstance(error.body, bytes):  # FastAPI reads as JSON only what is declared as such
            return problem_response(
                request,
                INVALID_BODY,
                "the body is JSON: send it with Content-Type: application/json",
            )
        entries = entries[:ERRORS_TOLD]
        in_body = [entry for entry in entries if entry["loc"] and entry["loc"][0] == "body"]
        kind = fault_of(in_body, table) if in_body else INVALID_PARAMETER
        told = [{**entry, "loc": entry["loc"][1:]} for entry in in_body or entries]
        pointers = pointers_of(told, error.body if in_body else None)
        detail = "; ".join(f"{p['pointer']}: {p['detail']}" for p in pointers[:3])
        return problem_response(request, kind, detail, errors=pointers)

    return handle


async def _framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ProblemError):  # while the framework read the body
        return await _refused(request, error.__cause__)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_response(request, NOT_FOUND, f"no such path: {request.url.path}")
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return too_large(request)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem_response(request, MALFORMED_BODY, str(error.detail))
    title = HTTPStatus(error.status_code).phrase
    kind = ProblemType(title.lower().replace(" ", "-"), error.status_code, title)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem_response(request, kind, str(error.detail), headers=headers)


def _allowed(request: Request) -> set[str]:
    """All methods of an address; the framework tells those of the first route that fits."""
    allowed: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            allowed.add(method)
    return allowed | ({"HEAD"} if "GET" in allowed else set())


def _is_unstorable_text(error: BaseException | None) -> bool:
    """Whether a text held U+0000 or half a surrogate pair, which PostgreSQL cannot store.

    It says so by one code of a text and by another of JSON.
    """
    while error is not None:
        sqlstate = getattr(error, "sqlstate", "")
        if isinstance(error, UnicodeEncodeError) or sqlstate in ("22021", "22P05"):
            return True
        error = error.__cause__
    return False


async def _surprise(request: Request, error: Exception) -> Response:
    # This answer is made outside of the middleware that adds the trace id to the others, and the
    # server hangs up after it: who is not told sends the next request into a closed connection.
    headers = {
        "trace-id": current_trace_id(),
        "Connection": "close",
        "X-Content-Type-Options": "nosniff",
    }
    if _is_unstorable_text(error):
        return problem_response(
            request,
            INVALID_BODY,
            "a text holds a character that cannot be stored (U+0000 or half a surrogate pair)",
            headers=headers,
        )
    if is_transient(error):
        log.warning("away for now", path=request.url.path, error=type(error).__name__)
        return problem_response(
            request,
            TRY_AGAIN,
            "nothing is lost: send the same request again in a few seconds",
            headers={**headers, "Retry-After": "5"},
        )
    log.error("unexpected error", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem_response(
        request,
        INTERNAL,
        "the request was not carried out; the trace id leads to the log entry",
        headers=headers,
    )
