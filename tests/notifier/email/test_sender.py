"""Handing mail over to servers that misbehave: what may be said of the message afterwards."""

import asyncio
import socket

import pytest

from services.notifier.channels.email import (
    BuiltEmail,
    Outcome,
    PermanentFailure,
    Sent,
    SmtpSender,
    SmtpUrlInvalid,
    TransientFailure,
    UnknownOutcome,
    build_email,
)
from services.notifier.channels.email.endpoint import read_smtp_url
from services.notifier.domain.emails import RenderedEmail
from tests.notifier.email.examples import outgoing
from tests.notifier.email.servers import (
    Behaviour,
    Server,
    after_the_dot,
    answer,
    answering,
    certified,
    hanging_at,
    in_the_middle,
    listening,
)

SHORT = build_email(outgoing())
LARGE = build_email(
    outgoing(rendered=RenderedEmail(subject="Groß", html="<p>a</p>", text="Zeile\n" * 3_000_000))
)
"""Larger than what the kernel buffers on both sides, so that its end waits for the reader."""


def sender(server: Server, *, connections: int = 1) -> SmtpSender:
    return SmtpSender(
        server.url, connections=connections, answer_seconds=0.3, local_hostname="localhost"
    )


async def outcome_of(behaviour: Behaviour, mail: BuiltEmail = SHORT) -> Outcome:
    async with listening(behaviour) as server, sender(server) as smtp:
        return await smtp.send(mail)


async def test_a_mail_taken_over_is_sent_and_arrives_byte_for_byte() -> None:
    dots = build_email(
        outgoing(rendered=RenderedEmail(subject="a", html=".\n..\n<p>.</p>", text=".\n.."))
    )
    async with listening() as server, sender(server) as smtp:
        assert await smtp.send(dots) == Sent("2.0.0 queued as 4711")
        received = server.messages[0].removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        assert received == dots.content()


async def test_connections_are_kept_and_no_more_are_opened_than_allowed() -> None:
    async with listening() as server, sender(server, connections=2) as smtp:
        outcomes = await asyncio.gather(*(smtp.send(SHORT) for _ in range(20)))
        assert all(isinstance(outcome, Sent) for outcome in outcomes)
        assert len(server.messages) == 20
        assert server.connections == 2


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (
            answering(b"RCPT", b"550 5.1.1 no such user"),
            PermanentFailure(550, "5.1.1 no such user", "recipient"),
        ),
        (
            answering(b"RCPT", b"550 user unknown"),
            PermanentFailure(550, "user unknown", "recipient"),
        ),
        (
            answering(b"RCPT", b"554 5.7.1 relaying denied"),
            PermanentFailure(554, "5.7.1 relaying denied", "sender"),
        ),
        (
            answering(b"RCPT", b"452 4.2.2 mailbox full"),
            TransientFailure(452, "4.2.2 mailbox full"),
        ),
        (
            answering(b"MAIL", b"550 not you"),
            PermanentFailure(550, "not you", "sender"),
        ),
        (answering(b"MAIL", b"451 greylisted"), TransientFailure(451, "greylisted")),
        (answering(b"DATA", b"451 not now"), TransientFailure(451, "not now")),
        (answering(b"DATA", b"554 no"), PermanentFailure(554, "no", "message")),
        (after_the_dot(b"554 spam"), PermanentFailure(554, "spam", "message")),
        (
            after_the_dot(b"550 5.7.515 no DMARC"),
            PermanentFailure(550, "5.7.515 no DMARC", "sender"),
        ),
        (after_the_dot(b"451 disk full"), TransientFailure(451, "disk full")),
        (after_the_dot(b"421 shutting down"), TransientFailure(421, "shutting down")),
    ],
)
async def test_what_the_server_answers_is_believed(behaviour: Behaviour, expected: Outcome) -> None:
    assert await outcome_of(behaviour) == expected


@pytest.mark.parametrize("verb", [b"EHLO", b"MAIL", b"RCPT", b"DATA"])
async def test_silence_before_the_message_may_be_tried_again(verb: bytes) -> None:
    async with listening(hanging_at(verb)) as server:
        smtp = SmtpSender(
            server.url, connect_seconds=0.3, answer_seconds=0.3, local_hostname="localhost"
        )
        assert isinstance(await smtp.send(SHORT), TransientFailure)
        await smtp.close()


@pytest.mark.parametrize(
    "behaviour", [in_the_middle(None), in_the_middle(None, hang=True), in_the_middle(b"451 no")]
)
async def test_a_break_before_the_final_dot_has_left_may_be_tried_again(
    behaviour: Behaviour,
) -> None:
    assert isinstance(await outcome_of(behaviour, LARGE), TransientFailure)


