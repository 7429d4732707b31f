"""Nobody sees a stranger's customer: every GET route of every service, asked by another agency.

The routes are those of the running services' own documents, so a new one is asked as well; where
it takes an id of a kind not known here, the test fails until that kind is made below.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kundentakt.demo.context import SETTINGS
from kundentakt.sample import write_sample_agency
from kundentakt.supervisor.system import System
from services.classifier.domain.needs import default_policy
from shared.contracts.access import AGENCY_HEADER
from shared.contracts.customers import Address, Customer, Mandate
from shared.contracts.dispatches import DispatchItem
from tests.fixtures.running import SERVICES, TODAY, Office, office
from tests.fixtures.waiting import eventually

LAST_NAME = "Geheimnisträger"
PUBLIC = {"/v1/answers/{token}", "/v1/unsubscribe/{token}"}
"""Open to whoever holds the link; the agency is in its signed token."""
NOT_OF_AN_AGENCY = {"/livez", "/readyz", "/metrics", "/v1/changes/heads"}


@dataclass(frozen=True, slots=True)
class Guarded:
    """An agency with one of everything, the ids of that, and its neighbour."""

    owner: Office
    stranger: Office
    ids: dict[str, str | date]


@pytest.fixture(scope="module")
async def guarded(
    system: System, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Guarded]:
    """Two agencies under one roof; the first owns one of everything."""
    number = uuid4().hex[:8]
    async with (
        office(system, f"owner-{number}") as owner,
        office(system, f"stranger-{number}") as stranger,
    ):
        sample = write_sample_agency(tmp_path_factory.mktemp("sample"), customers=10, as_of=TODAY)
        (imported, *_) = await owner.import_sample(sample)
        await stranger.classifier.put_agency(stranger.agency, SETTINGS)
        customer = Customer(
            kind="person",
            last_name=LAST_NAME,
            mandate=Mandate(contract=True, power_of_attorney=True),
            address=Address(street="Lindenallee 4", postcode="06526", city="Sangerhausen"),
        )
        await owner.classifier.put_customer(owner.agency, "K-GEHEIM", customer)
        policy = default_policy().model_copy(update={"name": "Hausregel"})
        created = await post(owner, "classifier", "/v1/policies", policy.model_dump_json())
        run = await owner.classifier.reclassify(owner.agency)
        quarter = f"{TODAY.year}-Q{(TODAY.month + 2) // 3}"
        review = await owner.classifier.make_review(owner.agency, quarter)
        letter = DispatchItem(
            dispatch_id="geheim-1",
            customer_id="K-GEHEIM",
            channel="letter",
            purpose="newsletter",
            template="newsletter",
        )
        (ordered,) = (await owner.notifier.dispatch(owner.agency, [letter])).items
        contracts = await get(owner, "classifier", "/v1/customers/K-0001/contracts")
        wanted = '{"customer_id": "K-0001", "kind": "callback"}'
        request = await post(owner, "scheduler", "/v1/requests", wanted)
        yield Guarded(
            owner,
            stranger,
            {
                "customer_id": "K-0001",
                "contract_id": contracts.json()["items"][0]["contract_id"],
                "import_id": str(imported.import_id),
                "version": str(created["version"]),
                "reclassification_id": str(run.reclassification_id),
                "quarter": review.quarter,
                "staff_id": "BM",
                "request_id": request["request_id"],
                "task_id": await first_id(owner, "/v1/tasks", "task_id"),
                "touchpoint_id": await agreed_contact(owner),
                "date": TODAY,
                "message_id": str(ordered.message_id),
                "run_id": await rendered_run(owner),
                "name": "letters.pdf",
            },
        )


async def agreed_contact(ours: Office) -> str:
    """The id of a contact with an appointment."""
    reviews = "/v1/touchpoints?service=yearly_review&state=planned&limit=1000"
    await first_id(ours, reviews, "touchpoint_id")
    items = (await get(ours, "scheduler", reviews)).json()["items"]
    visit = next(
        each for each in items if each["channel"] == "visit" and (each["day"] or "") > str(TODAY)
    )
    path = f"/v1/touchpoints/{visit['touchpoint_id']}/appointment"
    await post(ours, "scheduler", path, f'{{"at": "{visit["day"]}T09:00:00Z"}}', method="PUT")
    return str(visit["touchpoint_id"])


async def first_id(ours: Office, path: str, name: str) -> str:
    """The id of the first of a list of the scheduler, once there is one."""
    found: list[str] = []

    async def listed() -> bool:
        found[:] = [each[name] for each in (await get(ours, "scheduler", path)).json()["items"]]
        return bool(found)

    await eventually(listed, seconds=90)
    return found[0]


async def rendered_run(owner: Office) -> str:
    async def rendered() -> bool:
        runs = (await owner.notifier.print_runs(owner.agency)).items
        return [run.state for run in runs] == ["rendered"]

    await eventually(rendered, seconds=90)
    (run,) = (await owner.notifier.print_runs(owner.agency)).items
    return run.run_id


async def post(
    ours: Office, service: str, path: str, body: str, *, method: str = "POST"
) -> dict[str, Any]:
    connection = ours.http(service)
    headers = {"Content-Type": "application/json"}
    answer = await connection.call(method, path, content=body.encode(), headers=headers)
    await connection.close()
    return dict(answer.json())


async def get(
    ours: Office, service: str, path: str, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A bare GET with the agency's token, whatever it answers."""
    sent = {"Authorization": f"Bearer {ours.token}", **(headers or {})}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(ours.system.url(service) + path, headers=sent)


