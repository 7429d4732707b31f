"""Servers that offer less than usual: what is not offered is not used, and nothing is lost."""

import asyncio
from email import message_from_string
from email.policy import SMTPUTF8
from pathlib import Path

import pytest

from services.notifier.channels.email import (
    AddressNotCarried,
    Mailbox,
    PermanentFailure,
    Sent,
    SmtpSender,
    TransientFailure,
    build_email,
)
from services.notifier.channels.email.dkim import DkimKeys
from services.notifier.channels.email.mime import AddressUnusable
from services.notifier.domain.emails import RenderedEmail
from tests.notifier.email.examples import outgoing
from tests.notifier.email.servers import (
    Behaviour,
    HungUp,
    Reader,
    Server,
    Writer,
    answer,
    answering,
    listening,
)
from tests.notifier.test_broken_messages import ed25519_pem

UMLAUTS = build_email(
    outgoing(
        sender=Mailbox(name="Müller & Söhne", address="post@müller.example"),
        recipient=Mailbox(name="Jürgen Groß", address="juergen@straße.example"),
        rendered=RenderedEmail(subject="Grüße", html="<p>Schöne Grüße</p>", text="Grüße\n"),
    )
)


def sender(server: Server, *, starttls: str = "none", login: str = "") -> SmtpSender:
    url = f"smtp://{login}127.0.0.1:{server.port}?starttls={starttls}"
    return SmtpSender(url, connections=1, answer_seconds=0.5, local_hostname="mail.example")


def verbs(server: Server) -> list[bytes]:
    return [command[:4].upper() for command in server.commands]


@pytest.mark.parametrize("greeting", [b"250 hello", b"250-hello\r\n250 PIPELINING"])
async def test_no_password_and_no_mail_leave_where_encryption_is_required_and_not_offered(
    greeting: bytes,
) -> None:
    async with (
        listening(answering(b"EHLO", greeting)) as server,
        sender(server, starttls="required", login="user:geheim@") as smtp,
    ):
        outcome = await smtp.send(UMLAUTS)
    assert isinstance(outcome, TransientFailure)
    assert not outcome.reached, "all mails wait, and none counts an attempt"
    assert "STARTTLS" in outcome.text
    assert set(verbs(server)) <= {b"EHLO", b"QUIT"}
    assert not any(b"geheim" in command for command in server.commands)


async def test_a_mail_with_umlauts_needs_neither_8bitmime_nor_smtputf8_nor_pipelining() -> None:
    waiting = 0

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        nonlocal waiting
        waiting += len(reader._buffer)  # type: ignore[attr-defined]  # what came before it was asked for
        return False

    async with listening(behave) as server, sender(server) as smtp:
        assert isinstance(await smtp.send(UMLAUTS), Sent)
    assert waiting == 0, "each command waits for the answer to the one before"
    assert b"MAIL FROM:<post@xn--mller-kva.example>" in server.commands
    assert b"RCPT TO:<juergen@xn--strae-oqa.example>" in server.commands
    (message,) = server.messages
    assert message.isascii()
    assert max(len(line) for line in message.split(b"\r\n")) < 998


BEFORE_THE_AT = build_email(outgoing(recipient=Mailbox(name="J", address="jürgen@straße.example")))


async def test_an_umlaut_before_the_at_sign_leaves_where_the_server_carries_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "müller.example").mkdir()
    (tmp_path / "müller.example" / "mail.pem").write_bytes(ed25519_pem())
    signer = DkimKeys(tmp_path).of_domain("müller.example")
    assert signer is not None
    offer = answering(b"EHLO", b"250-hello\r\n250-8BITMIME\r\n250 SMTPUTF8")
    async with listening(offer) as server, sender(server) as smtp:
        assert isinstance(await smtp.send(signer.signed(BEFORE_THE_AT)), Sent)
        assert isinstance(await smtp.send(UMLAUTS), Sent)
    assert "RCPT TO:<jürgen@straße.example>".encode() in server.commands
    mails = [command for command in server.commands if command.startswith(b"MAIL")]
    assert [mail.endswith(b" BODY=8BITMIME SMTPUTF8") for mail in mails] == [True, False]
    read = message_from_string(server.messages[0].decode(), policy=SMTPUTF8)
    assert [each.addr_spec for each in read["To"].addresses] == ["jürgen@straße.example"]


async def test_an_umlaut_before_the_at_sign_fails_this_message_alone() -> None:
    async with listening(answering(b"EHLO", b"250 hello")) as server, sender(server) as smtp:
        assert isinstance(await smtp.send(BEFORE_THE_AT), AddressNotCarried)
        assert isinstance(await smtp.send(UMLAUTS), Sent)
    assert (server.connections, verbs(server).count(b"MAIL")) == (1, 1)


