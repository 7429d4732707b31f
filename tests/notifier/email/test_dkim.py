"""DKIM: a receiver that knows only the bytes and the public key finds the signature good."""

import hashlib
import re
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from services.notifier.channels.email import build_email
from services.notifier.channels.email.dkim import DkimKeyUnusable, DkimSigner
from tests.notifier.email.examples import UNSUBSCRIBE, outgoing

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
KEYS: list[Key] = [
    rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ed25519.Ed25519PrivateKey.generate(),
]
ADVERTISING = build_email(outgoing(unsubscribe_url=UNSUBSCRIBE))


def pem(key: Key | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def signed_by(key: Key) -> bytes:
    signer = DkimSigner.from_pem(pem(key), domain="musterbetrieb.example", selector="k1")
    return signer.signed(ADVERTISING).content()


def verify(content: bytes, key: Key) -> list[str]:
    """Check as RFC 6376 § 6.1.3 says, from the bytes alone; returns the names that are signed."""
    head, _, body = content.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head)
    named = [(f.split(b":", 1)[0].lower(), f.split(b":", 1)[1]) for f in fields]
    signature = dict(named)[b"dkim-signature"]
    tags = {
        key.strip(): re.sub(rb"\s", b"", value)
        for key, value in (tag.split(b"=", 1) for tag in signature.split(b";"))
    }
    simple = re.sub(rb"(\r\n)*\Z", b"", body) + b"\r\n"
    if b64decode(tags[b"bh"]) != hashlib.sha256(simple).digest():
        raise InvalidSignature
    names, unused = tags[b"h"].split(b":"), list(named)
    data = b""
    for name in names:
        place = max((i for i, (n, _) in enumerate(unused) if n == name), default=None)
        if place is not None:
            data += relaxed(*unused.pop(place)) + b"\r\n"
    data += relaxed(b"dkim-signature", re.sub(rb"\bb=[^;]*\Z", b"b=", signature))
    if isinstance(key, rsa.RSAPrivateKey):
        key.public_key().verify(b64decode(tags[b"b"]), data, PKCS1v15(), hashes.SHA256())
    else:
        key.public_key().verify(b64decode(tags[b"b"]), hashlib.sha256(data).digest())
    return [name.decode() for name in names]


def relaxed(name: bytes, value: bytes) -> bytes:
    return name + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
def test_a_signature_holds_and_covers_the_way_out(key: Key) -> None:
    names = verify(signed_by(key), key)
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} <= set(names)
    assert names.count("from") == 2, "a second From, added on the way, would break it"


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
@pytest.mark.parametrize(
    ("original", "forged"),
    [
        (b"Sch=C3=B6ne", b"B=C3=B6se=20"),
        (b"kontakt.example/unsubscribe", b"evil.example/unsubscribe000"),
        (b"\r\nFrom: ", b"\r\nFrom: <a@evil.example>\r\nFrom: "),
    ],
)
def test_what_was_changed_on_the_way_is_noticed(key: Key, original: bytes, forged: bytes) -> None:
    content = signed_by(key)
    assert original in content
    with pytest.raises(InvalidSignature):
        verify(content.replace(original, forged, 1), key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (b"no key at all", "no PEM"),
        (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), "2048 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "only RSA and Ed25519"),
    ],
)
def test_a_key_that_receivers_would_ignore_is_refused(key: bytes, reason: str) -> None:
    with pytest.raises(DkimKeyUnusable, match=reason):
        DkimSigner.from_pem(key, domain="musterbetrieb.example", selector="k1")
