"""What is kept of a message beside its state: content, each attempt, and the letter as printed."""

import asyncio
import hashlib
from typing import Any

from services.notifier.channels.templates import MessageTemplates
from tests.fixtures.waiting import eventually
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.servers import after_the_dot, answering, politely
from tests.notifier.neighbours import Neighbours
from tests.notifier.test_mail_servers import sent_over

RUN = "newsletter-2026-11-23-1"


def letter(number: int) -> dict[str, Any]:
    return order(number, channel="letter")


async def rows(notifier: Notifier, statement: str) -> list[tuple[Any, ...]]:
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        return [tuple(row) for row in await transaction.execute(statement)]


async def attempts(notifier: Notifier) -> list[tuple[Any, ...]]:
    return await rows(
        notifier,
        "SELECT dispatch_id, attempt, outcome, response, began_at <= delivery_attempt.ended_at"
        "  FROM delivery_attempt JOIN message USING (agency_id, message_id)"
        " ORDER BY dispatch_id, attempt",
    )


async def test_each_attempt_is_kept_with_its_answer_over_a_persons_word(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    (accepted,) = await notifier.dispatch(order())
    async with sent_over(notifier, answering(b"RCPT", b"451 4.3.0 later")):
        pass
    await notifier.execute("UPDATE message SET due_at = accepted_at WHERE agency_id = :agency")
    async with sent_over(notifier, after_the_dot(None)):
        pass
    again = await notifier.call("POST", f"/messages/{accepted['message_id']}/resend")
    assert (again.status_code, again.json()["attempts"]) == (202, 0)
    async with sent_over(notifier, politely):
        pass

    kept = await attempts(notifier)
    assert [each[:3] for each in kept] == [
        ("d-1", 1, "deferred"),
        ("d-1", 2, "no_answer"),
        ("d-1", 3, "taken"),
    ]
    assert kept[0][3] == "451 4.3.0 later"
    assert all(each[4] for each in kept)
    assert (await notifier.get(f"/messages/{accepted['message_id']}"))["attempts"] == 1


async def test_what_never_left_has_neither_attempt_nor_content(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001", consents=[])
    await notifier.dispatch(order(1), order(2))
    await notifier.work()
    assert {state for state, _ in (await notifier.states()).values()} == {"suppressed", "failed"}
    assert await attempts(notifier) == []
    assert await rows(notifier, "SELECT * FROM message_content") == []


async def test_an_attempt_cut_off_is_kept_as_that(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    await notifier.execute(
        "UPDATE message SET state = 'transmitting', attempts = 1, transmitting_at = accepted_at,"
        " lease_token = gen_random_uuid(), leased_until = now() - interval '1 minute'"
        " WHERE agency_id = :agency"
    )
    await notifier.work()
    assert await notifier.states() == {"d-1": ("unknown", "cut_off")}
    assert await attempts(notifier) == [("d-1", 1, "cut_off", None, True)]


async def test_the_content_names_the_version_of_its_template(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(order())
    await notifier.work()
    (content,) = await rows(
        notifier, "SELECT subject, length(digest), basis, template_version FROM message_content"
    )
    version = MessageTemplates().version_of("newsletter")
    assert content[1:] == (hashlib.sha256().digest_size, "consent", version)
    assert content[0]
    assert version != MessageTemplates().version_of("birthday")


async def test_a_letter_keeps_sheets_postage_and_pages_as_they_were_printed(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    for number in (1, 2):
        neighbours.customer(f"K-{number:04d}")
    await notifier.dispatch(letter(1), letter(2))
    await notifier.work("render_print_runs")
    assert (await notifier.states())["d-1"] == ("claimed", None)
    assert await rows(notifier, "SELECT DISTINCT state FROM message") == [("accepted",)]

    (run,) = (await notifier.get("/print-runs"))["items"]
    printed = await rows(
        notifier,
        "SELECT run_id, sheets, postage_cents, page_from, page_to FROM letter ORDER BY page_from",
    )
    pages = [page for *_, first, last in printed for page in range(first, last + 1)]
    assert pages == list(range(1, run["pages"] + 1))
    assert {each[0] for each in printed} == {RUN}
    manifest = (await notifier.call("GET", f"/print-runs/{RUN}/manifest.json")).json()
    assert sum(each[1] for each in printed) == manifest["sheets"]
    assert sum(each[2] for each in printed) == manifest["postage_net_cents"]

    for step in ("approval", "release"):
        assert (await notifier.call("POST", f"/print-runs/{RUN}/{step}")).status_code == 200
    assert await attempts(notifier) == [
        ("d-1", 1, "taken", None, True),
        ("d-2", 1, "taken", None, True),
    ]


async def test_an_approved_run_that_is_cancelled_ends_the_attempts_of_its_letters(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    for step in ("approval", "cancellation"):
        assert (await notifier.call("POST", f"/print-runs/{RUN}/{step}")).status_code == 200
    assert await attempts(notifier) == [("d-1", 1, "cancelled", None, True)]


async def test_a_letter_sent_again_leaves_its_run_and_joins_another(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    (accepted,) = await notifier.dispatch(letter(1))
    await notifier.work("render_print_runs")
    message = await notifier.get(f"/messages/{accepted['message_id']}")
    assert (message["state"], message["run"]) == ("failed", RUN)
    neighbours.customer("K-0001")
    again = await notifier.call("POST", f"/messages/{accepted['message_id']}/resend")
    assert (again.json()["state"], again.json()["run"]) == ("accepted", None)
    await notifier.work("render_print_runs")
    message = await notifier.get(f"/messages/{accepted['message_id']}")
    assert (message["state"], message["run"]) == ("claimed", "newsletter-2026-11-23-2")


async def test_a_letter_that_joins_a_run_while_it_is_cancelled_is_taken_out_of_it(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-0001")
    await notifier.dispatch(letter(1))
    database = notifier.resources.database
    async with database.transaction(notifier.agency) as assembling:
        await assembling.execute(
            "INSERT INTO print_run (agency_id, run_id, purpose, template, day, number, state,"
            " letters, pages, created_at, rendered_at)"
            f" VALUES (:agency, '{RUN}', 'newsletter', 'newsletter', current_date, 1, 'rendered',"
            " 1, 1, now(), now())"
        )
        await assembling.execute(
            "WITH joined AS (UPDATE message SET reason = NULL RETURNING agency_id, message_id)"
            f" INSERT INTO letter (agency_id, message_id, run_id)"
            f" SELECT agency_id, message_id, '{RUN}' FROM joined"
        )
        cancelling = asyncio.create_task(notifier.call("DELETE", "/dispatches/d-1"))

        async def waits() -> bool:
            found = await assembling.execute(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
                "               AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            )
            return bool(found.scalar_one())

        await eventually(waits)
    answer = await cancelling
    assert (answer.status_code, answer.json()["run"]) == (200, RUN)
    assert (await notifier.get(f"/print-runs/{RUN}"))["state"] == "open"
