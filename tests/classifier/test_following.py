"""What the classifier learns from the other services."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from services.classifier.usecases.follow_feeds import (
    apply_notifier_changes,
    apply_scheduler_changes,
)
from shared.contracts.changes import Change
from tests.classifier.conftest import Agency

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def change(kind: str, subject: str, **payload: Any) -> Change:
    return Change(revision=1, change_id=uuid4(), kind=kind, subject=subject, at=AT, payload=payload)


async def test_a_contact_made_costs_its_minutes_and_a_contract_won_counts(agency: Agency) -> None:
    await agency.customer("K-1")
    ended = change(
        "touchpoint.ended", "T-1", customer_id="K-1", service="development", state="done",
        channel="phone", role="adviser", staff_id="S-1", minutes=25, result="won",
        because="what else the scheduler tells",
    )  # fmt: skip
    unknown = change("touchpoint.ended", "T-2", customer_id="K-9", state="done", result="won")
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_scheduler_changes(
            transaction, [ended, unknown, change("carer.changed", "K-1"), ended]
        )
    assert await agency.rows("SELECT minutes, role, channel FROM interaction") == [
        (25, "adviser", "phone")
    ]
    assert await agency.rows("SELECT customer_id, data ->> 'result' FROM event") == [("K-1", "won")]


async def test_a_withdrawal_and_a_dead_address_are_seen_by_the_next_lookup(agency: Agency) -> None:
    await agency.customer("K-1", email="ute@example.org")
    await agency.put(
        "/customers/K-1/consents/newsletter/email",
        {"state": "granted", "at": "2026-01-01T09:00:00+01:00"},
    )
    withdrawn = change("consent.withdrawn", "K-1", purpose="newsletter", channel="email")
    blocked = change("address.blocked", "K-1", channel="email", reason="bounced")
    stranger = change("address.blocked", "K-9", channel="email", reason="bounced")
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_notifier_changes(transaction, [withdrawn, blocked, stranger])
    answer = await agency.call("POST", "/contacts/lookup", json={"customer_ids": ["K-1"]})
    (contact,) = answer.json()["items"]
    assert [each["state"] for each in contact["consents"]] == ["withdrawn"]
    assert [each["reason"] for each in contact["blocks"]] == ["bounced"]
