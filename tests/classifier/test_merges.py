"""Two records of one customer become one, and two again: nothing is lost on either way."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from examples.gdv.make_stock import UTE
from services.classifier.store.care_units import lock_links
from services.classifier.store.merges import move_back
from services.classifier.usecases.follow_feeds import apply_notifier_changes
from shared.contracts.changes.notifier import ConsentWithdrawn
from tests.classifier.conftest import NOW, Agency, Send, event
from tests.classifier.test_imports import imported, run, start
from tests.classifier.test_same_person import delivered, held
from tests.fixtures.changes import AT, in_feed
from tests.fixtures.waiting import eventually

TABLES = (
    "customer", "contract", "commission", "interaction", "consent", "objection", "event", "flag",
    "connection", "address_block",
)  # fmt: skip
STAMPS = {"updated_at", "recorded_at", "provenance", "received_at"}


async def merge(agency: Agency, customer_id: str, into: str) -> httpx.Response:
    body = {"into": into, "reason": "Dubletten nach Heirat"}
    return await agency.call("POST", f"/customers/{customer_id}/merge", json=body)


async def merged(agency: Agency, customer_id: str, into: str) -> str:
    answer = await merge(agency, customer_id, into)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["merge_id"])


async def undo(agency: Agency, merge_id: str) -> httpx.Response:
    return await agency.call("DELETE", f"/merges/{merge_id}")


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


async def everything(agency: Agency) -> dict[str, list[dict[str, Any]]]:
    """All rows of the agency's customers, without when they were written last."""
    found = {}
    for table in TABLES:
        rows = await agency.rows(f"SELECT to_jsonb(t) FROM {table} AS t ORDER BY to_jsonb(t)::text")
        found[table] = [
            {name: value for name, value in row[0].items() if name not in STAMPS} for row in rows
        ]
    return found


async def two_records(agency: Agency, send: Send) -> None:
    """K-1 and K-2 with something in every table, some of it in each other's way."""
    await agency.customer("K-9", last_name="Klein")
    await agency.customer(
        "K-1", first_name="Ute", email="ute@example.org", identities={"gdv": "9876:1"},
        flags={"favourite": True},
    )  # fmt: skip
    await agency.customer(
        "K-2", first_name="Ute", birth_date="1984-03-12", phone="03464 5555",
        address={"street": "Lindenallee 4", "postcode": "06526", "city": "Sangerhausen"},
        life={"children": 2}, identities={"gdv": "9876:2"}, email="alt@example.org",
        flags={"favourite": True, "useful": True},
        connections=[{"customer_id": "K-9", "kind": "household"}],
    )  # fmt: skip
    for customer_id, contract_id in (
        ("K-1", "C-1"),
        ("K-1", "C-2"),
        ("K-2", "C-2"),
        ("K-2", "C-3"),
    ):
        body = {"line": "household", "premium_cents": 10000, "instalments_per_year": 1}
        await agency.put(f"/customers/{customer_id}/contracts/{contract_id}", body)
    booking = {
        "commission_id": "B-1", "customer_id": "K-2", "contract_id": "C-3",
        "booked_on": "2026-10-01", "kind": "renewal", "amount_cents": 4000,
    }  # fmt: skip
    await agency.call("POST", "/commissions", json={"items": [booking]})
    contact = {
        "interaction_id": "I-1", "customer_id": "K-2", "at": NOW, "direction": "in",
        "channel": "phone", "role": "adviser", "minutes": 10,
    }  # fmt: skip
    await agency.call("POST", "/interactions", json={"items": [contact]})
    for customer_id, state in (("K-1", "granted"), ("K-2", "withdrawn")):
        consent = {"state": state, "basis": "consent", "at": "2026-10-01T10:00:00+02:00"}
        await agency.put(f"/customers/{customer_id}/consents/newsletter/email", consent)
    await agency.put("/customers/K-2/objections", {"advertising": True})
    complaint = event("complaint.filed", customer_id="K-2", text="Nein")
    assert (await send(complaint)).status_code == 202


