"""DKIM: a receiver that knows only the bytes and the public key finds the signature good."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from types import SimpleNamespace

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from services.notifier.channels.email import Mailbox, build_email
from services.notifier.channels.email.dkim import DkimKeyUnusable, DkimSigner
from services.notifier.channels.email.mime import BuiltEmail
from services.notifier.domain.emails import RenderedEmail
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


def dns_record(key: Key) -> bytes:
    """The public key as a receiver finds it (RFC 6376 § 3.6.1; Ed25519 by RFC 8463 § 4)."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return b"v=DKIM1; k=ed25519; p=" + b64encode(public.public_bytes_raw())
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b"v=DKIM1; k=rsa; p=" + b64encode(der)


class BareSignatureBad(Exception):
    """A bare Ed25519 signature does not belong to these bytes."""


class VerifyKey:
    """PyNaCl's class of this name, as far as dkimpy calls it; we have `cryptography` for that."""

    def __init__(self, key: bytes, encoder: object) -> None:
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(b64decode(key))

    def verify(self, data: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, data)
        except InvalidSignature as error:
            raise BareSignatureBad from error


@pytest.fixture(autouse=True)
def nacl(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let dkimpy check Ed25519 without PyNaCl: bytes, hashes and fields stay its own."""
    stand_in = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(ValueError=ValueError, BadSignatureError=BareSignatureBad),
    )
    monkeypatch.setattr(dkim, "nacl", stand_in, raising=False)


def holds(content: bytes, key: Key) -> bool:
    """Whether dkimpy, a receiver that we did not write, finds the signature good."""

    def dns(name: bytes, timeout: int = 0) -> bytes:
        assert name == b"k1._domainkey.musterbetrieb.example."
        return dns_record(key)

    try:
        return bool(dkim.DKIM(content).verify(dnsfunc=dns))
    except dkim.ValidationError:
        return False


def signed_names(content: bytes) -> list[str]:
    """The names of the signed headers, in order."""
    (value,) = re.findall(rb"\bh=([^;]*);", content.partition(b"\r\n\r\n")[0])
    return re.sub(r"\s", "", value.decode()).split(":")


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
def test_a_signature_holds_and_covers_the_way_out(key: Key) -> None:
    content = signed_by(key)
    assert holds(content, key)
    names = signed_names(content)
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
    assert not holds(content.replace(original, forged, 1), key)


LONG = "Ä" * 300
ODD: dict[str, BuiltEmail] = {
    "empty body": replace(ADVERTISING, body=b""),
    "blank lines alone": replace(ADVERTISING, body=b"\r\n\r\n\r\n"),
    "blank lines at the end": replace(ADVERTISING, body=b"Hallo\r\n\r\n\r\n"),
    "no line end at the end": replace(ADVERTISING, body=b"Hallo"),
    "blanks at the end of a line": replace(ADVERTISING, body=b"Hallo \t\r\n \r\n"),
    "blanks in front": replace(ADVERTISING, body=b"\r\n\r\n  Hallo\r\n"),
    "umlauts in names and subject": build_email(
        outgoing(
            sender=Mailbox(name="Müller & Söhne, Makler", address="post@musterbetrieb.example"),
            recipient=Mailbox(name="Jürgen Groß", address="juergen@example.org"),
            rendered=RenderedEmail(subject="Größe über Maß – „schön“", html="<p>ß</p>", text="ß"),
        )
    ),
    "a subject of many lines": build_email(
        outgoing(rendered=RenderedEmail(subject=LONG, html="<p>x</p>", text="x"))
    ),
    "a long address of the way out": build_email(
        outgoing(unsubscribe_url=f"https://kontakt.example/unsubscribe/{'a' * 900}")
    ),
    "blanks run together in a header": replace(
        ADVERTISING,
        headers=tuple(
            (name, f"  {value}\r\n \t " if name == "Subject" else value)
            for name, value in ADVERTISING.headers
        ),
    ),
}


@pytest.mark.parametrize("key", KEYS, ids=["rsa", "ed25519"])
@pytest.mark.parametrize("mail", ODD.values(), ids=list(ODD))
def test_a_signature_of_an_odd_mail_holds(key: Key, mail: BuiltEmail) -> None:
    signer = DkimSigner.from_pem(pem(key), domain="musterbetrieb.example", selector="k1")
    assert holds(signer.signed(mail).content(), key)


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
