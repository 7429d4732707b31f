"""A built mail, parsed back by the standard library: what a mail program makes of it."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.email import AddressUnusable, Mailbox, build_email
from services.notifier.domain.emails import RenderedEmail
from tests.notifier.email.examples import MESSAGE_ID, NOW, UNSUBSCRIBE, outgoing


def parsed(**changes: Any) -> EmailMessage:
    content = build_email(outgoing(**changes)).content()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert isinstance(found, EmailMessage)
    return str(found.get_content()).replace("\r\n", "\n")


def test_a_mail_program_reads_what_was_written() -> None:
    message = parsed(reply_to=Mailbox(name="Jörg Weiß", address="joerg@musterbetrieb.example"))
    assert message["From"].addresses[0].display_name == "Musterbetrieb GmbH"
    assert message["To"].addresses[0].addr_spec == "ute.bergmann@example.org"
    assert message["Reply-To"].addresses[0].display_name == "Jörg Weiß"
    assert message["Subject"] == "Grüße"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "multipart/alternative"
    assert part(message, "plain") == "Grüße\n"
    assert part(message, "html").strip() == "<p>Schöne Grüße</p>"


def test_the_same_message_has_the_same_id_at_every_attempt() -> None:
    first, later = parsed(), parsed(date=datetime(2026, 11, 24, tzinfo=UTC))
    assert first["Message-ID"] == later["Message-ID"] == f"<{MESSAGE_ID}@musterbetrieb.example>"


def test_advertising_can_be_left_with_one_click() -> None:
    message = parsed(unsubscribe_url=UNSUBSCRIBE, unsubscribe_mailto="ab@musterbetrieb.example")
    assert message["List-Unsubscribe"] == (f"<{UNSUBSCRIBE}>, <mailto:ab@musterbetrieb.example>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed()["List-Unsubscribe"] is None


NASTY = "Ute\r\nBcc: everybody@example.org\r\n\r\n<h1>Hi</h1>"


def test_line_breaks_in_names_and_subjects_add_no_header() -> None:
    message = parsed(
        sender=Mailbox(name=NASTY, address="post@musterbetrieb.example"),
        recipient=Mailbox(name=f'"{NASTY}" <a@b.example>,', address="ute@example.org"),
        rendered=RenderedEmail(subject=NASTY, html="<p>a</p>", text="a"),
        language=NASTY,
        feedback_id=NASTY,
    )
    assert message["Bcc"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["ute@example.org"]
    assert message["Subject"] == "Ute Bcc: everybody@example.org <h1>Hi</h1>"


@pytest.mark.parametrize(
    "url", ["https://a.example/\r\nBcc: x@y.example", "https://a.example/ä", "https://a/> <b"]
)
def test_a_link_that_would_break_its_header_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        parsed(unsubscribe_url=url)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ute",
        "ute@",
        "@example.org",
        "a b@example.org",
        "ute@example.org>",
        "ute@example.org, x@y.example",
        "ute@example.org\r\nRCPT TO:<x@y.example>",
        "üte@",
        "ü te@example.org",
        "ü@example.org\r\nRCPT TO:<x@y.example>",
        "a" * 250 + "@b.de",
    ],
)
def test_what_is_no_address_is_never_handed_over(address: str) -> None:
    with pytest.raises(AddressUnusable):
        parsed(recipient=Mailbox(name="Ute", address=address))


def test_a_domain_with_umlauts_is_sent_to_in_its_ascii_form() -> None:
    built = build_email(outgoing(recipient=Mailbox(name="Ute", address="ute@müller.example")))
    assert built.envelope_to == "ute@xn--mller-kva.example"


@given(st.text(max_size=200))
def test_any_subject_and_name_arrive_whole(text: str) -> None:
    message = parsed(
        recipient=Mailbox(name=text, address="ute@example.org"),
        rendered=RenderedEmail(subject=text, html="<p>a</p>", text="a"),
    )
    readable = "".join(c if c.isprintable() else " " for c in text)
    whole = " ".join(readable.encode("utf-8", "replace").decode().split())
    assert str(message["Subject"]) == whole
    assert message["To"].addresses[0].addr_spec == "ute@example.org"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_any_text_arrives_whole_dots_blanks_and_long_lines_included(text: str) -> None:
    body = f".\n. {text}  \n{text * 20}\n--=_{MESSAGE_ID}\n"
    message = parsed(rendered=RenderedEmail(subject="a", html=body, text=body))
    assert part(message, "plain") == body
    assert part(message, "html") == body
