"""A caller raises a service of the catalogue for a customer."""

import asyncio
from datetime import date, timedelta
from typing import Any

from services.scheduler.domain.occasions import occasion_of_caller
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.store import customers, touchpoints
from shared.db.database import Transaction
from tests.fixtures.waiting import SOMEBODY_WAITS, eventually
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.relistings import rebuilt

OWN: dict[str, Any] = {
    "key": "house_viewing",
    "name_de": "Hausbesichtigung",
    "purpose": "service",
    "occasion": "raised",
    "segments": {"B": {"channel": "visit", "minutes": 60, "window_days": 10}},
}
THURSDAY = MONDAY + timedelta(days=3)


async def with_own_row(system: SchedulerSystem, *customers: str) -> None:
    """The starting catalogue and a row of the agency's own in force, and these customers of B."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    services = starting_catalogue("revenue_potential").model_dump(mode="json")["services"]
    body = {"services": [*services, OWN], "raised_to": {"O": "B", "C": "B"}}
    stored = await system.call("POST", "/catalogues", json=body)
    assert stored.status_code == 201, stored.text
    version = stored.json()["version"]
    assert (await system.call("POST", f"/catalogues/{version}/activation")).status_code == 202
    for customer_id in customers:
        await system.customer(customer_id, life={"household": "single", "home": "rents"})
    await system.finish_all_work()


async def raised(
    system: SchedulerSystem, customer_id: str, service: str = "house_viewing", **said: Any
) -> dict[str, Any]:
    answer = await system.call(
        "POST", f"/customers/{customer_id}/occasions", json={"service": service, **said}
    )
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refusal(
    system: SchedulerSystem, customer_id: str, service: str = "house_viewing", **said: Any
) -> tuple[int, str, str]:
    """Status, slug and detail of what must be refused."""
    path = f"/customers/{customer_id}/occasions"
    answer = await system.call("POST", path, json={"service": service, **said})
    problem = answer.json()
    return answer.status_code, problem["type"].rsplit("/", 1)[1], problem["detail"]


async def test_what_a_caller_raises_is_planned_and_outlives_every_planning(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1")
    told = await raised(system, "K-1", on=str(THURSDAY), reference="viewing-7")
    assert (told["customer_id"], told["on"]) == ("K-1", str(THURSDAY))
    await system.finish_all_work()
    (planned,) = await system.touchpoints(service="house_viewing")
    assert planned["touchpoint_id"] == told["touchpoint_id"]
    assert (planned["state"], planned["because"]) == ("planned", "occasion.raised")
    assert (planned["earliest"], planned["staff_id"]) == (str(THURSDAY), "S-1")

    assert await raised(system, "K-1", reference="viewing-7") == told, "the same occasion"
    await system.staff()
    await rebuilt(system)
    assert await system.touchpoints(service="house_viewing") == [planned]
    assert (await system.run_day(THURSDAY)).is_success
    assert await raised(system, "K-1", reference="viewing-7") == told
    await system.finish_all_work()
    (still,) = await system.touchpoints(service="house_viewing")
    assert still["touchpoint_id"] == told["touchpoint_id"]
    other = await refusal(system, "K-1", on=str(MONDAY), reference="viewing-7")
    assert other[:2] == (409, "raised-for-another-day")
    assert str(THURSDAY) in other[2]


async def test_without_a_reference_a_key_tells_a_repetition(system: SchedulerSystem) -> None:
    await with_own_row(system, "K-1")
    first = await raised(system, "K-1")
    assert first["on"] == str(MONDAY)
    assert (await raised(system, "K-1"))["touchpoint_id"] != first["touchpoint_id"]
    key = {"Idempotency-Key": "viewing"}
    path, body = "/customers/K-1/occasions", {"service": "house_viewing"}
    answers = [
        await system.call("POST", path, json=body, headers=key),
        await system.call("POST", path, json=body, headers=key),
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    await system.finish_all_work()
    assert len(await system.touchpoints(service="house_viewing")) == 3


async def test_an_invitation_reaches_those_whom_the_catalogue_invites(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1")
    await system.customer("K-2", earns=0)
    await system.finish_all_work()
    told = await raised(system, "K-1", "customer_event", reference="talk-2027")
    await system.finish_all_work()
    (invitation,) = await system.touchpoints(service="customer_event")
    assert (invitation["touchpoint_id"], invitation["channel"]) == (told["touchpoint_id"], "letter")
    status, slug, detail = await refusal(system, "K-2", "customer_event")
    assert (status, slug) == (409, "service-not-for-customer")
    assert "of the classes A, B, O" in detail


NOT_RAISED = "service-not-raised-by-callers"


async def test_only_a_service_that_waits_for_a_caller_is_raised(system: SchedulerSystem) -> None:
    await with_own_row(system, "K-1")
    for service, expected, told in (
        ("nothing_like_it", (404, "service-not-found"), "customer_event, house_viewing"),
        ("birthday", (422, NOT_RAISED), "by its occasion birthday"),
        ("callback", (422, NOT_RAISED), "POST /v1/requests"),
        ("condolence", (422, NOT_RAISED), "raised by customer.died"),
        ("contract_expiry", (422, NOT_RAISED), "has to be known"),
    ):
        status, slug, detail = await refusal(system, "K-1", service)
        assert (status, slug) == expected, service
        assert told in detail
    for days in (-61, 365):
        refused = await refusal(system, "K-1", on=str(MONDAY + timedelta(days=days)))
        assert refused[:2] == (422, "occasion-too-far"), "a mistyped day"


async def test_nothing_is_raised_for_who_could_never_get_it(system: SchedulerSystem) -> None:
    await with_own_row(system, "K-1", "K-2", "K-3", "K-4")
    await raised(system, "K-4", reference="viewing-7")
    await system.customer("K-1", death_date="2026-11-20")
    await system.customer("K-2", mandate={"contract": True, "ended_on": "2026-11-20"})
    await system.customer("K-3", status="former")
    await system.tell_classifier("DELETE", "/customers/K-4")
    await system.finish_all_work()
    for customer_id, why in (("K-1", "died"), ("K-2", "mandate ended"), ("K-3", "former")):
        status, slug, detail = await refusal(system, customer_id)
        assert (status, slug) == (409, "service-not-for-customer"), customer_id
        assert why in detail
    for unknown in ("K-4", "K-9"):
        assert (await refusal(system, unknown))[:2] == (404, "customer-not-found")
    assert await system.rows("SELECT 1 FROM occasion WHERE service = 'house_viewing'") == []


async def test_what_was_raised_follows_a_merge_and_is_the_same_occasion_there(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1", "K-2")
    first = await raised(system, "K-2", on=str(THURSDAY), reference="viewing-7")
    await system.finish_all_work()
    told = await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-1", "reason": "Dublette"}
    )
    await system.finish_all_work()
    again = await raised(system, "K-2", on=str(THURSDAY), reference="viewing-7")
    assert again["customer_id"] == "K-1"
    await system.finish_all_work()
    planned = await system.touchpoints(service="house_viewing", state="planned")
    assert [each["touchpoint_id"] for each in planned] == [again["touchpoint_id"]]
    await system.tell_classifier("DELETE", f"/merges/{told['merge_id']}")
    await system.finish_all_work()
    back = await system.touchpoints(customer_id="K-2", service="house_viewing", state="planned")
    assert [each["touchpoint_id"] for each in back] == [first["touchpoint_id"]]
    kept = await system.touchpoints(customer_id="K-1", service="house_viewing", state="planned")
    assert kept == [], "K-1 had none of its own"


async def test_a_repetition_gets_the_same_answer_whatever_happened_since(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1")
    viewing = {"on": str(THURSDAY), "reference": "viewing-7"}
    first = await raised(system, "K-1", **viewing)
    await system.customer("K-1", death_date="2026-11-20")
    await system.finish_all_work()
    with system.not_before(THURSDAY + timedelta(days=90)):
        assert await raised(system, "K-1", **viewing) == first
        assert (await refusal(system, "K-1", reference="viewing-8"))[0] == 409


async def test_what_fell_due_before_a_merge_is_answered_with_its_id(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1", "K-2")
    viewing = {"on": str(MONDAY), "reference": "viewing-7"}
    first = await raised(system, "K-2", **viewing)
    await system.finish_all_work()
    (planned,) = await system.touchpoints(service="house_viewing")
    assert (await system.run_day(date.fromisoformat(planned["day"]))).is_success
    await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-1", "reason": "Dublette"}
    )
    await system.finish_all_work()
    assert await raised(system, "K-2", **viewing) == {**first, "customer_id": "K-1"}


async def test_who_is_being_erased_is_waited_for_and_nothing_is_kept(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1")
    async with system.resources.database.transaction(AGENCY) as transaction:
        await customers.forget(transaction, ["K-1"])
        raising = asyncio.create_task(refusal(system, "K-1", reference="viewing-7"))
        await until_it_waits(transaction, raising)
    assert (await raising)[:2] == (404, "customer-not-found")
    assert await system.rows("SELECT 1 FROM occasion WHERE service = 'house_viewing'") == []


async def test_a_merge_waits_for_what_is_being_raised_and_takes_it_along(
    system: SchedulerSystem,
) -> None:
    await with_own_row(system, "K-1", "K-2")
    await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-1", "reason": "Dublette"}
    )
    viewing = occasion_of_caller(
        agency=AGENCY, customer_id="K-2", service="house_viewing", cause_id="7", day=MONDAY
    )
    async with system.resources.database.transaction(AGENCY) as transaction:
        assert await customers.locked_customer(transaction, "K-2")
        following = asyncio.create_task(system.finish_all_work())
        await until_it_waits(transaction, following)
        await touchpoints.save_occasions(transaction, [viewing])
    await following
    found = await system.rows("SELECT customer_id FROM occasion WHERE service = 'house_viewing'")
    assert found == [("K-1",)]


async def until_it_waits(holder: Transaction, under_way: asyncio.Task[Any]) -> None:
    """Return once somebody waits for what the holder has locked, or did not have to wait."""

    async def waits_or_ended() -> bool:
        found = await holder.execute(SOMEBODY_WAITS)
        return under_way.done() or bool(found.scalar_one())

    await eventually(waits_or_ended)
