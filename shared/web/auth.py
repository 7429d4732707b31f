"""Access: bearer tokens (JWT, EdDSA) checked offline, and the agency they speak for.

Scopes are ``noun:read`` or ``noun:write``; service tokens have ``agency: "*"`` and name the
agency of each call in the header ``Kundentakt-Agency``. Tokens are revoked by their ``jti``.
"""

import json
import re
import time
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.web.problems import ProblemError, ProblemType

AGENCY_HEADER = "Kundentakt-Agency"
EVERY_AGENCY = "*"
REVOCATIONS_KNOWN_SECONDS = 5.0
_AGENCY = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")

TOKEN_REFUSED = ProblemType("token-refused", 401, "The token is missing or not valid")
SCOPE_MISSING = ProblemType("scope-missing", 403, "The token does not allow this")
AGENCY_MISSING = ProblemType("agency-missing", 400, "A service token must name its agency")
AUTH_PROBLEMS = (TOKEN_REFUSED, SCOPE_MISSING, AGENCY_MISSING)

SCOPES: dict[str, str] = {
    "customers:read": "read customers, contracts, consents and classifications",
    "customers:write": "write customers, contracts, commissions, interactions, imports",
    "policies:write": "create and activate policies, run reclassifications",
    "agency:write": "change the agency's settings and webhook secrets",
    "plan:read": "read plan, touchpoints, staff and capacity",
    "plan:write": "run days, end tasks, change staff and catalogue",
    "messages:read": "read messages and print runs",
    "messages:write": "dispatch and cancel messages, approve print runs",
    "changes:read": "follow the change feed",
    "contacts:read": "look up names and addresses for dispatch (services only)",
    "operations": "status, parked changes, redrive, revocation",
}

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


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    agency: str
    subject: str
    scopes: frozenset[str]
    jti: str


class TokenVerifier:
    """Checks tokens against a set of public keys; several stand side by side during rotation."""

    def __init__(self, jwks: str) -> None:
        keys = json.loads(jwks)["keys"]
        self._keys = {key["kid"]: jwt.PyJWK(key, algorithm="EdDSA").key for key in keys}

    def claims(self, token: str) -> Claims:
        """The token's claims; raises a 401 problem where anything about it is not right."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            payload = jwt.decode(
                token,
                self._keys[kid],
                algorithms=["EdDSA"],
                options={"require": ["exp", "jti", "agency", "scopes", "sub"]},
            )
            return Claims(
                agency=str(payload["agency"]),
                subject=str(payload["sub"]),
                scopes=frozenset(str(scope) for scope in payload["scopes"]),
                jti=str(payload["jti"]),
            )
        except jwt.ExpiredSignatureError:
            raise refused("the token has expired; ask for a new one") from None
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise refused("the token is not valid here") from None


class Revocations:
    """Revoked tokens of each agency, read from the service's own database every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, frozenset[str]]] = {}

    async def includes(self, agency: str, jti: str) -> bool:
        """Whether this token was revoked at least a few seconds ago."""
        read_at, revoked = self._known.get(agency, (-1e9, frozenset()))
        if time.monotonic() - read_at > REVOCATIONS_KNOWN_SECONDS:
            async with self._database.transaction(agency) as transaction:
                rows = await transaction.execute(
                    "SELECT jti FROM revoked_token WHERE agency_id = :agency"
                )
                revoked = frozenset(rows.scalars())
            self._known[agency] = (time.monotonic(), revoked)
        return jti in revoked

    async def revoke(self, agency: str, jti: str) -> None:
        """Refuse this token from now on; other processes learn it within seconds."""
        async with self._database.transaction(agency) as transaction:
            await transaction.execute(
                """
                INSERT INTO revoked_token (agency_id, jti) VALUES (:agency, :jti)
                ON CONFLICT DO NOTHING
                """,
                {"jti": jti},
            )
        self._known.pop(agency, None)


def refused(detail: str) -> ProblemError:
    """A 401 that says how to authenticate."""
    return ProblemError(TOKEN_REFUSED, detail, {"WWW-Authenticate": "Bearer"})


async def _caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    named_agency: Annotated[str | None, Security(agency_header)],
) -> Caller:
    if credentials is None:
        raise refused("send `Authorization: Bearer …` with a token of this installation")
    resources = request.app.state.resources
    claims: Claims = resources.tokens.claims(credentials.credentials)
    if await resources.revocations.includes(claims.agency, claims.jti):
        raise refused("the token was revoked; ask for a new one")
    service = claims.agency == EVERY_AGENCY
    agency = (named_agency or EVERY_AGENCY) if service else claims.agency
    if agency != EVERY_AGENCY and not _AGENCY.match(agency):
        raise ProblemError(AGENCY_MISSING, f"{AGENCY_HEADER} holds no agency id")
    return Caller(agency=agency, subject=claims.subject, scopes=claims.scopes, service=service)


def requires(*scopes: str, every_agency: bool = False) -> Any:
    """The dependency of a route: a caller whose token has all of ``scopes``.

    ``every_agency`` admits service tokens that name no agency (feed heads); all other routes
    need one.
    """
    unknown = set(scopes) - set(SCOPES)
    if unknown:
        raise ValueError(f"unknown scopes {unknown}")

    # As OpenAPI tells which scopes a call needs: FastAPI writes them to what is asked below.
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
