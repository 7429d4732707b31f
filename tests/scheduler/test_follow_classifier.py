"""What happens to customers reaches the plan; what the other side lost is listed again."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from services.scheduler.usecases.follow_classifier import apply_classifier_changes
from services.scheduler.usecases.follow_notifier import apply_notifier_changes
from shared.clients.webhooks import sign
from shared.contracts.changes.examples import EXAMPLES
from tests.fixtures.changes import in_feed, in_newer_feed
from tests.scheduler.builders import AGENCY, MONDAY, NOW, SchedulerSystem
from tests.scheduler.relistings import everything, rebuilt


async def with_customer(system: SchedulerSystem, **fields: Any) -> None:
    """Staff and one planned customer of class B."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", **fields)
    await system.finish_all_work()


async def report(
    system: SchedulerSystem, event_type: str, *, without: Iterable[str] = (), **data: Any
) -> None:
    """A signed webhook about K-1 that the classifier takes."""
    told = await system.tell_classifier("PUT", "/agency/webhook-sources/broker-system")
    body = {"type": event_type, "timestamp": NOW, "data": {"customer_id": "K-1", **data}}
    content = system.classifier_client.build_request("POST", "/", json=body).content
    answer = await system.classifier_client.post(
        f"/v1/events/{AGENCY}/broker-system",
        content=content,
        headers=sign(told["secret"], webhook_id=f"w-{event_type}", body=content),
    )
    assert answer.status_code == 202, answer.text
    await system.finish_all_work(without=without)


async def open_services(system: SchedulerSystem) -> set[str]:
    return {each["service"] for each in await system.touchpoints(state="planned")}


async def test_a_cancelled_contract_is_confirmed_and_raises_a_talk(system: SchedulerSystem) -> None:
    await with_customer(system)
    contract = {
        "insurer": "Muster",
        "line": "household",
        "status": "active",
        "premium_cents": 12_000,
        "instalments_per_year": 1,
    }
    await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", contract)
    await report(system, "contract.cancelled", contract_id="V-1", cancelled_on=str(MONDAY))
    found = {each["service"]: each for each in await system.touchpoints(state="planned")}
    assert found["cancellation_confirmation"]["channel"] == "email"
    assert found["cancellation_confirmation"]["detail"] == "V-1"
    assert found["saving"]["because"] == "contract.cancelled"


async def test_a_cancellation_travels_with_its_own_days_and_what_the_contract_is_known_by(
    system: SchedulerSystem,
) -> None:
    await with_customer(system)
    contract = {
        "insurer": "Muster Versicherung AG",
        "contract_number": "WG-4711",
        "line": "building",
        "status": "active",
    }
    await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", contract)
    await report(
        system,
        "contract.cancelled",
        contract_id="V-1",
        cancelled_on="2026-06-30",
        effective_on="2026-12-31",
    )
    assert (await system.run_day(MONDAY)).is_success
    await system.finish_all_work()
    (confirmation,) = await system.touchpoints(service="cancellation_confirmation")
    data = system.notifier.orders[confirmation["touchpoint_id"]]["data"]
    assert {name: data[name] for name in data.keys() & FACTS} == {
        "cancelled_on": "2026-06-30",
        "effective_on": "2026-12-31",
        "line": "building",
        "insurer": "Muster Versicherung AG",
        "contract_number": "WG-4711",
    }


@pytest.mark.parametrize(
    ("days", "saved"),
    [
        ({"cancelled_on": "2024-06-30", "effective_on": "2024-12-31"}, False),
        ({"cancelled_on": "2024-06-30"}, False),
        ({"cancelled_on": "2024-06-30", "effective_on": "2026-12-31"}, True),
        ({"cancelled_on": "2026-10-30"}, True),
    ],
)
async def test_nobody_tries_to_save_a_contract_that_ended_long_ago(
    system: SchedulerSystem, days: dict[str, str], saved: bool
) -> None:
    await with_customer(system)
    await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", UNKNOWN)
    await report(system, "contract.cancelled", contract_id="V-1", **days)
    assert ("saving" in await open_services(system)) is saved


UNKNOWN = {"line": "unknown", "status": "active"}
FACTS = {"cancelled_on", "effective_on", "line", "insurer", "contract_number"}


async def test_what_is_not_known_of_a_cancelled_contract_does_not_travel(
    system: SchedulerSystem,
) -> None:
    await with_customer(system)
    await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", UNKNOWN)
    await report(system, "contract.cancelled", contract_id="V-1", cancelled_on="2026-06-30")
    assert (await system.run_day(MONDAY)).is_success
    await system.finish_all_work()
    (confirmation,) = await system.touchpoints(service="cancellation_confirmation")
    data = system.notifier.orders[confirmation["touchpoint_id"]]["data"]
    assert {name: data[name] for name in data.keys() & FACTS} == {
        "cancelled_on": "2026-06-30",
        "line": "unknown",
    }