async def routes(system: System) -> list[tuple[str, str]]:
    """Every GET route of the three services that speaks of an agency's data."""
    found: list[tuple[str, str]] = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for service in SERVICES:
            document = (await client.get(system.url(service) + "/openapi.json")).json()
            found += [
                (service, path)
                for path, methods in document["paths"].items()
                if "get" in methods and path not in PUBLIC | NOT_OF_AN_AGENCY
            ]
    return found


async def test_no_route_that_takes_an_id_shows_a_stranger_what_it_shows_its_owner(
    guarded: Guarded,
) -> None:
    with_ids = [(s, p) for s, p in await routes(guarded.owner.system) if "{" in p]
    assert len(with_ids) >= 16
    for service, route in with_ids:
        path = route.format(**guarded.ids)
        shown = await get(guarded.owner, service, path)
        assert shown.status_code == 200, (route, shown.text)
        refused = await get(guarded.stranger, service, path)
        assert refused.status_code == 404 or is_empty(refused), (route, refused.text)
        assert refused.headers["content-type"].startswith("application/"), route


def is_empty(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.json().get("items") == []


async def test_no_list_and_no_count_tells_of_another_agency(guarded: Guarded) -> None:
    owner, stranger = guarded.owner, guarded.stranger
    ids = guarded.ids
    marks = [owner.agency, LAST_NAME, "K-GEHEIM", *(str(ids[k]) for k in ("message_id", "run_id"))]
    for service, route in await routes(owner.system):
        if "{" in route:
            continue
        query = "?date=" + TODAY.isoformat() if route.endswith("/ledger") else ""
        seen = await get(stranger, service, route + query)
        assert seen.status_code == 200, (route, seen.text)
        assert not [mark for mark in marks if mark in seen.text], route
    for path in (
        "/v1/messages?customer_id=K-GEHEIM",
        f"/v1/messages?run={ids['run_id']}",
    ):
        assert (await get(owner, "notifier", path)).json()["items"]
        assert is_empty(await get(stranger, "notifier", path))


async def test_naming_another_agency_in_the_header_opens_nothing(guarded: Guarded) -> None:
    named = {AGENCY_HEADER: guarded.owner.agency}
    for service, route in await routes(guarded.owner.system):
        if "{" not in route:
            continue
        seen = await get(guarded.stranger, service, route.format(**guarded.ids), named)
        assert seen.status_code in (400, 403, 404) or is_empty(seen), (route, seen.text)


async def test_the_feeds_of_all_agencies_are_listed_for_services_alone(guarded: Guarded) -> None:
    for service in SERVICES:
        heads = await get(guarded.stranger, service, "/v1/changes/heads")
        assert heads.status_code == 403
        assert guarded.owner.agency not in heads.text