async def test_a_refusal_in_the_middle_of_a_message_is_believed() -> None:
    outcome = await outcome_of(in_the_middle(b"552 5.3.4 too large"), LARGE)
    assert outcome == PermanentFailure(552, "5.3.4 too large", "message")


@pytest.mark.parametrize(
    "behaviour",
    [
        after_the_dot(None),
        after_the_dot(None, hang=True),
        after_the_dot(b"gibberish"),
        after_the_dot(b"354 more?"),
    ],
)
@pytest.mark.parametrize("mail", [SHORT, LARGE], ids=["short", "large"])
async def test_no_clear_answer_after_the_final_dot_is_unknown(
    behaviour: Behaviour, mail: BuiltEmail
) -> None:
    assert isinstance(await outcome_of(behaviour, mail), UnknownOutcome)


async def test_a_short_mail_cut_off_in_the_middle_is_unknown_since_all_of_it_had_left() -> None:
    assert isinstance(await outcome_of(in_the_middle(None)), UnknownOutcome)


async def test_a_large_mail_arrives_whole() -> None:
    async with listening() as server:
        smtp = SmtpSender(server.url, local_hostname="localhost")
        server_limit = LARGE.content()[-1000:]
        outcome = await smtp.send(LARGE)
        await smtp.close()
        assert isinstance(outcome, Sent)
        assert server.messages[0].removesuffix(b".\r\n").endswith(server_limit)


async def test_a_server_that_is_away_or_busy_may_be_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        async with SmtpSender(f"smtp://127.0.0.1:{closed.getsockname()[1]}") as smtp:
            assert isinstance(await smtp.send(SHORT), TransientFailure)
    async with listening(greeting=b"554 not for you") as server, sender(server) as smtp:
        outcome = await smtp.send(SHORT)
        assert outcome == PermanentFailure(554, "no connection: not for you", "sender")


async def test_a_refused_login_is_no_fault_of_the_message() -> None:
    async def behave(
        server: Server, reader: object, writer: asyncio.StreamWriter, verb: bytes
    ) -> bool:
        if verb == b"EHLO":
            writer.write(b"250-hello\r\n250 AUTH PLAIN\r\n")
        elif verb == b"AUTH":
            writer.write(b"535 5.7.8 wrong password\r\n")
        else:
            return False
        await writer.drain()
        return True

    async with listening(behave) as server:
        url = f"smtp://ute:geheim@127.0.0.1:{server.port}?starttls=none"
        async with SmtpSender(url, local_hostname="localhost") as smtp:
            outcome = await smtp.send(SHORT)
            assert outcome == PermanentFailure(535, "no connection: 5.7.8 wrong password", "sender")


async def test_a_password_never_travels_in_the_clear_unless_told_so() -> None:
    async with listening() as server:
        async with SmtpSender(f"smtp://ute:geheim@127.0.0.1:{server.port}") as smtp:
            assert isinstance(await smtp.send(SHORT), TransientFailure)
        assert not any(command.startswith(b"AUTH") for command in server.commands)


async def test_after_a_refused_recipient_the_next_mail_uses_the_same_connection() -> None:
    refuses_once = answering(b"RCPT", b"550 5.1.1 unknown", b"250 ok")
    async with listening(refuses_once) as server, sender(server) as smtp:
        assert isinstance(await smtp.send(SHORT), PermanentFailure)
        assert isinstance(await smtp.send(SHORT), Sent)
        assert server.connections == 1


async def test_a_connection_closed_while_it_lay_idle_costs_nothing() -> None:
    says_goodbye = answering(b"MAIL", b"250 ok", b"421 idle for too long", b"250 ok")
    async with listening(says_goodbye) as server, sender(server) as smtp:
        assert isinstance(await smtp.send(SHORT), Sent)
        assert isinstance(await smtp.send(SHORT), Sent)
        assert (server.connections, len(server.messages)) == (2, 2)


async def test_a_cancelled_handover_leaves_no_half_conversation_behind() -> None:
    hangs_once = after_the_dot(None, hang=True)

    async def behave(
        server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: bytes
    ) -> bool:
        return server.connections == 1 and await hangs_once(server, reader, writer, verb)

    async with listening(behave) as server:
        smtp = SmtpSender(server.url, connections=1, local_hostname="localhost")
        sending = asyncio.create_task(smtp.send(SHORT))
        async with asyncio.timeout(30):
            await server.taken.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert isinstance(await smtp.send(SHORT), Sent)
        assert server.connections == 2
        await smtp.close()