async def test_a_merge_moves_all_and_undoing_it_restores_all(agency: Agency, send: Send) -> None:
    await two_records(agency, send)
    before = await everything(agency)
    merge_id = await merged(agency, "K-2", "K-1")

    kept = await agency.get("/customers/K-1")
    assert (kept["birth_date"], kept["phone"]) == ("1984-03-12", "03464 5555")
    assert (kept["email"], kept["address"]["city"]) == ("ute@example.org", "Sangerhausen")
    assert sorted(kept["identities"].values()) == ["9876:1", "9876:2"]
    assert kept["connections"] == [{"customer_id": "K-9", "kind": "household"}]
    assert (kept["flags"]["favourite"], kept["flags"]["useful"]) == (True, True)
    assert await held(agency) == [("K-1", "C-1"), ("K-1", "C-2"), ("K-1", "C-3")]
    assert await agency.rows("SELECT customer_id, state FROM consent") == [("K-1", "withdrawn")]
    for table in ("commission", "interaction", "event", "objection"):
        assert await agency.rows(f"SELECT DISTINCT customer_id FROM {table}") == [("K-1",)]
    units = {i["customer_id"]: i["unit_id"] for i in (await agency.get("/customers"))["items"]}
    assert units == {"K-1": "K-1", "K-9": "K-1"}
    assert {"K-1", "K-2"} <= await agency.marked_units()

    assert (await undo(agency, merge_id)).status_code == 204
    assert await everything(agency) == before
    assert (await undo(agency, merge_id)).status_code == 204  # safe to repeat
    told = [each["payload"] for each in await agency.changes("customer.merged")]
    assert told == [
        {"customer_id": "K-2", "into": "K-1", "merge_id": merge_id},
        {"customer_id": "K-2", "into": None, "merge_id": merge_id},
    ]


async def test_each_merge_that_cannot_be_has_one_clear_answer(agency: Agency) -> None:
    for customer_id in ("K-1", "K-2", "K-3", "K-8"):
        await agency.customer(customer_id)
    await agency.customer("K-4", death_date="2026-01-01", birth_date="1950-01-01")
    await agency.customer("K-5", mandate={"ended_on": "2026-01-01"})
    await agency.put("/customers/F-1", {"kind": "company", "company_name": "Holz GmbH"})
    await agency.call("DELETE", "/customers/K-8")
    assert slug(await merge(agency, "K-1", "K-1")) == (422, "merge-into-itself")
    assert slug(await merge(agency, "K-1", "K-7")) == (404, "customer-not-found")
    assert slug(await merge(agency, "K-7", "K-1")) == (404, "customer-not-found")
    assert slug(await merge(agency, "K-8", "K-1")) == (410, "customer-erased")
    assert slug(await merge(agency, "K-1", "K-8")) == (410, "customer-erased")
    assert slug(await merge(agency, "K-1", "F-1")) == (409, "merge-contradictory")
    assert slug(await merge(agency, "K-4", "K-1")) == (409, "merge-contradictory")
    assert slug(await merge(agency, "K-5", "K-1")) == (409, "merge-contradictory")
    merge_id = await merged(agency, "K-1", "K-2")
    assert await merged(agency, "K-1", "K-2") == merge_id
    assert slug(await merge(agency, "K-1", "K-3")) == (410, "customer-merged")
    assert slug(await merge(agency, "K-3", "K-1")) == (410, "customer-merged")
    assert slug(await undo(agency, "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11")) == (
        404,
        "merge-not-found",
    )
    assert (await merge(agency, "K-1", "K-4")).status_code == 410


async def test_the_living_can_be_merged_into_the_dead_who_stay_dead(agency: Agency) -> None:
    await agency.customer("K-1", death_date="2026-01-01")
    await agency.customer("K-2", email="ute@example.org")
    await merged(agency, "K-2", "K-1")
    assert (await agency.get("/customers/K-1"))["death_date"] == "2026-01-01"


