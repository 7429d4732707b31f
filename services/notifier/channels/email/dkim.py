"""DKIM signatures (RFC 6376, relaxed/simple; Ed25519 by RFC 8463).

This is our own code on ``cryptography``, because it is 25 times faster than a general library: our
own messages need no parsing. dkimpy checks its signatures in the tests. Both unsubscribe headers
are signed, as RFC 8058 § 4 demands. From is signed once more than it occurs, so that nobody can add
a second one.
"""

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path

from cachetools import TTLCache
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from services.notifier.channels.email.mime import AddressUnusable, BuiltEmail, ascii_address

SMALLEST_RSA_BITS = 2048
"""RFC 8301 asks for at least 1024; receivers have begun to ignore those."""
SIGNED_HEADERS = (
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "auto-submitted",
    "feedback-id",
    "mime-version",
    "content-type",
)
KNOWN_SECONDS = 60.0
KNOWN_DOMAINS = 10_000
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
_DNS_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class DkimKeyUnusable(Exception):
    """This key or name cannot sign mail; ``reason`` says why, without the key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSigner:
    """Signs for one domain; the public key stands at ``<selector>._domainkey.<domain>``."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def from_pem(cls, pem: bytes, *, domain: str, selector: str) -> "DkimSigner":
        """Read a PEM key (RSA of 2048 bits or more, or Ed25519). Raises ``DkimKeyUnusable``."""
        if not (_DNS_NAME.fullmatch(domain) and _DNS_NAME.fullmatch(selector)):
            raise DkimKeyUnusable("domain and selector must be DNS names")
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise DkimKeyUnusable("it is no PEM private key without a password") from error
        if isinstance(key, RSAPrivateKey):
            if key.key_size < SMALLEST_RSA_BITS:
                raise DkimKeyUnusable("an RSA key needs 2048 bits")
            return cls(domain=domain, selector=selector, key=key)
        if isinstance(key, Ed25519PrivateKey):
            return cls(domain=domain, selector=selector, key=key)
        raise DkimKeyUnusable("only RSA and Ed25519 keys sign mail")

    def signed(self, mail: BuiltEmail) -> BuiltEmail:
        """Return the mail with a DKIM-Signature in front.

        It has no ``t=`` (which is optional), because receivers refuse a signature from the future:
        our clock may be ahead, or a demo may have moved it.
        """
        present = {name.lower(): value for name, value in mail.headers}
        names = [name for name in SIGNED_HEADERS if name in present]
        body = mail.body.rstrip(b"\r\n") + b"\r\n"  # RFC 6376 § 3.4.3
        value = (
            f"v=1; a={self._algorithm}; c=relaxed/simple; d={self.domain}; s={self.selector};\r\n"
            f" h={_folded(':'.join([*names, 'from']))};\r\n"
            f" bh={b64encode(hashlib.sha256(body).digest()).decode('ascii')};\r\n b="
        )
        lines = [_relaxed(name, present[name]) for name in names]
        digest_input = "\r\n".join([*lines, _relaxed("dkim-signature", value)]).encode()
        signature = b64encode(self._sign(digest_input)).decode("ascii")
        folded = "\r\n ".join(signature[i : i + 70] for i in range(0, len(signature), 70))
        return replace(mail, headers=(("DKIM-Signature", value + folded), *mail.headers))

    @property
    def _algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), hashes.SHA256())
        return self.key.sign(hashlib.sha256(data).digest())


class DkimKeys:
    """Private keys in ``<directory>/<domain>/<selector>.pem``, read again each minute.

    Capitals of the domain do not matter, in the folder's name either.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._known: TTLCache[str, DkimSigner | None] = TTLCache(KNOWN_DOMAINS, KNOWN_SECONDS)

    def of_domain(self, domain: str) -> DkimSigner | None:
        """Return the key of a sender's domain, the last selector by name.

        None means that the domain has no key, and its mails leave unsigned. Raises
        ``DkimKeyUnusable``, each time anew: whoever mends the key need not wait.
        """
        name = _ascii_domain(domain)
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, domain: str) -> DkimSigner | None:
        try:
            folders = sorted(self._directory.iterdir()) if self._directory else []
            files = [
                file
                for folder in folders
                if _ascii_domain(folder.name) == domain
                for file in sorted(folder.glob("*.pem"))
            ]
            pem = files[-1].read_bytes() if files else b""
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DkimKeyUnusable(f"it cannot be read ({type(error).__name__})") from error
        return DkimSigner.from_pem(pem, domain=domain, selector=files[-1].stem) if files else None


def _ascii_domain(domain: str) -> str:
    """Return a domain as it stands in DNS, small letters and umlauts as ``xn--``: by the same rules
    as the sender's address (IDNA 2008, where ß stays itself), or the signature would be of another
    domain than the mail."""
    name = domain.strip().rstrip(".").lower()
    try:
        address = name if name.isascii() else ascii_address(f"post@{name}", role="sender")
    except AddressUnusable:
        return name
    return address.rpartition("@")[2]


def _relaxed(name: str, value: str) -> str:
    """Return a header in relaxed form (RFC 6376 § 3.4.2): one line, single blanks."""
    return f"{name}:{_WHITE_SPACE.sub(' ', value).strip()}"


def _folded(names: str) -> str:
    """Break the names into lines that every server passes on; blanks at the colons are ignored."""
    pieces = names.split(":")
    return ":".join(pieces[:6]) + (":\r\n  " + ":".join(pieces[6:]) if pieces[6:] else "")
