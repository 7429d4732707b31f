"""Access: bearer tokens (JWT, EdDSA) checked offline, and the agency they speak for.

Scopes are ``noun:read`` or ``noun:write``; service tokens have ``agency: "*"`` and name the
agency of each call in the header ``Kundentakt-Agency``. Tokens are revoked by their ``jti``.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from shared.access import Claims, TokenRefused, is_agency
from shared.contracts.access import AGENCY_HEADER, EVERY_AGENCY, SCOPES
from shared.contracts.vocabulary import AgencyId
from shared.web.cursors import asks_for
from shared.web.problems import ProblemError, ProblemType

TOKEN_REFUSED = ProblemType("token-refused", 401, "The token is missing or not valid")
SCOPE_MISSING = ProblemType("scope-missing", 403, "The token does not allow this")
AGENCY_MISSING = ProblemType("agency-missing", 400, "A service token must name its agency")
AUTH_PROBLEMS = (TOKEN_REFUSED, SCOPE_MISSING, AGENCY_MISSING)

bearer = HTTPBearer(
    auto_error=False, bearerFormat="JWT", description="`kundentakt token` issues them"
)
agency_header = APIKeyHeader(
    name=AGENCY_HEADER, auto_error=False, description="service tokens name the agency here"
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, for which agency, and what they may do."""

    agency: AgencyId
    subject: str
    scopes: frozenset[str]
    service: bool


def refused(detail: str) -> ProblemError:
    """A 401 that says how to authenticate."""
    return ProblemError(TOKEN_REFUSED, detail, {"WWW-Authenticate": "Bearer"})


async def _caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    named_agency: Annotated[str | None, Security(agency_header)],
) -> Caller:
    if len(request.headers.getlist("authorization")) > 1:
        raise refused("the header Authorization stands more than once")
    if len(request.headers.getlist(AGENCY_HEADER)) > 1:
        raise ProblemError(AGENCY_MISSING, f"the header {AGENCY_HEADER} stands more than once")
    if credentials is None:
        raise refused("send `Authorization: Bearer …` with a token of this installation")
    resources = request.app.state.resources
    try:
        claims: Claims = resources.tokens.claims(credentials.credentials)
    except TokenRefused as refusal:
        raise refused(str(refusal)) from None
    if await resources.revocations.includes(claims.agency, claims.jti):
        raise refused("the token was revoked; ask for a new one")
    service = claims.agency == EVERY_AGENCY
    agency = (named_agency or EVERY_AGENCY) if service else claims.agency
    if not is_agency(agency):
        raise ProblemError(AGENCY_MISSING, f"{AGENCY_HEADER} holds no agency id")
    if named_agency and named_agency != agency:
        raise ProblemError(SCOPE_MISSING, f"the token is of another agency than {AGENCY_HEADER}")
    caller = Caller(agency=agency, subject=claims.subject, scopes=claims.scopes, service=service)
    request.state.caller = caller  # for the log of requests
    asks_for(agency, request.scope["path"], request.query_params.multi_items())
    return caller


def requires(*scopes: str, every_agency: bool = False) -> Any:
    """The dependency of a route: a caller whose token has all of ``scopes``.

    ``every_agency`` admits service tokens that name no agency (feed heads); all other routes
    need one.
    """
    unknown = set(scopes) - set(SCOPES)
    if unknown:
        raise ValueError(f"unknown scopes {unknown}")

    # `Security` instead of `Depends`, so that the scopes appear in OpenAPI.
    async def check(caller: Annotated[Caller, Security(_caller, scopes=list(scopes))]) -> Caller:
        missing = [scope for scope in scopes if scope not in caller.scopes]
        if missing:
            raise ProblemError(SCOPE_MISSING, f"the token lacks the scope {', '.join(missing)}")
        if every_agency and not caller.service:
            raise ProblemError(SCOPE_MISSING, "only service tokens may ask across agencies")
        if not every_agency and caller.agency == EVERY_AGENCY:
            raise ProblemError(AGENCY_MISSING, f"name the agency in the header {AGENCY_HEADER}")
        return caller

    return Depends(check)