async def test_merges_that_follow_each_other_are_undone_the_last_first(
    agency: Agency, send: Send
) -> None:
    await two_records(agency, send)
    before = await everything(agency)
    first = await merged(agency, "K-2", "K-1")
    second = await merged(agency, "K-1", "K-9")
    assert {holder for holder, _ in await held(agency)} == {"K-9"}
    assert slug(await undo(agency, first)) == (409, "merge-continued")
    for merge_id in (second, first):
        assert (await undo(agency, merge_id)).status_code == 204
    assert await everything(agency) == before
    # And once more, because an undone merge is in nobody's way.
    assert await merged(agency, "K-2", "K-1") != first


async def test_what_was_told_since_a_merge_stays_with_who_stayed(
    agency: Agency, send: Send
) -> None:
    await two_records(agency, send)
    merge_id = await merged(agency, "K-2", "K-1")
    await agency.call("PATCH", "/customers/K-1", json={"phone": "0345 99"})
    await agency.put("/customers/K-1/contracts/C-4", {"line": "motor"})
    await agency.call("PATCH", "/customers/K-1/contracts/C-3", json={"premium_cents": 5})
    await agency.call("DELETE", "/customers/K-1/contracts/C-1")
    await undo(agency, merge_id)
    kept, back = await agency.get("/customers/K-1"), await agency.get("/customers/K-2")
    assert (kept["phone"], kept["birth_date"]) == ("0345 99", None)
    assert (back["phone"], back["birth_date"]) == ("03464 5555", "1984-03-12")
    assert await held(agency) == [("K-1", "C-2"), ("K-1", "C-4"), ("K-2", "C-2"), ("K-2", "C-3")]
    premium = await agency.rows("SELECT premium_cents FROM contract WHERE contract_id = 'C-3'")
    assert premium == [(5,)]


async def test_what_was_told_of_a_contract_since_a_merge_goes_back_with_the_contract(
    agency: Agency, send: Send
) -> None:
    await two_records(agency, send)
    before = event("payment.late", customer_id="K-1", contract_id="C-3", days=20)
    assert (await send(before, webhook_id="before")).status_code == 202
    merge_id = await merged(agency, "K-2", "K-1")
    for number, contract_id in enumerate(("C-1", "C-2", "C-3")):
        claim = event("claim.reported", customer_id="K-1", contract_id=contract_id)
        assert (await send(claim, webhook_id=f"claim-{number}")).status_code == 202
        booking = {
            "commission_id": f"N-{number}", "customer_id": "K-1", "contract_id": contract_id,
            "booked_on": "2026-11-01", "kind": "renewal", "amount_cents": 4000,
        }  # fmt: skip
        answer = await agency.call("POST", "/commissions", json={"items": [booking]})
        assert answer.json()["items"][0]["state"] == "created", answer.text
    assert (
        await send(event("claim.reported", customer_id="K-1"), webhook_id="x")
    ).status_code == 202
    await undo(agency, merge_id)

    claims = "SELECT customer_id, data ->> 'contract_id' FROM event WHERE type = 'claim.reported'"
    # Both have a contract C-2, and the last claim names none: these stay.
    assert set(await agency.rows(claims)) == {
        ("K-1", "C-1"), ("K-1", "C-2"), ("K-2", "C-3"), ("K-1", None)
    }  # fmt: skip
    bookings = "SELECT customer_id, commission_id FROM commission WHERE commission_id LIKE 'N-%'"
    assert set(await agency.rows(bookings)) == {("K-1", "N-0"), ("K-1", "N-1"), ("K-2", "N-2")}
    late = "SELECT customer_id FROM event WHERE type = 'payment.late'"
    assert await agency.rows(late) == [("K-1",)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/customers/K-2", None),
        ("PUT", "/customers/K-2", {"kind": "person", "last_name": "Bergmann"}),
        ("PATCH", "/customers/K-2", {"email": None}),
        ("DELETE", "/customers/K-2", None),
        ("GET", "/customers/K-2/contracts", None),
        ("PUT", "/customers/K-2/contracts/C-9", {"line": "motor"}),
        ("GET", "/customers/K-2/consents", None),
        ("PUT", "/customers/K-2/objections", {"advertising": True}),
        ("GET", "/customers/K-2/classification", None),
    ],
)
async def test_whoever_names_a_merged_customer_hears_who_it_is(
    agency: Agency, method: str, path: str, body: Any
) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2")
    await merged(agency, "K-2", "K-1")
    answer = await agency.call(method, path, json=body)
    assert slug(answer) == (410, "customer-merged"), answer.text
    assert "K-1" in answer.json()["detail"]


