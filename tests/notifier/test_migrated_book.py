"""A day in full swing, written by the release before, is finished by this one: nothing is lost,
nothing is sent twice, and the audit finds every message in one place."""

from datetime import date
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest

from kundentakt.cli.audit import Findings, audit_agency
from kundentakt.demo.mail_receiver import MailReceiver
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.contracts.dispatches import MessagePage
from shared.contracts.scheduling import LedgerEntry, LedgerPage
from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.fixtures.old_schemas import migrate_to, take_back_to
from tests.notifier.conftest import Notifier
from tests.notifier.neighbours import Neighbours
from tests.notifier.old_book import (
    APPROVED,
    EMAILS,
    LETTERS,
    MORNING,
    OPEN,
    RENDERED,
    customer_of,
    fill,
    put_aside,
)

OLD = "0002"
TODAY = date(2026, 11, 23)
ENDED_BEFORE = {
    "d-5": ("sent", None),
    "d-6": ("failed", "no_answer"),
    "d-8": ("failed", "recipient_refused"),
    "d-15": ("suppressed", "no_consent"),
    "d-17": ("sent", None),
}
"""What the scheduler's ledger says of the messages that had ended."""


@pytest.fixture
def fresh_database(empty_database: FreshDatabase) -> FreshDatabases:
    """The notifier's database: filled as the release before left it, then migrated."""

    async def make(service: str) -> FreshDatabase:
        await migrate_to(empty_database, service, OLD)
        connection = await asyncpg.connect(empty_database.admin_url)
        await fill(connection)
        await connection.close()
        await migrate_to(empty_database, service, "head")
        return empty_database

    return make


async def test_going_back_restores_what_the_release_before_kept(
    empty_database: FreshDatabase,
) -> None:
    kept = (
        "SELECT to_jsonb(message) AS row FROM message ORDER BY dispatch_id",
        "SELECT to_jsonb(print_run) AS row FROM print_run ORDER BY run_id",
    )
    await migrate_to(empty_database, "notifier", OLD)
    connection = await asyncpg.connect(empty_database.admin_url)
    await fill(connection)
    before = [await connection.fetch(statement) for statement in kept]
    await migrate_to(empty_database, "notifier", "0003")
    await take_back_to(empty_database, "notifier", OLD)
    assert [await connection.fetch(statement) for statement in kept] == before
    await connection.close()


@pytest.fixture
def everybody(neighbours: Neighbours) -> Neighbours:
    """All whom the book knows."""
    for dispatch_id in (*EMAILS, *LETTERS):
        neighbours.customer(customer_of(dispatch_id))
    return neighbours


async def rows(notifier: Notifier, statement: str) -> list[tuple[Any, ...]]:
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        return [tuple(row) for row in await transaction.execute(statement)]


class Ledger:
    """The scheduler's ledger: what it knew before, and what the notifier's feed has told since."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def ledger(self, agency: str, until: date, *, cursor: str | None) -> LedgerPage:
        known: dict[str, tuple[str, str | None]] = dict(ENDED_BEFORE)
        for kind in ("message.ended", "letter.ended"):
            for change in await self._notifier.changes(kind):
                told = change["payload"]
                assert told["dispatch_id"] not in known, "ended twice"
                state = "failed" if told["state"] == "unknown" else told["state"]
                known[told["dispatch_id"]] = (state, told["reason"])
        return LedgerPage(
            items=[
                LedgerEntry.model_validate(
                    {
                        "touchpoint_id": dispatch_id,
                        "customer_id": customer_of(dispatch_id),
                        "service": "newsletter",
                        "channel": "email" if dispatch_id in EMAILS else "letter",
                        "due": until,
                        "since": MORNING,
                        "left_on": until,
                        "state": known.get(dispatch_id, ("handed_over", None))[0],
                        "reason": known.get(dispatch_id, ("handed_over", None))[1],
                    },
                    strict=False,
                )
                for dispatch_id in (*EMAILS, *LETTERS)
            ]
        )


class Messages:
    """The notifier's messages, as its client would page through them."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def messages(self, agency: str, *, cursor: str | None) -> MessagePage:
        answer = await self._notifier.call("GET", "/messages?limit=1000")
        return MessagePage.model_validate_json(answer.content)


