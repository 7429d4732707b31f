"""What the classifier learns from the other services."""

from services.classifier.usecases.follow_feeds import (
    apply_notifier_changes,
    apply_scheduler_changes,
)
from shared.contracts.changes.examples import EXAMPLES
from shared.contracts.changes.notifier import AddressBlocked, ConsentWithdrawn
from shared.contracts.changes.scheduler import CarerChanged, TouchpointEnded
from shared.contracts.contacts import address_digest
from shared.contracts.vocabulary import CustomerId
from tests.classifier.conftest import Agency
from tests.fixtures.changes import AT, in_feed, in_newer_feed

MESSAGE = "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11"


def won(touchpoint_id: str, customer_id: CustomerId) -> TouchpointEnded:
    """A talk of 25 minutes by the phone that brought a contract."""
    return TouchpointEnded(
        touchpoint_id=touchpoint_id, customer_id=customer_id, service="development",
        channel="phone", purpose="service", staff_id="S-1", role="adviser", day=AT.date(),
        minutes=25, ended_at=None, state="done", reason=None, because="gap", ended_on=AT.date(),
        line="disability", result="won",
    )  # fmt: skip


def bounced(customer_id: CustomerId, address: str = "ute@example.org") -> AddressBlocked:
    return AddressBlocked(
        customer_id=customer_id,
        channel="email",
        reason="bounced",
        address_digest=address_digest("musterbetrieb", address).hex(),
        message_id=MESSAGE,
        at=AT,
    )


async def test_a_contact_made_costs_its_minutes_and_a_contract_won_counts(agency: Agency) -> None:
    await agency.customer("K-1")
    ended, unknown = in_feed(won("T-1", "K-1")), in_feed(won("T-2", "K-9"))
    carer = in_feed(CarerChanged(customer_id="K-1", unit_id="K-1", staff_id="S-1"))
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_scheduler_changes(transaction, [ended, unknown, carer, ended])
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
    withdrawn = ConsentWithdrawn(
        customer_id="K-1", purpose="newsletter", channel="email", message_id=MESSAGE, at=AT
    )
    page = [in_feed(each) for each in (withdrawn, bounced("K-1"), bounced("K-9"))]
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_notifier_changes(transaction, page)
    answer = await agency.call("POST", "/contacts/lookup", json={"customer_ids": ["K-1"]})
    (contact,) = answer.json()["items"]
    assert [each["state"] for each in contact["consents"]] == ["withdrawn"]
    assert [each["reason"] for each in contact["blocks"]] == ["bounced"]


async def test_every_kind_of_both_feeds_is_taken_from_a_newer_version_too(agency: Agency) -> None:
    await agency.customer("K-0001", email="ute@example.org")
    database = agency.service.resources.database
    for examples, apply in (
        (EXAMPLES["scheduler"], apply_scheduler_changes),
        (EXAMPLES["notifier"], apply_notifier_changes),
    ):
        page = [in_newer_feed(example) for example in examples]
        unknown = in_feed(examples[0]).model_copy(update={"kind": "from.tomorrow"})
        async with database.transaction(agency.agency) as transaction:
            await apply(transaction, [*page, unknown])
    assert await agency.rows("SELECT minutes, channel FROM interaction") == [(25, "phone")]
    assert await agency.rows("SELECT customer_id, channel FROM address_block") == [
        ("K-0001", "email")
    ]


async def test_a_block_belongs_to_the_address_and_a_person_can_lift_it(agency: Agency) -> None:
    await agency.customer("K-1", email="old@example.org")
    await agency.customer("K-2", email="OLD@example.org")
    page = [in_feed(bounced(each, "old@example.org")) for each in ("K-1", "K-2")]
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_notifier_changes(transaction, page)
    assert await blocks_of(agency, "K-1", "K-2") == {"K-1": ["bounced"], "K-2": ["bounced"]}

    await agency.customer("K-1", email="new@example.org")
    assert await blocks_of(agency, "K-1", "K-2") == {"K-1": [], "K-2": ["bounced"]}
    listed = (await agency.call("GET", "/address-blocks")).json()["items"]
    assert {each["customer_id"]: each["current"] for each in listed} == {"K-1": False, "K-2": True}

    path, why = "/customers/K-2/address-blocks/email", {"reason": "Wieder eingerichtet"}
    assert (await agency.call("DELETE", path, json=why)).status_code == 204
    assert await blocks_of(agency, "K-2") == {"K-2": []}
    assert (await agency.call("DELETE", path, json=why)).status_code == 404
    told = await agency.rows(
        "SELECT payload ->> 'address_digest' FROM change WHERE kind = 'address.unblocked'"
    )
    assert told == [(address_digest(agency.agency, "old@example.org").hex(),)]
    assert await agency.rows("SELECT data ->> 'reason' FROM event") == [("Wieder eingerichtet",)]


async def blocks_of(agency: Agency, *customer_ids: str) -> dict[str, list[str]]:
    answer = await agency.call(
        "POST", "/contacts/lookup", json={"customer_ids": list(customer_ids)}
    )
    return {
        each["customer_id"]: [block["reason"] for block in each["blocks"]]
        for each in answer.json()["items"]
    }