async def test_events_batches_and_files_under_the_old_id_count_for_the_other(
    agency: Agency,
    send: Send,
) -> None:
    await agency.customer("K-1", email="ute@example.org")
    await agency.customer("K-2")
    await merged(agency, "K-2", "K-1")
    assert (
        await send(event("complaint.filed", customer_id="K-2", text="Nein"), webhook_id="m-1")
    ).status_code == 202
    flag = {"flag": "conduct", "value": True, "reason": "laut", "author": "S-1"}
    assert (
        await send(event("flag.set", customer_id="K-2", **flag), webhook_id="m-2")
    ).status_code == 202
    assert (
        await send(
            event("customer.died", customer_id="K-2", died_on="2026-11-01"), webhook_id="m-9"
        )
    ).status_code == 202
    upserted = event("customer.upserted", customer_id="K-2", kind="person", last_name="X")
    assert (await send(upserted, webhook_id="m-3")).status_code == 410
    booking = {
        "commission_id": "B-1", "customer_id": "K-2", "booked_on": "2026-10-01",
        "kind": "renewal", "amount_cents": 4000,
    }  # fmt: skip
    answer = await agency.call("POST", "/commissions", json={"items": [booking]})
    assert answer.json()["items"][0]["state"] == "created"
    job = await imported(
        agency,
        b"Kundennummer;Nachname;E-Mail;Werbesperre\nK-2;Bergmann;alt@example.org;ja\n",
    )
    assert [each["code"] for each in job["rejections"]] == ["customer-merged"]
    await imported(agency, b"Kundennummer;Vertragsnummer;VU-Nr;Sparte\nK-2;A1;9876;Hausrat\n")
    kept = await agency.get("/customers/K-1")
    assert (kept["email"], kept["death_date"]) == ("ute@example.org", "2026-11-01")
    assert kept["flags"]["conduct"] is True
    assert (await agency.get("/customers/K-1/objections"))["advertising"] is not None
    assert await held(agency) == [("K-1", "9876:A1")]
    assert await agency.rows("SELECT customer_id FROM customer") == [("K-1",)]


async def test_a_merge_that_an_import_waited_for_stands(agency: Agency) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2")
    started = await start(agency, b"Kundennummer;Nachname\nK-2;Bergmann\n")
    async with agency.service.resources.database.transaction(agency.agency) as holder:
        await lock_links(holder)

        async def as_many_wait(number: int) -> bool:
            found = await holder.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            return bool(found.scalar_one() == number)

        merging = asyncio.create_task(merged(agency, "K-2", "K-1"))
        await eventually(lambda: as_many_wait(1))
        importing = asyncio.create_task(run(agency))
        await eventually(lambda: as_many_wait(2))
    await asyncio.gather(merging, importing)
    job = await agency.get(f"/imports/{started['import_id']}")
    assert [each["code"] for each in job["rejections"]] == ["customer-merged"]
    assert await agency.rows("SELECT customer_id FROM customer") == [("K-1",)]


async def test_a_delivery_finds_whom_it_made_and_somebody_merged(agency: Agency) -> None:
    await agency.customer("K-1")
    await delivered(agency, ("A1", "130"), person=UTE)
    (made,) = [h for h, _ in await held(agency)]
    await merged(agency, made, "K-1")
    await delivered(agency, ("B2", "140"), person=UTE)
    assert await held(agency) == [("K-1", "9876:A1"), ("K-1", "9876:B2")]