async def test_a_complaint_becomes_a_request_with_a_deadline(system: SchedulerSystem) -> None:
    await with_customer(system)
    await report(system, "complaint.filed", text="Niemand rief zurück.")
    (request,) = (await system.get("/requests"))["items"]
    assert (request["kind"], request["staff_id"]) == ("complaint", "S-1")
    assert request["deadline"].startswith("2026-11-24T")
    (task,) = (await system.get(f"/staff/S-1/days/{MONDAY}"))["tasks"]
    assert task["importance"] == 90


async def test_a_life_event_raises_a_contact_about_it(system: SchedulerSystem) -> None:
    await with_customer(system)
    await report(system, "life.changed", change="birth")
    (contact,) = await system.touchpoints(service="life_event")
    assert (contact["detail"], contact["because"]) == ("birth", "life.changed")


async def test_an_ended_mandate_leaves_nothing_but_winding_up(system: SchedulerSystem) -> None:
    await with_customer(system)
    await report(system, "mandate.ended", ended_on="2026-11-20")
    assert await open_services(system) == {"winding_up"}


async def test_notice_of_the_mandate_ends_advertising_at_once_and_service_with_its_last_day(
    system: SchedulerSystem,
) -> None:
    await with_customer(system)
    assert {"newsletter", "yearly_review"} <= await open_services(system)
    (review,) = await system.touchpoints(service="yearly_review")
    await report(system, "mandate.ended", ended_on=review["latest"])
    assert await open_services(system) == {"yearly_review"}
    for last, open_then in (
        (date.fromisoformat(review["latest"]) - timedelta(days=1), set()),
        (None, {"newsletter", "yearly_review"}),
    ):
        body = {"mandate": {"ended_on": last and str(last)}}
        await system.tell_classifier("PATCH", "/customers/K-1", body)
        await system.finish_all_work()
        assert open_then <= await open_services(system), "notice that is taken back stops nothing"
        assert bool(open_then) == bool(await open_services(system))


async def test_an_objection_to_advertising_leaves_the_service(system: SchedulerSystem) -> None:
    await with_customer(system)
    assert "newsletter" in await open_services(system)
    body = {"advertising": NOW, "profiling": None}
    await system.tell_classifier("PUT", "/customers/K-1/objections", body)
    await system.finish_all_work()
    assert "newsletter" not in await open_services(system)
    assert "yearly_review" in await open_services(system)


async def test_consent_to_calls_turns_the_card_into_a_call(system: SchedulerSystem) -> None:
    await with_customer(system)
    (before,) = await system.touchpoints(service="birthday")
    body = {"state": "granted", "basis": "consent", "at": NOW, "wording": "Ja", "source": "web"}
    await system.tell_classifier("PUT", "/customers/K-1/consents/advertising/phone", body)
    await system.finish_all_work()
    (after,) = await system.touchpoints(service="birthday")
    assert (before["channel"], after["channel"]) == ("card", "phone")
    assert before["touchpoint_id"] == after["touchpoint_id"]


async def test_after_a_restore_the_present_state_is_listed_again(system: SchedulerSystem) -> None:
    await with_customer(system)
    before = await system.touchpoints()
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute(
            "UPDATE feed_cursor SET revision = 10000 "
            "WHERE agency_id = :agency AND feed = 'classifier'"
        )
        await transaction.execute(
            "INSERT INTO customer (agency_id, customer_id, unit_id, kind, status) "
            "VALUES (:agency, 'K-gone', 'K-gone', 'person', 'active')"
        )
    await system.finish_all_work()
    assert await system.rows("SELECT customer_id FROM customer") == [("K-1",)]
    assert await system.touchpoints() == before


async def test_a_book_listed_anew_equals_the_one_that_grew(system: SchedulerSystem) -> None:
    await with_customer(system)
    family = {"household": "family", "children": 2, "home": "owns", "employment": "employed"}
    await system.customer("K-2", life=family)
    couple = {"customer_id": "K-2", "kind": "household"}
    await system.customer("K-3", life=family, connections=[couple])
    await system.customer("K-4", earns=0, birth_date=None)
    await system.customer("K-5", life=family)
    await system.finish_all_work()
    objecting = {"profiling": "2026-11-20T10:00:00+01:00"}
    await system.tell_classifier("PUT", "/customers/K-5/objections", objecting)
    contract = {"line": "household", "status": "active", "start": "2026-01-01"}
    await system.tell_classifier("PUT", "/customers/K-2/contracts/V-1", contract)
    await system.finish_all_work()
    grown = await everything(system)
    kinds = {each["customer_id"]: each["potential_assumed"] for each in grown["customer"]}
    assert kinds["K-4"], "whose life is unknown"
    await rebuilt(system)
    assert await everything(system) == grown


async def test_every_kind_of_both_feeds_is_taken_from_a_newer_version_too(
    system: SchedulerSystem,
) -> None:
    await with_customer(system)
    for examples, apply in (
        (EXAMPLES["classifier"], apply_classifier_changes),
        (EXAMPLES["notifier"], apply_notifier_changes),
    ):
        unknown = in_feed(examples[0]).model_copy(update={"kind": "from.tomorrow"})
        for change in (*(in_newer_feed(example) for example in examples), unknown):
            async with system.resources.database.transaction(AGENCY) as transaction:
                await apply(transaction, [change])
