"""Messages that cannot be prepared, and keys that cannot sign: none stays claimed for ever."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from services.notifier.channels.email import DkimKeys
from services.notifier.worker import jobs
from shared.turns import UNLIMITED
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours

DUE_NOW = "UPDATE message SET due_at = accepted_at WHERE agency_id = :agency"


def pem_of(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def ed25519_pem() -> bytes:
    return pem_of(ed25519.Ed25519PrivateKey.generate())


def short_key() -> bytes:
    return pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))


async def send_signed(notifier: Notifier, keys: DkimKeys) -> None:
    """Run the job with the keys of a folder."""
    composer = replace(notifier.resources.composer, dkim_keys=keys)
    (send,) = (
        job
        for job in jobs(replace(notifier.resources, composer=composer))
        if job.name == "send_emails"
    )
    await send.run(notifier.agency, UNLIMITED)


@pytest.mark.parametrize("broken", [short_key(), b"no key at all", b""], ids=["1024", "text", ""])
async def test_a_broken_key_lets_mails_wait_with_that_reason_until_it_is_mended(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path, broken: bytes
) -> None:
    for number in (1, 2, 3):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number) for number in (1, 2, 3)))
    folder = tmp_path / "dkim" / neighbours.sender.email.rpartition("@")[2]
    folder.mkdir(parents=True)
    (folder / "mail.pem").write_bytes(broken)
    keys = DkimKeys(tmp_path / "dkim")
    for _ in range(5):
        await send_signed(notifier, keys)
        await notifier.execute(DUE_NOW)
    assert set((await notifier.states()).values()) == {("accepted", "signing_key_unusable")}
    status = await notifier.get("/operations/status")
    assert [(each["reason"], each["count"]) for each in status["waiting"]] == [
        ("signing_key_unusable", 3)
    ]

    (folder / "mail.pem").write_bytes(pem_of(ed25519.Ed25519PrivateKey.generate()))
    await send_signed(notifier, keys)
    assert set((await notifier.states()).values()) == {("sent", None)}
    assert (await notifier.get("/operations/status"))["waiting"] == []


@pytest.mark.parametrize(
    "broken",
    ["template = 'no_such_template'", "data = '[]'", "data = '{\"articles\": 7}'"],
    ids=["template", "data", "value"],
)
async def test_a_poison_message_ends_failed_and_holds_back_no_other(
    notifier: Notifier, neighbours: Neighbours, broken: str
) -> None:
    for number in (1, 2, 3):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number) for number in (1, 2, 3)))
    await notifier.execute(
        f"UPDATE message SET {broken} WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    for _ in range(3):
        await notifier.work()
        await notifier.execute(f"{DUE_NOW} AND state = 'accepted'")
    states = await notifier.states()
    assert Counter(states.values())["sent", None] == 2
    state, reason = states["d-2"]
    assert state == "failed"
    assert reason in ("preparation_failed", "rendering_failed")
    assert await notifier.pending("send_emails") == []


async def test_a_sender_in_capitals_is_signed(
    notifier: Notifier, neighbours: Neighbours, tmp_path: Path
) -> None:
    folder = tmp_path / "dkim" / "testbetrieb.example"
    folder.mkdir(parents=True)
    (folder / "mail.pem").write_bytes(pem_of(ed25519.Ed25519PrivateKey.generate()))
    keys = DkimKeys(tmp_path / "dkim")
    for domain in ("Testbetrieb.EXAMPLE", "testbetrieb.example", "TESTBETRIEB.example."):
        signer = keys.of_domain(domain)
        assert signer is not None
        assert signer.domain == "testbetrieb.example"
    neighbours.sender = neighbours.sender.model_copy(update={"email": "Post@Testbetrieb.EXAMPLE"})
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    await send_signed(notifier, keys)
    assert (await notifier.states())["d-1"] == ("sent", None)


def test_a_domain_with_umlauts_finds_its_key_in_either_spelling(tmp_path: Path) -> None:
    folder = tmp_path / "Müller.example"
    folder.mkdir()
    (folder / "mail.pem").write_bytes(pem_of(ed25519.Ed25519PrivateKey.generate()))
    signer = DkimKeys(tmp_path).of_domain("xn--mller-kva.example")
    assert signer is not None
    assert signer.domain == "xn--mller-kva.example"
    assert DkimKeys(tmp_path).of_domain("other.example") is None
    assert DkimKeys(tmp_path / "missing").of_domain("other.example") is None