async def test_a_withdrawal_by_a_link_of_an_old_mail_is_not_lost(agency: Agency) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2")
    await merged(agency, "K-2", "K-1")
    told = ConsentWithdrawn(
        customer_id="K-2", purpose="newsletter", channel="email", at=AT, message_id="m-1"
    )
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await apply_notifier_changes(transaction, [in_feed(told)])
    states = await agency.rows("SELECT customer_id, state FROM consent")
    assert states == [("K-1", "withdrawn")]


async def test_contacts_and_facts_of_a_merged_customer_are_not_missing(agency: Agency) -> None:
    await agency.customer("K-1", email="ute@example.org")
    await agency.customer("K-2")
    await merged(agency, "K-2", "K-1")
    asked = {"customer_ids": ["K-2", "K-7"]}
    contacts = (await agency.call("POST", "/contacts/lookup", json=asked)).json()
    assert [(c["customer_id"], c["email"]) for c in contacts["items"]] == [
        ("K-2", "ute@example.org")
    ]
    facts = (await agency.call("POST", "/customers/lookup", json=asked)).json()
    assert (facts["items"], facts["missing"], facts["merged"]) == ([], ["K-7"], ["K-2"])


async def test_erasing_who_stayed_erases_who_was_merged(agency: Agency, send: Send) -> None:
    await two_records(agency, send)
    merge_id = await merged(agency, "K-2", "K-1")
    assert (await agency.call("DELETE", "/customers/K-1")).status_code == 204
    assert slug(await undo(agency, merge_id)) == (404, "merge-not-found")
    assert await agency.rows("SELECT 1 FROM merged_row") == []
    put = await agency.put("/customers/K-2", {"kind": "person", "last_name": "Bergmann"})
    assert slug(put) == (410, "customer-erased")
    erased = {each["subject"] for each in await agency.changes("customer.erased")}
    assert erased == {"K-1", "K-2"}


NEWER = """
    ALTER TABLE {0} ADD COLUMN newer text NOT NULL DEFAULT 'x', ADD COLUMN amount bigint,
        ADD COLUMN words varchar, ADD COLUMN told boolean, ADD COLUMN list text[],
        ADD COLUMN more jsonb NOT NULL DEFAULT '{{}}', ADD COLUMN perhaps date,
        ADD COLUMN came timestamptz NOT NULL DEFAULT now();
    UPDATE {0} SET amount = 7, words = 'old', told = true, list = '{{a}}';
    ALTER TABLE {0} ALTER amount SET NOT NULL, ALTER words SET NOT NULL, ALTER told SET NOT NULL,
        ALTER list SET NOT NULL
"""


async def test_a_merge_can_be_undone_after_the_tables_got_and_lost_columns(
    agency: Agency, send: Send
) -> None:
    await two_records(agency, send)
    merge_id = UUID(await merged(agency, "K-2", "K-1"))
    owner = await asyncpg.connect(agency.service.database.admin_url)
    try:
        for table in ("customer", "contract", "flag", "connection", "objection", "consent"):
            await owner.execute(NEWER.format(table))
        await owner.execute("ALTER TABLE customer DROP COLUMN came_by")
    finally:
        await owner.close()
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await move_back(transaction, merge_id, from_id="K-2", into_id="K-1")
    assert await held(agency) == [("K-1", "C-1"), ("K-1", "C-2"), ("K-2", "C-2"), ("K-2", "C-3")]
    row = "newer, amount, words, told, list, more, perhaps, came IS NOT NULL"
    found = await agency.rows(f"SELECT last_name, {row} FROM customer WHERE customer_id = 'K-2'")
    assert found == [("Bergmann", "x", 0, "", False, [], {}, None, True)]
    kept = await agency.rows(f"SELECT last_name, {row} FROM customer WHERE customer_id = 'K-1'")
    assert kept == [("Bergmann", "x", 7, "old", True, ["a"], {}, None, True)]
    assert await agency.rows("SELECT 1 FROM merged_row") == []
