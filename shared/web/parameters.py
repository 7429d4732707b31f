"""What a request may ask of a route: query parameters that it knows, conditions that it can check.

A parameter or a condition that is passed over in silence answers another question than the one
that was asked: the whole list for a misspelt filter, a lost update for an `If-Match`.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from shared.web.conditions import CONDITION_FAILED
from shared.web.crowds import refuse_crowd
from shared.web.names_once import refuse_names_twice
from shared.web.numbers import make_whole, may_hold_floats
from shared.web.problems import INVALID_BODY, INVALID_PARAMETER, ProblemError
from shared.web.unstorable import may_hold_nul, refuse_nul

CONDITIONS = {
    b"if-match": "if-match",
    b"if-none-match": "if-none-match",
    b"if-unmodified-since": "if-unmodified-since",
}


WHOLE_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
"""As JSON writes it. Pydantic reads ``1_0``, ``+10``, ``010`` and ``10.0`` as ten as well."""


async def only_known(request: Request) -> None:
    """Refuse a query parameter that the route does not know or that is given twice, a number that
    is not written as one, a condition that it cannot check, a body that it does not read, and one
    of too many values or with a name twice in one object.

    A page behind the link of a mail takes any parameter, because mail programs add their own, and
    answers whatever is sent to it by a page.
    """
    refuse_crowd(request)
    if hasattr(request, "_json"):  # what the framework has read
        body = await request.body()
        refuse_names_twice(body)
        if may_hold_floats(body):
            make_whole(await request.json())  # what the framework checks next is this very value
        if may_hold_nul(body):
            refuse_nul(await request.json())
    route: APIRoute = request.scope["route"]
    page = route.response_class is HTMLResponse
    # As the server read them: most requests have neither, and each passes here.
    if request.scope["query_string"] and not page:
        _refuse_unknown(request, _known(route, ParamTypes.query))
    if whole_numbers := [each for each in _parameters(route) if each.whole_number]:
        _refuse_other_numbers(request, whole_numbers)
    for name, _ in request.scope["headers"]:
        if name in CONDITIONS:
            _refuse_unchecked(request, route, CONDITIONS[name])
    if request.method != "GET" and not page and not _reads_a_body(route):
        _refuse_body(await request.body())


def _reads_a_body(route: APIRoute) -> bool:
    described = route.openapi_extra or {}
    return route.body_field is not None or "requestBody" in described


def _refuse_body(body: bytes) -> None:
    """A day in the body of a route that takes none would be passed over, and today be meant."""
    if b"".join(body.split()) not in (b"", b"{}", b"null"):
        raise ProblemError(INVALID_BODY, "nothing is read from a body here; leave it out or empty")


def _refuse_unchecked(request: Request, route: APIRoute, condition: str) -> None:
    known = _known(route, ParamTypes.header)
    if condition in known:
        return
    if condition == "if-none-match" and request.method in ("GET", "HEAD"):
        return  # it only spares bytes: the whole answer is right, too
    if condition == "if-unmodified-since" and "if-match" in known and "if-match" in request.headers:
        return  # RFC 9110 § 13.1.4: the tag decides
    raise ProblemError(
        CONDITION_FAILED,
        f"{condition}: nothing here has a version that could be compared; nothing was done",
    )


def _refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown:
        _refuse_twice([name for name, _ in request.query_params.multi_items()])
        _refuse_unstorable(request)
        return
    allowed = f"known here: {', '.join(known)}" if known else "none is known here"
    raise ProblemError(
        INVALID_PARAMETER,
        f"unknown parameter {', '.join(name[:100] for name in unknown[:5])}; {allowed}",
        errors=[
            {"pointer": f"/{name[:100]}", "detail": f"is unknown; {allowed}"}
            for name in unknown[:5]
        ],
    )


def _refuse_unstorable(request: Request) -> None:
    """PostgreSQL takes no U+0000, and would answer with a fault of ours."""
    names = [name for name, value in request.query_params.items() if "\x00" in value]
    if names:
        raise ProblemError(
            INVALID_PARAMETER,
            f"{', '.join(names)}: holds the character U+0000",
            errors=[{"pointer": f"/{each}", "detail": "holds U+0000"} for each in names],
        )


def _refuse_twice(given: list[str]) -> None:
    """No parameter of ours is a list, so of two values one would be passed over."""
    twice = [name for name in dict.fromkeys(given) if given.count(name) > 1]
    if twice:
        raise ProblemError(
            INVALID_PARAMETER,
            f"{', '.join(twice)}: given more than once",
            errors=[{"pointer": f"/{name}", "detail": "is given more than once"} for name in twice],
        )


def _refuse_other_numbers(request: Request, whole_numbers: list["_Parameter"]) -> None:
    given = {ParamTypes.query: request.query_params, ParamTypes.path: request.path_params}
    wrong = [
        each.name
        for each in whole_numbers
        if (text := given[each.kind].get(each.name)) and not WHOLE_NUMBER.fullmatch(text)
    ]
    if wrong:
        raise ProblemError(
            INVALID_PARAMETER,
            f"{', '.join(wrong)}: a whole number has digits alone, such as 10",
            errors=[{"pointer": f"/{each}", "detail": "is no whole number"} for each in wrong],
        )


class _Parameter(NamedTuple):
    name: str
    kind: ParamTypes
    whole_number: bool


def _known(route: APIRoute, kind: ParamTypes) -> tuple[str, ...]:
    """The names of a route's parameters of one kind, its dependencies' included."""
    header = kind is ParamTypes.header
    known = [each.name for each in _parameters(route) if each.kind is kind]
    return tuple(name.lower() if header else name for name in known)


def _parameters(route: APIRoute) -> tuple[_Parameter, ...]:
    known = _PARAMETERS.get(route.endpoint)
    if known is None:  # a route itself cannot be a key
        known = tuple(
            _Parameter(field.alias, kind, whole_number=_is_whole_number(field.field_info))
            for field in get_flat_params(route.dependant)
            if (kind := getattr(field.field_info, "in_", None)) is not None
        )
        _PARAMETERS[route.endpoint] = known
    return known


def _is_whole_number(described: Any) -> bool:
    if described.in_ not in (ParamTypes.query, ParamTypes.path):
        return False
    waiting = [described.annotation]
    for each in waiting:  # grows as it goes
        if each is int:
            return True
        within = get_args(each)
        waiting += within[:1] if get_origin(each) is Annotated else within
    return False


_PARAMETERS: WeakKeyDictionary[Callable[..., Any], tuple[_Parameter, ...]] = WeakKeyDictionary()
"""By the function of the route, found once."""
