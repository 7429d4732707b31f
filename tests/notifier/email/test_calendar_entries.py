"""The entry for a reader's calendar: what it tells, and that no text can break its form."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from services.notifier.channels.email import Mailbox, OutgoingEmail, build_email
from services.notifier.domain.calendar_entries import LONGEST_LINE, CalendarEntry, calendar_entry
from services.notifier.domain.emails import Carer, RenderedEmail
from shared.contracts.templates import CalendarMethod
from tests.notifier.email.examples import AGENCY, CARER

WRITTEN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOUR = {
    "at": datetime.fromisoformat("2027-01-19T10:00:00+01:00"),
    "appointment": "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11",
    "way": "visit",
    "minutes": 90,
    "sequence": 2,
}


def entry(
    method: CalendarMethod = "PUBLISH", *, carer: Carer = CARER, **hour: object
) -> CalendarEntry:
    return calendar_entry(
        method,
        {**HOUR, **hour},
        carer=carer,
        agency=AGENCY,
        language="de",
        written_at=WRITTEN,
    )


def lines(written: CalendarEntry) -> list[str]:
    """The lines as a calendar reads them: unfolded."""
    return written.text.replace("\r\n ", "").split("\r\n")


def test_an_entry_tells_when_and_with_whom() -> None:
    told = lines(entry())
    assert "DTSTART:20270119T090000Z" in told
    assert "DTEND:20270119T103000Z" in told
    assert "UID:5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11@kundentakt" in told
    assert "SEQUENCE:2" in told
    assert "METHOD:PUBLISH" in told
    assert any(line.startswith("SUMMARY:Termin mit Jonas Adler\\,") for line in told)


def test_a_cancelled_hour_takes_its_entry_out() -> None:
    told = lines(entry("CANCEL", sequence=3))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:3"} <= set(told)


@pytest.mark.parametrize(
    ("way", "place", "location"),
    [
        ("visit", None, None),
        ("video", None, None),
        ("office", None, "LOCATION:"),
        ("visit", "Café; am Markt, oben", "LOCATION:Café\\; am Markt\\, oben"),
    ],
)
def test_an_entry_names_the_place_where_there_is_one(
    way: str, place: str | None, location: str | None
) -> None:
    told = [line for line in lines(entry(way=way, place=place)) if line.startswith("LOCATION")]
    assert bool(told) == (location is not None)
    assert location is None or told[0].startswith(location)


def test_no_text_adds_a_property_and_no_line_is_too_long() -> None:
    nasty = "Ümläut 🗓 \r\nATTENDEE:mailto:x@y.example\n" * 9
    written = entry(place=nasty, carer=replace(CARER, name=nasty))
    assert not any(line.startswith("ATTENDEE") for line in lines(written))
    pieces = written.text.encode().split(b"\r\n")
    assert max(map(len, pieces)) <= LONGEST_LINE
    for piece in pieces:
        piece.decode()  # no character is broken in two


def test_an_e_mail_carries_its_entry_beside_both_texts() -> None:
    mail = OutgoingEmail(
        message_id="m-1",
        sender=Mailbox(name="Büro", address="post@musterbetrieb.example"),
        recipient=Mailbox(name="Ute", address="ute@example.org"),
        rendered=RenderedEmail(subject="Termin", html="<p>hallo</p>", text="hallo\n"),
        date=WRITTEN,
        calendar=entry(),
    )
    message = message_from_bytes(build_email(mail).content(), policy=policy.default)
    assert not message.defects
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    file = list(message.walk())[-1]
    assert (file.get_filename(), file.get_param("method")) == ("termin.ics", "PUBLISH")
    assert file.get_payload(decode=True) == entry().text.encode()