@pytest.mark.parametrize(("scheme", "implicit"), [("smtps", True), ("smtp", False)])
async def test_a_mail_travels_encrypted(scheme: str, implicit: bool) -> None:
    server_side, client_side = certified("localhost")

    async def behave(
        server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: bytes
    ) -> bool:
        if verb == b"EHLO" and not writer.get_extra_info("ssl_object"):
            await answer(writer, b"250-hello\r\n250 STARTTLS")
        elif verb == b"STAR":
            await answer(writer, b"220 go ahead")
            await writer.start_tls(server_side)
        elif verb == b"MAIL" and not writer.get_extra_info("ssl_object"):
            await answer(writer, b"530 5.7.0 must issue STARTTLS first")
        else:
            return False
        return True

    async with listening(behave, tls=server_side if implicit else None) as server:
        url = f"{scheme}://localhost:{server.port}"
        async with SmtpSender(url, tls_context=client_side, local_hostname="localhost") as smtp:
            assert isinstance(await smtp.send(SHORT), Sent)
        async with SmtpSender(url, connect_seconds=5, local_hostname="localhost") as stranger:
            outcome = await stranger.send(SHORT)
        assert isinstance(outcome, TransientFailure)
        assert "certificate verify failed" in outcome.text.lower()


@pytest.mark.parametrize(
    ("url", "tls", "starttls"),
    [
        ("smtp://localhost:25", False, "auto"),
        ("smtp://mail.example.org", False, "required"),
        ("smtp://ute:p%40ss@localhost", False, "required"),
        ("smtp://mail.example.org?starttls=none", False, "none"),
        ("smtps://mail.example.org", True, "none"),
    ],
)
def test_the_url_says_how_the_way_is_secured(url: str, tls: bool, starttls: str) -> None:
    endpoint = read_smtp_url(url)
    assert (endpoint.tls, endpoint.starttls) == (tls, starttls)
    assert "p@ss" not in repr(endpoint)


@pytest.mark.parametrize(
    "url", ["", "http://a", "smtp://", "smtp://a:b:c", "smtp://a:99999", "smtp://a?starttls=maybe"]
)
def test_an_unreadable_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SmtpUrlInvalid):
        read_smtp_url(url)


async def test_every_server_is_greeted_before_the_first_mail() -> None:
    async with listening() as server:
        url = f"smtp://127.0.0.1:{server.port}?starttls=none"
        async with SmtpSender(url, local_hostname="localhost") as smtp:
            assert isinstance(await smtp.send(SHORT), Sent)
            assert isinstance(await smtp.send(SHORT), Sent)
        verbs = [command[:4] for command in server.commands]
        assert verbs[:2] == [b"ehlo", b"MAIL"] or verbs[:2] == [b"EHLO", b"MAIL"]
        assert [verb.upper() for verb in verbs].count(b"EHLO") == 1


@pytest.mark.parametrize("refusal", [b"500 what?", b"502 5.5.1 not implemented", b"550 no EHLO"])
@pytest.mark.parametrize("starttls", ["none", "auto"])
async def test_a_server_that_knows_no_ehlo_is_greeted_by_helo(
    refusal: bytes, starttls: str
) -> None:
    async with listening(answering(b"EHLO", refusal)) as server:
        url = f"smtp://127.0.0.1:{server.port}?starttls={starttls}"
        async with SmtpSender(url, local_hostname="mail.example") as smtp:
            assert isinstance(await smtp.send(SHORT), Sent)
            assert isinstance(await smtp.send(SHORT), Sent)
    verbs = [command[:4].upper() for command in server.commands]
    assert verbs[:3] == [b"EHLO", b"HELO", b"MAIL"]
    assert verbs.count(b"HELO") == 1
    assert len(server.messages) == 2


async def test_a_server_that_takes_neither_greeting_lets_the_mails_wait() -> None:
    async def behave(
        server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, verb: bytes
    ) -> bool:
        if verb not in (b"EHLO", b"HELO"):
            return False
        await answer(writer, b"550 5.7.1 not you")
        return True

    async with listening(behave) as server:
        url = f"smtp://127.0.0.1:{server.port}?starttls=none"
        async with SmtpSender(url, local_hostname="mail.example") as smtp:
            outcome = await smtp.send(SHORT)
    assert isinstance(outcome, PermanentFailure)
    assert outcome.culprit == "sender"
    assert server.messages == []