def test_a_sender_whom_not_everybody_can_answer_writes_nothing_and_a_colleague_by_the_agency() -> (
    None
):
    with pytest.raises(AddressUnusable) as refused:
        build_email(outgoing(sender=Mailbox(name="J", address="jürgen@example.org")))
    assert refused.value.role == "sender"
    colleague = Mailbox(name="Jörg", address="jörg@example.org")
    assert "Reply-To" not in dict(build_email(outgoing(reply_to=colleague)).headers)


@pytest.mark.parametrize("told", [b"SIZE", b"SIZE 0", b"SIZE many", b"size 9999999"])
async def test_a_mail_within_the_size_that_a_server_tells_leaves(told: bytes) -> None:
    async with (
        listening(answering(b"EHLO", b"250-hello\r\n250 " + told)) as server,
        sender(server) as smtp,
    ):
        assert isinstance(await smtp.send(UMLAUTS), Sent)


async def test_a_mail_that_is_larger_than_the_server_takes_is_not_handed_over() -> None:
    async with (
        listening(answering(b"EHLO", b"250-hello\r\n250 SIZE 1200")) as server,
        sender(server) as smtp,
    ):
        large = build_email(
            outgoing(rendered=RenderedEmail(subject="a", html="<p>a</p>", text="Zeile\n" * 900))
        )
        small = build_email(
            outgoing(rendered=RenderedEmail(subject="a", html="<p>a</p>", text="a"))
        )
        outcome = await smtp.send(large)
        assert isinstance(outcome, PermanentFailure)
        assert (outcome.culprit, outcome.code) == ("message", 552)
        assert isinstance(await smtp.send(small), Sent), "the connection is still good"
    assert (server.connections, verbs(server).count(b"MAIL"), len(server.messages)) == (1, 1, 1)


def closing_with_421_at(wanted: bytes, *, message: int) -> Behaviour:
    """Ends the session at one command of the n-th message, counted over all connections."""
    seen = 0

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        nonlocal seen
        seen += verb == wanted
        if verb != wanted or seen != message:
            return False
        await answer(writer, b"421 4.3.2 shutting down")
        raise HungUp

    return behave


@pytest.mark.parametrize("at", [b"MAIL", b"RCPT", b"DATA"])
async def test_a_server_that_ends_the_session_in_between_costs_no_mail(at: bytes) -> None:
    async with (
        listening(closing_with_421_at(at, message=2)) as server,
        sender(server) as smtp,
    ):
        outcomes = [await smtp.send(UMLAUTS) for _ in range(3)]
    assert [isinstance(each, Sent) for each in outcomes] == [True, at == b"MAIL", True]
    if at != b"MAIL":
        assert isinstance(outcomes[1], TransientFailure)
        assert outcomes[1].code == 421
    assert server.connections == 2
    assert len(server.messages) == sum(isinstance(each, Sent) for each in outcomes)


@pytest.mark.parametrize("closes", [False, True])
async def test_who_says_yes_to_everything_and_takes_nothing_has_taken_nothing(
    *, closes: bool
) -> None:
    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        await answer(writer, b"250 ok")
        if verb == b"DATA" and closes:
            raise HungUp
        return True

    async with listening(behave) as server, sender(server) as smtp:
        for _ in range(2):
            outcome = await asyncio.wait_for(smtp.send(UMLAUTS), 10)
            assert isinstance(outcome, TransientFailure)
    assert not any(b"Gr=C3=BC" in command for command in server.commands), "no body was sent"


@pytest.mark.parametrize(
    ("folder", "address", "domain"),
    [
        ("müller.example", "post@MÜLLER.example", "xn--mller-kva.example"),
        ("XN--MLLER-KVA.example", "post@müller.example", "xn--mller-kva.example"),
        ("straße.example", "post@Straße.example", "xn--strae-oqa.example"),
        ("xn--strae-oqa.example", "post@straße.example.", "xn--strae-oqa.example"),
        ("Testbetrieb.Example", "Post@TESTBETRIEB.EXAMPLE", "testbetrieb.example"),
    ],
)
def test_a_mail_is_signed_by_the_domain_that_its_sender_has(
    tmp_path_factory: pytest.TempPathFactory, folder: str, address: str, domain: str
) -> None:
    keys = tmp_path_factory.mktemp("dkim")
    (keys / folder).mkdir()
    (keys / folder / "mail.pem").write_bytes(ed25519_pem())
    signer = DkimKeys(keys).of_domain(address.rpartition("@")[2])
    assert signer is not None
    mail = build_email(outgoing(sender=Mailbox(name="M", address=address.rstrip("."))))
    assert mail.envelope_from.lower().rpartition("@")[2] == domain == signer.domain
    assert f"d={domain};" in dict(signer.signed(mail).headers)["DKIM-Signature"]


def test_a_domain_with_ss_is_another_one_than_that_with_the_sharp_s(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    keys = tmp_path_factory.mktemp("dkim")
    (keys / "strasse.example").mkdir()
    (keys / "strasse.example" / "mail.pem").write_bytes(ed25519_pem())
    assert DkimKeys(keys).of_domain("straße.example") is None