async def audited(notifier: Notifier) -> Findings:
    return await audit_agency(
        notifier.agency,
        TODAY,
        scheduler=cast(SchedulerClient, Ledger(notifier)),
        notifier=cast(NotifierClient, Messages(notifier)),
    )


async def test_every_row_is_kept_and_told_as_before(notifier: Notifier) -> None:
    states = await notifier.states()
    assert set(states) == {*EMAILS, *LETTERS}
    old = {**EMAILS, **LETTERS}
    assert {key: state for key, (state, _) in states.items()} == {
        key: changes.get("state", "accepted") for key, changes in old.items()
    }
    runs = {
        each["dispatch_id"]: each["run"]
        for each in (await notifier.get("/messages?limit=1000"))["items"]
    }
    assert runs == {key: changes.get("run_id") for key, changes in old.items()}
    in_run = (await notifier.get(f"/messages?run={OPEN}&state=claimed"))["items"]
    assert {each["dispatch_id"] for each in in_run} == {"d-11", "d-12"}

    contents = await rows(notifier, "SELECT DISTINCT subject, digest, basis FROM message_content")
    assert contents == [("Rundbrief", b"\x00\xff", "consent")]
    assert await rows(notifier, "SELECT count(*) FROM message_content") == [
        (sum("digest" in changes for changes in old.values()),)
    ]


async def test_of_the_attempts_only_what_was_kept_is_told(notifier: Notifier) -> None:
    attempts = await rows(
        notifier,
        """
        SELECT dispatch_id, attempt, began_at IS NOT NULL, delivery_attempt.ended_at IS NOT NULL,
               outcome, response
          FROM delivery_attempt JOIN message USING (agency_id, message_id) ORDER BY dispatch_id
        """,
    )
    assert attempts == [
        ("d-17", 1, True, True, "taken", None),
        ("d-4", 1, True, False, "deferred", "451 later"),
        ("d-5", 1, True, True, "taken", "250 ok"),
        ("d-6", 1, True, True, "no_answer", None),
        ("d-7", 1, False, False, None, "550 no such user"),
        ("d-8", 1, True, True, "refused", "550 no such user"),
    ]


async def test_the_day_is_finished_with_a_clean_audit(
    notifier: Notifier, everybody: Neighbours, receiver: MailReceiver, tmp_path: Path
) -> None:
    for run in (RENDERED, APPROVED):
        put_aside(run, tmp_path / "print" / ".rendered" / notifier.agency)

    await notifier.work("send_emails", "render_print_runs")
    assert (await audited(notifier)).faults == []
    for run in (OPEN, RENDERED):
        answer = await notifier.call("POST", f"/print-runs/{run}/approval")
        assert answer.status_code == 200, answer.text
    for run in (OPEN, RENDERED, APPROVED):
        answer = await notifier.call("POST", f"/print-runs/{run}/release")
        assert answer.status_code == 200, answer.text

    findings = await audited(notifier)
    assert findings.faults == []
    assert findings.messages == {
        "email sent": 5,
        "email unknown": 2,
        "email failed": 1,
        "letter sent": 6,
        "letter suppressed": 1,
    }
    assert len(receiver.messages()) == 4
    assert (await notifier.states())["d-3"] == ("unknown", "cut_off")
    again = await rows(
        notifier,
        "SELECT dispatch_id, max(attempt) FROM delivery_attempt"
        "  JOIN message USING (agency_id, message_id)"
        " GROUP BY dispatch_id HAVING max(attempt) > 1 ORDER BY dispatch_id",
    )
    assert again == [("d-4", 2), ("d-7", 2)]
    sheets = await rows(
        notifier, f"SELECT count(*), count(sheets) FROM letter WHERE run_id = '{OPEN}'"
    )
    assert sheets == [(3, 3)]
