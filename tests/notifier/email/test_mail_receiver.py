"""The local receiver: what is reported as sent lies there as a file, in order, whole."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from kundentakt.demo.mail_receiver import MailReceiver, MailReceiverNotStarted
from services.notifier.channels.email import Sent, SmtpSender, build_email
from services.notifier.domain.emails import RenderedEmail
from tests.notifier.email.examples import outgoing


async def test_every_mail_sent_lies_in_the_directory_as_it_was_written(tmp_path: Path) -> None:
    with MailReceiver(tmp_path / "mails") as receiver:
        async with SmtpSender(receiver.url, connections=1, local_hostname="localhost") as smtp:
            for number in range(3):
                text = f".Zeile {number}\n..\n"
                mail = build_email(
                    outgoing(
                        message_id=f"id-{number}",
                        rendered=RenderedEmail(
                            subject=f"Gruß {number}", html="<p>a</p>", text=text
                        ),
                    )
                )
                assert isinstance(await smtp.send(mail), Sent)
                assert receiver.messages()[number].read_bytes().endswith(mail.content())
    read = [
        message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)
        for path in receiver.messages()
    ]
    assert [message["Subject"] for message in read] == ["Gruß 0", "Gruß 1", "Gruß 2"]
    assert read[0]["X-Envelope-To"] == "ute.bergmann@example.org"
    assert not list((tmp_path / "mails").glob(".*"))


def test_a_taken_port_is_said_at_the_start(tmp_path: Path) -> None:
    with MailReceiver(tmp_path) as first, pytest.raises(MailReceiverNotStarted):
        MailReceiver(tmp_path, port=first.port).start()


def test_stopping_twice_or_without_a_start_is_harmless(tmp_path: Path) -> None:
    receiver = MailReceiver(tmp_path)
    receiver.stop()
    receiver.start()
    receiver.stop()
    receiver.stop()
    with pytest.raises(MailReceiverNotStarted):
        _ = receiver.url


async def test_a_receiver_started_again_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with MailReceiver(tmp_path / "mails") as first:
        port = first.port
    receiver = MailReceiver(tmp_path / "mails", port=port)
    for subject in ("vorher", "nachher"):
        receiver.start()
        async with SmtpSender(receiver.url, connections=1, local_hostname="localhost") as smtp:
            rendered = RenderedEmail(subject=subject, html="<p>a</p>", text="a")
            assert isinstance(
                await smtp.send(build_email(outgoing(message_id=subject, rendered=rendered))), Sent
            )
        receiver.stop()
    subjects = [
        message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)["Subject"]
        for path in receiver.messages()
    ]
    assert subjects == ["vorher", "nachher"]
