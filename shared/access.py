"""Bearer tokens (JWT, EdDSA), checked offline, and the list of those that were revoked.

The list is SQL text, as all statements of the kernel (`shared/db/kernel_tables.py`).
"""

import json
import re
import time
from dataclasses import dataclass

import jwt
from cachetools import LRUCache, TTLCache

from shared.contracts.access import (
    EVERY_AGENCY,
    LONGEST_JTI,
    LONGEST_TOKEN_DAYS,
    SHORTEST_JTI,
)
from shared.db.database import Database

REVOCATIONS_KNOWN_SECONDS = 5.0
AGENCIES_KNOWN = 10_000
"""Agencies whose list a process remembers; of more the longest unused is read anew."""
TOKENS_KNOWN = 1_000
"""Tokens whose signature a process remembers; checking one takes as long as reading the feed."""
_LONGEST_SECONDS = (LONGEST_TOKEN_DAYS + 1) * 86_400
"""One day more, because the clock of whoever issues may be ahead of the service's."""
_AGENCY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = re.compile(r"[^\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]{1,200}")
"""One line of text: readers of logs also end a line at U+0085, U+2028 and U+2029."""


def is_agency(named: object) -> bool:
    """Whether a token may be issued for this: an agency's id, or every agency."""
    return isinstance(named, str) and (named == EVERY_AGENCY or bool(_AGENCY.fullmatch(named)))


def is_name(said: object) -> bool:
    """Whether this may be a token's subject or id: both are logged, and stored with orders."""
    return isinstance(said, str) and bool(_NAME.fullmatch(said))


def is_revocable(jti: object) -> bool:
    """Whether the list of revoked tokens can take this id."""
    return is_name(jti) and SHORTEST_JTI <= len(str(jti)) <= LONGEST_JTI


class TokenRefused(Exception):
    """The token is not valid here; the message says what to do."""


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
        self._verified: LRUCache[str, tuple[Claims, float]] = LRUCache(maxsize=TOKENS_KNOWN)

    def claims(self, token: str) -> Claims:
        """Returns the token's claims; raises TokenRefused if anything about it is wrong."""
        known = self._verified.get(token)
        if known is None:
            known = self._verified[token] = self._verify(token)
        claims, ends = known
        if ends <= time.time():
            raise _expired()
        return claims

    def _verify(self, token: str) -> tuple[Claims, float]:
        """The claims, and when they end in seconds since 1970."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            payload = jwt.decode(
                token,
                self._keys[kid],
                algorithms=["EdDSA"],
                options={"require": ["exp", "jti", "agency", "scopes", "sub"]},
            )
            if not is_agency(payload["agency"]):
                raise TokenRefused("the token names no agency")
            if not is_name(payload["sub"]):
                raise TokenRefused("sub of a token is one line of 1 to 200 characters")
            if not is_revocable(payload["jti"]):
                raise TokenRefused(
                    f"jti of a token is one line of {SHORTEST_JTI} to {LONGEST_JTI} characters; "
                    "another could not be revoked"
                )
            ends = float(payload["exp"])
            if ends > time.time() + _LONGEST_SECONDS:
                raise TokenRefused(f"the token ends more than {LONGEST_TOKEN_DAYS} days from now")
            scopes = payload["scopes"]
            if not isinstance(scopes, list) or not all(isinstance(each, str) for each in scopes):
                raise TokenRefused("scopes of a token are a list of texts")
            claims = Claims(
                agency=payload["agency"],
                subject=payload["sub"],
                scopes=frozenset(scopes),
                jti=payload["jti"],
            )
            return claims, ends
        except jwt.ExpiredSignatureError:
            raise _expired() from None
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError):
            raise TokenRefused("the token is not valid here") from None


def _expired() -> TokenRefused:
    return TokenRefused("the token has expired; ask for a new one")


class Revocations:
    """Revoked tokens of each agency, read from the service's own database every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: TTLCache[str, frozenset[str]] = TTLCache(
            maxsize=AGENCIES_KNOWN, ttl=REVOCATIONS_KNOWN_SECONDS
        )

    async def includes(self, agency: str, jti: str) -> bool:
        """Whether this token was revoked at least a few seconds ago."""
        revoked = self._known.get(agency)
        if revoked is None:
            async with self._database.transaction(agency) as transaction:
                rows = await transaction.execute(
                    "SELECT jti FROM revoked_token WHERE agency_id = :agency"
                )
                revoked = frozenset(rows.scalars())
            self._known[agency] = revoked
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
