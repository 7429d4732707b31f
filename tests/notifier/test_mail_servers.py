"""What a misbehaving mail server does to a message: each state edge, on a real socket."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from services.notifier.channels.email import SmtpSender
from services.notifier.worker import jobs
from shared.contracts.changes.classifier import AddressUnblocked
from shared.turns import UNLIMITED
from tests.fixtures.waiting import eventually
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.servers import (
    Behaviour,
    Reader,
    Server,
    Writer,
    after_the_dot,
    answering,
    listening,
    politely,
)
from tests.notifier.neighbours import Neighbours


async def send_over(notifier: Notifier, smtp: SmtpSender) -> None:
    """Run the worker's job over another mail server."""
    other = replace(notifier.resources, smtp=smtp)
    (send,) = (job for job in jobs(other) if job.name == "send_emails")
    await send.run(notifier.agency, UNLIMITED)


@asynccontextmanager
async def sent_over(notifier: Notifier, behaviour: Behaviour) -> AsyncIterator[Server]:
    """Send what is due over a server of this behaviour."""
    async with listening(behaviour) as server:
        async with SmtpSender(server.url, answer_seconds=5) as smtp:
            await send_over(notifier, smtp)
        yield server


@pytest.mark.parametrize(
    ("behaviour", "state", "reason"),
    [
        (answering(b"RCPT", b"451 4.3.0 later"), "accepted", "try_again"),
        (answering(b"RCPT", b"550 5.1.1 no such user"), "failed", "recipient_refused"),
        (answering(b"MAIL", b"550 5.7.1 not from you"), "accepted", "sender_refused"),
        (after_the_dot(b"554 5.6.0 not this"), "failed", "message_refused"),
        (after_the_dot(b"451 4.3.0 later"), "accepted", "try_again"),
        (after_the_dot(None), "unknown", "no_answer"),
    ],
)
async def test_each_answer_gives_its_state_with_its_reason(
    notifier: Notifier, neighbours: Neighbours, behaviour: Behaviour, state: str, reason: str
) -> None:
    neighbours.customer("K-0001")
    (accepted,) = await notifier.dispatch(order())
    async with sent_over(notifier, behaviour):
        message = await notifier.get(f"/messages/{accepted['message_id']}")
    assert (message["state"], message["reason"]) == (state, reason)
    assert message["attempts"] == 1
    assert message["detail"]
    told = [each["payload"]["state"] for each in await notifier.changes("message.ended")]
    assert told == ([] if message["state"] == "accepted" else [message["state"]])


async def test_a_passing_failure_is_tried_again_after_a_pause(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    async with sent_over(notifier, answering(b"RCPT", b"451 4.3.0 later")):
        pass
    assert await notifier.pending("send_emails") == []
    await notifier.execute("UPDATE message SET due_at = accepted_at WHERE agency_id = :agency")
    assert await notifier.pending("send_emails") == [notifier.agency]
    async with sent_over(notifier, politely) as server:
        assert len(server.messages) == 1
    assert (await notifier.states())["d-1"] == ("sent", None)


async def test_the_last_attempt_has_a_last_word(notifier: Notifier, neighbours: Neighbours) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    await notifier.execute("UPDATE message SET failures = 8 WHERE agency_id = :agency")
    async with sent_over(notifier, answering(b"RCPT", b"451 4.3.0 later")):
        assert (await notifier.states())["d-1"] == ("failed", "not_deliverable")


async def test_a_dead_address_is_told_and_not_written_to_again_until_it_changes(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order(1))
    async with sent_over(notifier, answering(b"RCPT", b"550 5.1.1 no such user")):
        pass
    (blocked,) = await notifier.changes("address.blocked")
    assert (blocked["subject"], blocked["payload"]["reason"]) == ("K-0001", "bounced")
    assert datetime.fromisoformat(blocked["payload"]["at"]).tzinfo is not None

    await notifier.dispatch(order(2, customer_id="K-0001"))
    await notifier.work()
    assert (await notifier.states())["d-2"] == ("suppressed", "address_blocked")

    neighbours.customer("K-0001", email="new@example.org")
    await notifier.dispatch(order(3, customer_id="K-0001"))
    await notifier.work()
    assert (await notifier.states())["d-3"] == ("sent", None)


async def test_an_unknown_message_leaves_again_only_on_a_persons_word(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    (accepted,) = await notifier.dispatch(order())
    async with sent_over(notifier, after_the_dot(None)):
        pass
    assert await notifier.pending("send_emails") == []
    path = f"/messages/{accepted['message_id']}/resend"
    resent = await notifier.call("POST", path)
    assert (resent.status_code, resent.json()["state"]) == (202, "accepted")
    async with sent_over(notifier, politely) as server:
        assert accepted["message_id"].encode() in server.messages[0]
    assert (await notifier.states())["d-1"] == ("sent", None)
    again = await notifier.call("POST", path)
    assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (
        409,
        "message-not-resendable",
    )


async def test_a_server_that_is_away_loses_nothing(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in range(1, 41):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number) for number in range(1, 41)))
    async with listening() as gone:
        url = gone.url
    async with SmtpSender(url) as smtp:
        await send_over(notifier, smtp)
    assert set((await notifier.states()).values()) == {("accepted", "mail_server_away")}
    await notifier.execute("UPDATE message SET due_at = accepted_at WHERE agency_id = :agency")
    async with sent_over(notifier, politely) as server:
        assert len(server.messages) == 40
    assert set((await notifier.states()).values()) == {("sent", None)}


