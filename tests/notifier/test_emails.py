"""E-mails from order to mailbox, and everything that keeps one from leaving."""

import email
import json
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from kundentakt.demo.mail_receiver import MailReceiver
from shared.contracts.changes.classifier import CustomerErased
from shared.contracts.changes.examples import EXAMPLES
from tests.fixtures.changes import in_newer_feed
from tests.notifier.conftest import Notifier, bearer, order
from tests.notifier.email.examples import AGENCY, word
from tests.notifier.neighbours import Neighbours


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=default)


async def test_an_ordered_newsletter_arrives_and_is_told_in_the_feed(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    (answer,) = await notifier.dispatch(order())
    assert (answer["state"], answer["duplicate"], answer["errors"]) == ("accepted", False, [])

    await notifier.work()

    (path,) = receiver.messages()
    mail = read(path)
    assert mail["X-Envelope-To"] == "k-0001@example.org"
    assert answer["message_id"] in mail["Message-ID"]
    assert mail["Reply-To"] == "Jonas Adler <jonas.adler@musterbetrieb.example>"
    assert "Frau Bergmann" in str(mail.get_body(("plain",)))
    message = await notifier.get(f"/messages/{answer['message_id']}")
    assert (message["state"], message["attempts"]) == ("sent", 1)
    assert [each["subject"] for each in await notifier.changes("message.accepted")] == [
        answer["message_id"]
    ]
    (ended,) = await notifier.changes("message.ended")
    assert ended["payload"] == {
        "message_id": answer["message_id"],
        "dispatch_id": "d-1",
        "customer_id": "K-0001",
        "channel": "email",
        "state": "sent",
        "reason": None,
        "run": None,
    }


async def test_an_order_given_twice_is_sent_once(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    first, again = await notifier.dispatch(order(), order())
    await notifier.work()
    (later,) = await notifier.dispatch(order())
    await notifier.work()

    assert (first["duplicate"], again["duplicate"], later["duplicate"]) == (False, True, True)
    assert later["state"] == "sent"
    assert len(receiver.messages()) == 1
    assert len(await notifier.changes("message.accepted")) == 1


async def test_a_bad_item_is_told_why_and_does_not_refuse_the_others(notifier: Notifier) -> None:
    answers = await notifier.dispatch(
        order(1),
        order(2, template="no_such"),
        order(3, purpose="service"),
        order(4, template="anniversary", purpose="advertising"),
        order(5, customer_id="with a blank"),
        order(6, channel="webhook"),
        order(7, channel="letter", template="event_invitation"),
        {"dispatch_id": 8},
    )
    pointers = [[error["pointer"] for error in answer["errors"]] for answer in answers]
    assert pointers[:7] == [
        [],
        ["/template"],
        ["/purpose"],
        ["/data/years"],
        ["/customer_id"],
        ["/channel"],
        ["/template"],
    ]
    assert answers[7]["dispatch_id"] is None
    assert answers[7]["errors"]
    assert list(await notifier.states()) == ["d-1"]


async def test_what_a_database_cannot_keep_is_refused_by_item(notifier: Notifier) -> None:
    line = json.dumps(order()).encode().replace(b'"data": {"staff_id": "S-1"}', b"%s")
    odd = (
        b'"data": {"a": "\\u0000"}',
        b'"data": {"a": 1e999}',
        b'"data": {"a": ["x", "\\u0000"]}',
        b'"not_before": "0001-01-01T00:00:00+14:00"',
    )
    body = b'{"items": [%s]}' % b",".join(line % each for each in odd)
    answer = await notifier.call("POST", "/dispatches", content=body)
    assert answer.status_code == 202, answer.text
    assert all(item["errors"] and item["state"] is None for item in answer.json()["items"])
    assert (await notifier.call("GET", "/messages?run=%00")).status_code == 422


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"items": []}', b'{"items": [], "x": 1}'])
async def test_what_is_no_batch_is_one_problem(notifier: Notifier, body: bytes) -> None:
    answer = await notifier.call("POST", "/dispatches", content=body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_orders_may_come_as_lines(notifier: Notifier) -> None:
    lines = b'{"dispatch_id": "d-1", "customer_id": "K-1", "channel": "email", ' + (
        b'"purpose": "newsletter", "template": "newsletter", '
        b'"not_before": "2026-11-24T08:00:00+01:00"}\nnonsense\n'
    )
    answer = await notifier.call(
        "POST", "/dispatches", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    good, bad = answer.json()["items"]
    assert good["state"] == "accepted"
    assert bad["errors"]
    assert await notifier.pending("send_emails") == []


async def test_whoever_may_not_be_written_to_is_suppressed_with_the_reason(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001", deceased=True)
    neighbours.customer("K-0002", consents=[])
    neighbours.customer("K-0003", consents=[word(purpose="newsletter", state="withdrawn")])
    neighbours.customer("K-0004", minor=True)
    neighbours.customer("K-0005", email=None)
    neighbours.customer("K-0006")
    await notifier.dispatch(*(order(number) for number in range(1, 8)))
    await notifier.work()

    assert await notifier.states() == {
        "d-1": ("suppressed", "deceased"),
        "d-2": ("suppressed", "no_consent"),
        "d-3": ("suppressed", "consent_withdrawn"),
        "d-4": ("suppressed", "minor"),
        "d-5": ("suppressed", "address_missing"),
        "d-6": ("sent", None),
        "d-7": ("failed", "customer_unknown"),
    }
    assert len(receiver.messages()) == 1
    assert len(await notifier.changes("message.ended")) == 7


async def test_one_click_in_the_received_mail_stops_the_next_one(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(), order(2, customer_id="K-0001", not_before=None))
    await notifier.execute(
        "UPDATE message SET due_at = due_at + interval '1 hour' "
        "WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    await notifier.work()
    mail = read(receiver.messages()[0])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.match(r"<https://kontakt\.example(/v1/unsubscribe/\S+)>", mail["List-Unsubscribe"])
    assert found
    assert found[1] in str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]  # it has one

    page = await notifier.client.get(found[1])
    assert (page.status_code, "set-cookie" in page.headers) == (200, False)
    assert "Rundbrief" in page.text
    assert await notifier.changes("consent.withdrawn") == []
    clicked = await notifier.client.post(
        found[1], data={"List-Unsubscribe": "One-Click"}, follow_redirects=False
    )
    assert clicked.status_code == 200

    await notifier.execute("UPDATE message SET due_at = accepted_at WHERE agency_id = :agency")
    await notifier.work()
    assert (await notifier.states())["d-2"] == ("suppressed", "consent_withdrawn")
    (withdrawn,) = await notifier.changes("consent.withdrawn")
    assert withdrawn["payload"]["purpose"] == "newsletter"
    assert withdrawn["subject"] == "K-0001"


async def test_while_the_classifier_is_away_only_service_leaves_with_the_last_copy(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    await notifier.work()
    neighbours.away = True
    service = {"template": "yearly_review", "purpose": "service"}
    await notifier.dispatch(
        order(2, customer_id="K-0001"),
        order(3, customer_id="K-0001", **service),
        order(4, customer_id="K-0004", **service),
    )
    await notifier.work()

    states = await notifier.states()
    assert states["d-2"] == ("accepted", "classifier_away")
    assert states["d-3"] == ("sent", "last_contact_copy")
    assert states["d-4"] == ("accepted", "classifier_away")
    assert len(receiver.messages()) == 2


async def test_without_a_legal_notice_messages_wait_and_say_so(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    neighbours.sender = None
    await notifier.dispatch(order())
    await notifier.work()
    assert (await notifier.states())["d-1"] == ("accepted", "sender_identity_missing")

    neighbours.sender = AGENCY
    await notifier.execute("UPDATE message SET due_at = accepted_at WHERE agency_id = :agency")
    await notifier.work()
    assert (await notifier.states())["d-1"] == ("sent", None)


async def test_outside_the_sending_day_only_waiting_customers_are_written_to(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.send_times = ["13:00"]
    neighbours.customer("K-0001")
    neighbours.customer("K-0002")
    await notifier.dispatch(order(1), order(2, priority="waiting_customer"))
    await notifier.work()
    assert await notifier.states() == {
        "d-1": ("accepted", "sending_hours"),
        "d-2": ("sent", None),
    }


async def test_an_order_is_cancelled_until_it_is_handed_over(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1), order(2, customer_id="K-0001"))
    for _ in range(2):
        cancelled = await notifier.call("DELETE", "/dispatches/d-1")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    await notifier.work()
    late = await notifier.call("DELETE", "/dispatches/d-2")
    assert (late.status_code, late.json()["type"].rsplit("/")[-1]) == (409, "dispatch-under-way")
    assert (await notifier.call("DELETE", "/dispatches/d-3")).status_code == 404
    assert len(receiver.messages()) == 1


async def test_an_agency_sees_and_cancels_nothing_of_another(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    (mine,) = await notifier.dispatch(order())
    other = bearer("nachbar")
    listed = await notifier.client.get("/v1/messages", headers=other)
    assert listed.json()["items"] == []
    for method, path in (
        ("GET", f"/v1/messages/{mine['message_id']}"),
        ("POST", f"/v1/messages/{mine['message_id']}/resend"),
        ("DELETE", "/v1/dispatches/d-1"),
    ):
        assert (await notifier.client.request(method, path, headers=other)).status_code == 404
    async with notifier.resources.database.transaction("nachbar") as transaction:
        rows = await transaction.execute("SELECT count(*) FROM message")
        assert rows.scalar_one() == 0


async def test_an_erased_customer_is_forgotten_and_no_longer_written_to(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1))
    await notifier.work()
    await notifier.dispatch(order(2, customer_id="K-0001"))
    neighbours.tell(CustomerErased(customer_id="K-0001"))
    await notifier.work("follow_classifier")

    assert (await notifier.states())["d-2"] == ("cancelled", "customer_erased")
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        copies = await transaction.execute("SELECT count(*) FROM contact_copy")
        kept = await transaction.execute(
            "SELECT data::text, subject, response, state FROM message"
            "  LEFT JOIN message_content USING (agency_id, message_id)"
            "  LEFT JOIN delivery_attempt USING (agency_id, message_id) ORDER BY dispatch_id"
        )
        assert copies.scalar_one() == 0
        assert [tuple(row) for row in kept] == [
            ("{}", None, None, "sent"),
            ("{}", None, None, "cancelled"),
        ]


async def test_every_kind_of_the_classifiers_feed_is_taken_from_a_newer_version_too(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1, customer_id="K-0001"))
    changes = [in_newer_feed(example) for example in EXAMPLES["classifier"]]
    changes.append(changes[0].model_copy(update={"kind": "from.tomorrow"}))
    neighbours.changes.extend(
        change.model_copy(update={"revision": revision})
        for revision, change in enumerate(changes, start=1)
    )
    await notifier.work("follow_classifier")
    assert (await notifier.states())["d-1"] == ("cancelled", "customer_erased")
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        parked = await transaction.execute("SELECT kind, error FROM parked_change")
        assert parked.all() == []


async def test_messages_are_listed_page_by_page_and_by_customer(notifier: Notifier) -> None:
    await notifier.dispatch(*(order(number) for number in range(5)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = await notifier.get(f"/messages?limit=2{cursor}")
        seen += [item["dispatch_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == [f"d-{number}" for number in range(5)]
    (only,) = (await notifier.get("/messages?customer_id=K-0003&state=accepted"))["items"]
    assert only["dispatch_id"] == "d-3"
    assert (await notifier.call("GET", "/messages?cursor=nonsense")).status_code == 422


async def test_a_preview_shows_the_mail_and_whether_it_may_leave(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001", consents=[])
    shown = await notifier.call(
        "POST", "/previews", json={"customer_id": "K-0001", "template": "newsletter"}
    )
    assert shown.status_code == 200, shown.text
    assert (shown.json()["allowed"], shown.json()["reason"]) == (False, "no_consent")
    assert "Bergmann" in shown.json()["text"]
    assert receiver.messages() == []


async def test_a_confirmed_hour_arrives_with_an_entry_for_the_calendar(
    notifier: Notifier, neighbours: Neighbours, receiver: MailReceiver
) -> None:
    neighbours.customer("K-0001")
    hour = {
        "at": "2027-01-19T10:00:00+01:00",
        "appointment": "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11",
        "way": "visit",
        "minutes": 90,
        "sequence": 0,
        "staff_id": "S-1",
    }
    told = order(purpose="service", template="appointment_confirmation", data=hour)
    await notifier.dispatch({**told, "priority": "waiting_customer"})
    await notifier.work()
    (path,) = receiver.messages()
    mail = read(path)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "10:00" in body.get_content()
    (entry,) = mail.iter_attachments()
    assert entry.get_content_type() == "text/calendar"
    assert "DTSTART:20270119T090000Z" in entry.get_content()
