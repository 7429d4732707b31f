"""The key that signs access tokens. Services know its public half alone (RFC 8037, Ed25519)."""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from kundentakt.supervisor.installation import Installation, write_private

_KEPT_AS = "signing-key.json"


class SigningKey:
    """One private key as a JWK, kept below `var/` and readable by its owner alone."""

    def __init__(self, jwk: dict[str, Any]) -> None:
        self._jwk = jwk

    @classmethod
    def of(cls, installation: Installation) -> "SigningKey":
        """The key of this installation, made on first use."""
        path = installation.secrets / _KEPT_AS
        if not path.is_file():
            write_private(path, json.dumps(_new_jwk()), replace=False)
        return cls(json.loads(path.read_text()))

    @classmethod
    def exists(cls, installation: Installation) -> bool:
        """Whether this installation has a key already; to look must not make one."""
        return (installation.secrets / _KEPT_AS).is_file()

    def issue_token(
        self, *, agency: str, scopes: Sequence[str], subject: str, lifetime: timedelta
    ) -> str:
        """Return a bearer token; agency `*` is for services, which name the agency in each call.

        Issued and expiring in real time, whatever KUNDENTAKT_NOW says.
        """
        issued = datetime.now(UTC)
        claims = {
            "agency": agency,
            "scopes": sorted(set(scopes)),
            "sub": subject,
            "iat": issued,
            "exp": issued + lifetime,
            "jti": secrets.token_urlsafe(16),
        }
        key = jwt.PyJWK(self._jwk, algorithm="EdDSA")
        return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": self._jwk["kid"]})

    def public_jwks(self) -> str:
        """The JWK set for TOKEN_KEYS, without the private part."""
        public = {name: value for name, value in self._jwk.items() if name != "d"}
        return json.dumps({"keys": [public]}, separators=(",", ":"))


def _new_jwk() -> dict[str, Any]:
    jwk = dict(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True))
    jwk.pop("key_ops", None)
    # The thumbprint of RFC 7638: the same key always has the same id.
    required = {name: jwk[name] for name in ("crv", "kty", "x")}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=")
    return {**jwk, "kid": digest.decode(), "alg": "EdDSA", "use": "sig"}