async def test_what_is_ordered_while_the_server_takes_its_time_over_a_mail_does_not_wait_for_it(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in (1, 2):
        neighbours.customer(f"K-{number:04d}")
    thinking = asyncio.Event()

    async def slow_over_the_first(
        server: Server, reader: Reader, writer: Writer, verb: bytes
    ) -> bool:
        if verb == b"DATA" and not thinking.is_set():
            thinking.set()
            await server.forever.wait()
        return False

    async with (
        listening(slow_over_the_first) as server,
        SmtpSender(server.url, answer_seconds=60) as smtp,
    ):
        await notifier.dispatch(order(1))
        sending = asyncio.create_task(send_over(notifier, smtp))
        await asyncio.wait_for(thinking.wait(), 30)
        await notifier.dispatch(order(2))

        async def second_is_sent() -> bool:
            return (await notifier.states())["d-2"] == ("sent", None)

        try:
            await eventually(second_is_sent)
            assert (await notifier.states())["d-1"] == ("transmitting", None)
        finally:
            server.forever.set()
            await asyncio.wait_for(sending, 30)
    assert set((await notifier.states()).values()) == {("sent", None)}
    assert len(server.messages) == 2


RELAY_DENIED = b"550 relay not permitted"


@pytest.mark.parametrize(
    "behaviour",
    [
        answering(b"RCPT", RELAY_DENIED),
        answering(b"RCPT", b"554 5.7.1 Client host blocked using zen.spamhaus.org"),
        answering(b"MAIL", b"530 5.7.0 Authentication required"),
        after_the_dot(b"550 5.7.26 no DKIM, no SPF: unauthenticated"),
        answering(b"RCPT", b"554 transaction failed"),
    ],
    ids=["relay", "blocklist", "login", "policy", "the same for all"],
)
async def test_relay_denied_all_wait_and_leave_after_the_mend(
    notifier: Notifier, neighbours: Neighbours, behaviour: Behaviour
) -> None:
    for number in range(1, 21):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number) for number in range(1, 20)))
    for _ in range(12):  # longer than any row of attempts
        async with sent_over(notifier, behaviour):
            pass
        await notifier.execute(
            "UPDATE message SET due_at = accepted_at"
            " WHERE agency_id = :agency AND state = 'accepted'"
        )
    states = Counter((await notifier.states()).values())
    assert states["accepted", "sender_refused"] >= 17, states
    assert not [each for each in states if each[1] == "recipient_refused"]
    assert await notifier.changes("address.blocked") == []

    await notifier.execute("UPDATE message SET due_at = now() + interval '1 day'")
    waiting = states["accepted", "sender_refused"]
    await notifier.dispatch(order(20))
    async with sent_over(notifier, politely) as server:
        assert len(server.messages) == waiting + 1
    assert (await notifier.states())["d-20"] == ("sent", None)


async def test_one_refused_message_holds_back_no_other(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in range(1, 6):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(*(order(number) for number in range(1, 6)))
    refuses_one = answering(
        b"RCPT", b"250 ok", b"550 5.7.1 policy: no mail from outside", b"250 ok"
    )
    async with sent_over(notifier, refuses_one) as server:
        assert len(server.messages) == 4
    assert Counter((await notifier.states()).values()) == {
        ("sent", None): 4,
        ("failed", "message_refused"): 1,
    }
    assert await notifier.changes("address.blocked") == []


@pytest.mark.parametrize(
    "line", [b"552 5.2.2 mailbox full", b"550 greylisted, try again later", b"552 over quota"]
)
async def test_what_passes_is_tried_again_and_blocks_nothing(
    notifier: Notifier, neighbours: Neighbours, line: bytes
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    async with sent_over(notifier, answering(b"RCPT", line)):
        assert (await notifier.states())["d-1"] == ("accepted", "try_again")
    assert await notifier.changes("address.blocked") == []


async def test_words_in_windows_1252_are_understood_and_kept(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    refusal = "550 Empfänger unbekannt\0".encode("cp1252")
    async with sent_over(notifier, answering(b"RCPT", refusal)):
        assert (await notifier.states())["d-1"] == ("failed", "recipient_refused")


async def test_a_person_lifts_the_block_of_an_address(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001", email="old@example.org")
    await notifier.dispatch(order(1))
    async with sent_over(notifier, answering(b"RCPT", b"550 5.1.1 no such user")):
        pass
    (blocked,) = await notifier.changes("address.blocked")
    digest = blocked["payload"]["address_digest"]
    lifted = AddressUnblocked(customer_id="K-0001", channel="email", address_digest=digest)
    neighbours.tell(lifted)
    await notifier.work("follow_classifier")
    await notifier.dispatch(order(2, customer_id="K-0001"))
    await notifier.work()
    assert (await notifier.states())["d-2"] == ("sent", None)
