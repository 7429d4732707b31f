"""Tokens as the front door issues them and the services check them."""

import stat
from datetime import timedelta
from time import sleep, time
from typing import Any

import jwt
import pytest

from kundentakt.cli.keys import SigningKey, _new_jwk
from kundentakt.supervisor.installation import Installation
from shared.access import Claims, TokenRefused, TokenVerifier


def test_a_token_says_to_the_services_what_it_was_issued_for() -> None:
    with Installation.temporary() as installation:
        key = SigningKey.of(installation)
        token = key.issue_token(
            agency="harz", scopes=["plan:read"], subject="anna", lifetime=timedelta(days=1)
        )
        claims = TokenVerifier(SigningKey.of(installation).public_jwks()).claims(token)
        assert (claims.agency, claims.scopes, claims.subject) == (
            "harz",
            frozenset({"plan:read"}),
            "anna",
        )


def test_an_expired_token_and_one_of_another_installation_are_refused() -> None:
    with Installation.temporary() as installation, Installation.temporary() as stranger:
        key, other = SigningKey.of(installation), SigningKey.of(stranger)
        verifier = TokenVerifier(key.public_jwks())
        for signer, lifetime in ((key, timedelta(seconds=-1)), (other, timedelta(days=1))):
            token = signer.issue_token(agency="*", scopes=[], subject="x", lifetime=lifetime)
            with pytest.raises(TokenRefused):
                verifier.claims(token)


@pytest.mark.parametrize(
    "said",
    [
        {"subject": "anna\n"}, {"subject": "\x1b[31m"}, {"subject": "x" * 201}, {"subject": ""},
        {"subject": "anna\x85b"}, {"subject": "anna\u2028b"}, {"subject": "anna\u2029"},
        {"agency": "harz\n"}, {"agency": "Harz"},
    ],
)  # fmt: skip
def test_a_signed_token_that_names_nobody_or_ends_beyond_all_time_is_refused(
    said: dict[str, Any],
) -> None:
    with Installation.temporary() as installation:
        key = SigningKey.of(installation)
        claims: dict[str, Any] = {"agency": "harz", "subject": "x", "lifetime": timedelta(days=1)}
        claims |= said
        with pytest.raises(TokenRefused):
            TokenVerifier(key.public_jwks()).claims(key.issue_token(scopes=[], **claims))


def test_a_signed_token_that_ends_beyond_all_numbers_is_refused() -> None:
    jwk = _new_jwk()
    soon = time() + 60
    for said in (
        {"exp": 10**400}, {"exp": 10**30}, {"exp": 10**10}, {"exp": float("inf")},
        {"exp": float("nan")}, {"exp": "1e30"}, {"exp": soon + 3_662 * 86_400},
    ):  # fmt: skip
        with pytest.raises(TokenRefused):
            _verified(jwk, said)
    assert _verified(jwk, {"exp": soon + 3_660 * 86_400}).subject == "x"


@pytest.mark.parametrize(
    "jti", ["", "seven77", "x" * 101, "one line\nmore", 12345678, None, ["12345678"]]
)
def test_a_signed_token_that_could_not_be_revoked_is_refused(jti: Any) -> None:
    with pytest.raises(TokenRefused):
        _verified(_new_jwk(), {"jti": jti})


@pytest.mark.parametrize("jti", ["12345678", "ä" * 100])
def test_a_signed_token_that_can_be_revoked_is_taken(jti: str) -> None:
    assert _verified(_new_jwk(), {"jti": jti}).jti == jti


def _verified(jwk: dict[str, Any], said: dict[str, Any]) -> Claims:
    claims = {
        "agency": "harz", "scopes": [], "sub": "x", "jti": "12345678", "exp": time() + 60, **said
    }  # fmt: skip
    signed = jwt.encode(
        claims, jwt.PyJWK(jwk, algorithm="EdDSA"), algorithm="EdDSA", headers={"kid": jwk["kid"]}
    )
    return TokenVerifier(SigningKey(jwk).public_jwks()).claims(signed)


@pytest.mark.parametrize(
    "scopes", ["operations", {"operations": True}, [["operations"]], [1], None]
)
def test_a_signed_token_whose_scopes_are_no_list_of_texts_is_refused(scopes: Any) -> None:
    with pytest.raises(TokenRefused, match=r"scopes|not valid here"):
        _verified(_new_jwk(), {"scopes": scopes})


def test_a_token_that_was_accepted_is_refused_from_its_end_on() -> None:
    with Installation.temporary() as installation:
        key = SigningKey.of(installation)
        verifier = TokenVerifier(key.public_jwks())
        token = key.issue_token(
            agency="harz", scopes=[], subject="x", lifetime=timedelta(seconds=1)
        )
        assert verifier.claims(token) == verifier.claims(token)
        sleep(1.1)
        with pytest.raises(TokenRefused, match="has expired"):
            verifier.claims(token)


def test_the_private_key_stays_in_a_file_of_its_owner() -> None:
    with Installation.temporary() as installation:
        jwks = SigningKey.of(installation).public_jwks()
        assert '"d"' not in jwks
        (file,) = installation.secrets.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
