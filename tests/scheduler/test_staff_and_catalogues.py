"""Staff from a file, and catalogues in versions."""

import json
from typing import Any

import pytest

from services.classifier.domain.needs import default_policy
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.policies import Model
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.domain.builders import OWED

STAFF_LIST = (
    "Kürzel;Name;Rolle;Kapazität Kunden;Wochenstunden;Stundensatz;Vertretung;Zuständigkeiten\n"
    "JV;Jana Vogt;Inhaberin;350;40;120,00;UK;Angebote\n"
    "UK;Uwe Kern;Berater;500;38,5;70,00;JV;Schäden\n"
    "XX;Wer Auchimmer;Berater;1;99;1,00;;\n"
)


async def imported(system: SchedulerSystem, content: bytes) -> dict[str, Any]:
    answer = await system.call("POST", "/staff/imports", content=content)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_good_rows_of_a_staff_list_are_taken_and_bad_ones_told(
    system: SchedulerSystem,
) -> None:
    told = await imported(system, STAFF_LIST.encode("cp1252"))
    assert told["imported"] == ["JV", "UK"]
    assert told["faults"] == (await system.get("/staff"))["faults"]
    (rejected,) = told["rejected"]
    assert (rejected["line"], rejected["column"], rejected["value"]) == (4, "Wochenstunden", "99")
    staff = {each["staff_id"]: each for each in (await system.get("/staff"))["items"]}
    assert staff["UK"]["weekly_hours"] == 38.5
    assert staff["UK"]["responsibilities"]["requests"] == ["claim"]


async def test_a_staff_list_changes_only_what_it_tells(system: SchedulerSystem) -> None:
    await imported(system, STAFF_LIST.encode("cp1252"))
    gone = {**(await system.get("/staff"))["items"][1], "active": False}
    gone = {name: value for name, value in gone.items() if name != "staff_id"}
    assert (await system.call("PUT", "/staff/UK", json=gone)).status_code == 200
    told = await imported(
        system,
        "Kürzel;Name;Rolle;Telefon\nUK;Uwe Kern-Vogt;Zauberer;\nNE;Neu;Zauberer;1234\n".encode(),
    )
    assert told["imported"] == ["UK", "NE"]
    assert [each["code"] for each in told["doubtful"]] == ["word-unknown", "word-unknown"]
    staff = {each["staff_id"]: each for each in (await system.get("/staff"))["items"]}
    assert staff["UK"] == {"staff_id": "UK", **gone, "name": "Uwe Kern-Vogt"}
    assert (staff["NE"]["role"], staff["NE"]["weekly_hours"]) == ("back_office", 40)


@pytest.mark.parametrize("content", [
    "Kürzel;Telefon\nUK;0345 7\nNE;0345 8\n",
    "Kürzel;Name;Rolle;Telefon\nUK;;;0345 7\nNE;;;0345 8\n",
])  # fmt: skip
async def test_a_list_without_roles_changes_who_is_known_and_refuses_who_is_new(
    system: SchedulerSystem, content: str
) -> None:
    await imported(system, STAFF_LIST.encode("cp1252"))
    before = await system.get("/staff/UK")
    told = await imported(system, content.encode())
    assert told["imported"] == ["UK"]
    assert await system.get("/staff/UK") == {**before, "phone": "0345 7"}
    assert [(each["line"], each["column"], each["code"]) for each in told["rejected"]] == [
        (3, "Name", "new-person-incomplete"),
        (3, "Rolle", "new-person-incomplete"),
    ]
    assert (await system.call("GET", "/staff/NE")).status_code == 404


async def test_a_cell_of_too_many_or_too_long_words_is_told_and_its_row_taken(
    system: SchedulerSystem,
) -> None:
    await imported(system, STAFF_LIST.encode("cp1252"))
    for words in (f"Kfz, {'x' * 65}", ",".join(f"a{number}" for number in range(101))):
        content = f"Kürzel;Name;Rolle;Zuständigkeiten\nUK;Uwe Kern;Berater;{words}\n"
        told = await imported(system, content.encode())
        (left_out,) = told["doubtful"]
        assert (told["imported"], told["rejected"]) == (["UK"], [])
        assert (left_out["line"], left_out["column"]) == (2, "Zuständigkeiten")
        assert words.startswith(left_out["value"])
        person = await system.get("/staff/UK")
        kept = words.replace(" ", "").split(",")[:-1]
        assert person["responsibilities"] == {"lines": kept, "requests": []}


async def test_people_and_catalogues_of_before_a_bound_are_read(system: SchedulerSystem) -> None:
    await imported(system, STAFF_LIST.encode("cp1252"))
    (kept, *_) = (await system.get("/catalogues"))["items"]
    months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12]
    for cell in kept["catalogue"]["services"][0]["segments"].values():
        cell["months"] = months
    refused = await system.call("POST", "/catalogues", json=kept["catalogue"])
    assert refused.status_code == 422
    lines = ["x" * 65] * 101
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute("UPDATE staff SET lines = :lines", {"lines": lines})
        await transaction.execute(
            "UPDATE catalogue SET body = CAST(:body AS jsonb)",
            {"body": json.dumps(kept["catalogue"])},
        )
    people = (await system.get("/staff"))["items"]
    assert [each["responsibilities"]["lines"] for each in people] == [lines, lines]
    (stored, *_) = (await system.get("/catalogues"))["items"]
    assert stored["catalogue"] == kept["catalogue"]
    told = await imported(system, "Kürzel;Name;Rolle\nUK;Uwe Kern;Berater\n".encode())
    assert (told["imported"], told["rejected"]) == (["UK"], [])


async def test_a_file_that_is_no_list_gets_one_problem(system: SchedulerSystem) -> None:
    answer = await system.call("POST", "/staff/imports", content=b"%PDF-1.7 nothing")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "file-unreadable",
    )


@pytest.mark.parametrize("row", ["S{};Ida Berg;Beraterin", "S{};;Zauberer", ";;"])
async def test_a_list_of_more_rows_than_people_is_refused_as_a_whole(
    system: SchedulerSystem, row: str
) -> None:
    rows = "\n".join(row.format(number) for number in range(20_000))
    content = f"Kürzel;Name;Rolle\n{rows}\n".encode()
    answer = await system.call("POST", "/staff/imports", content=content)
    assert answer.status_code == (200 if row == ";;" else 422)
    assert (await system.get("/staff"))["items"] == []


async def test_nobody_gets_the_name_of_a_route_as_an_id(system: SchedulerSystem) -> None:
    put = await system.call("PUT", "/staff/imports", json={"role": "owner", "name": "Ida Berg"})
    assert (put.status_code, put.json()["type"].rsplit("/", 1)[1]) == (422, "id-reserved")
    content = "Kürzel;Name;Rolle\nimports;Ida Berg;Inhaberin\nS-7;Jan Klein;Berater\n"
    answer = await system.call("POST", "/staff/imports", content=content.encode())
    assert answer.json()["imported"] == ["S-7"], answer.text
    assert [each["code"] for each in answer.json()["rejected"]] == ["id-reserved"]


async def test_a_new_catalogue_rules_once_it_is_activated(system: SchedulerSystem) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1")
    await system.finish_all_work()
    full = starting_catalogue("revenue_potential")
    smaller = full.model_copy(
        update={"services": [each for each in full.services if each.key != "how_are_you"]}
    )
    body = smaller.model_dump(mode="json")
    created = await system.call("POST", "/catalogues", json=body)
    assert (created.status_code, created.json()) == (201, {"version": 2})
    versions = (await system.get("/catalogues"))["items"]
    assert [(each["version"], each["in_force"]) for each in versions] == [(2, False), (1, True)]
    assert (await system.call("POST", "/catalogues/2/activation")).status_code == 202
    await system.finish_all_work()
    found = await system.touchpoints(service="how_are_you")
    assert {each["state"] for each in found} <= {"cancelled"}
    assert (await system.get("/plan"))["catalogue_version"] == 2


async def test_a_person_is_read_and_replaced_only_as_read(system: SchedulerSystem) -> None:
    first = {"role": "owner", "name": "Jana Vogt"}
    assert (await system.call("PUT", "/staff/S-1", json=first)).status_code in (200, 201)
    known = await system.call("GET", "/staff/S-1")
    body = {name: value for name, value in known.json().items() if name != "staff_id"}
    etag = known.headers["ETag"]
    absence = {"first_day": "2027-01-04", "last_day": "2027-01-08", "kind": "holiday"}
    assert (await system.call("POST", "/staff/S-1/absences", json=absence)).status_code == 200
    late = await system.call("PUT", "/staff/S-1", json=body, headers={"If-Match": etag})
    assert (late.status_code, late.json()["type"].rsplit("/", 1)[1]) == (412, "condition-failed")
    again = await system.call("GET", "/staff/S-1")
    assert again.json()["absences"] == [absence]
    fitting = {"If-Match": again.headers["ETag"]}
    put = await system.call("PUT", "/staff/S-1", json=body, headers=fitting)
    assert (put.status_code, put.headers["ETag"]) == (200, etag)
    new = await system.call("PUT", "/staff/S-9", json=body, headers={"If-None-Match": "*"})
    assert new.status_code == 201
    for condition in ({"If-None-Match": "*"}, {"If-Match": etag}):
        taken = await system.call("PUT", "/staff/S-9", json=body, headers=condition)
        assert taken.status_code == 412
    assert (await system.call("GET", "/staff/S-99")).status_code == 404


async def test_a_repeated_catalogue_under_a_key_is_one_version(system: SchedulerSystem) -> None:
    (kept, *_) = (await system.get("/catalogues"))["items"]
    key = {"Idempotency-Key": "spring"}
    first = await system.call("POST", "/catalogues", json=kept["catalogue"], headers=key)
    again = await system.call("POST", "/catalogues", json=kept["catalogue"], headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len((await system.get("/catalogues"))["items"]) == 2
    other = {"services": kept["catalogue"]["services"][1:]}
    refused = await system.call("POST", "/catalogues", json=other, headers=key)
    assert refused.json()["type"].endswith("/idempotency-key-reused")


async def test_a_catalogue_that_makes_no_sense_is_refused(system: SchedulerSystem) -> None:
    service = {"key": "review", "name_de": "x", "segments": {"A": {"channel": "visit"}}}
    answer = await system.call("POST", "/catalogues", json={"services": [service]})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")


async def test_a_campaign_nobody_has_cannot_be_moved(system: SchedulerSystem) -> None:
    answer = await system.call("PUT", "/campaigns/newsletter/2026-12", json={"day": "2026-12-08"})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        404,
        "campaign-not-found",
    )


async def test_a_row_whose_messages_would_be_refused_is_refused_when_it_is_stored(
    system: SchedulerSystem,
) -> None:
    cell = {"channel": "email", "months": [7]}
    row = {
        "key": "summer",
        "name_de": "Sommergruß",
        "occasion": "campaign",
        "segments": {"A": cell},
    }
    answer = await system.call("POST", "/catalogues", json={"services": [row, *OWED]})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [
        "/services/0/segments/A/channel"
    ]
    allowed = row | {"template": "how_are_you"}
    rows = {"services": [allowed, *OWED]}
    assert (await system.call("POST", "/catalogues", json=rows)).is_success


async def test_an_agency_with_three_classes_is_planned_by_their_catalogue(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1")
    await system.finish_all_work()
    assert await catalogue_in_force(system) == (1, "Vier Klassen (Ertrag × Potenzial)")

    await put_in_force(system, "revenue_effort")
    await system.finish_all_work()
    assert await catalogue_in_force(system) == (2, "Drei Klassen (Ertrag × Aufwand)")

    await put_in_force(system, "revenue_potential")
    await system.finish_all_work()
    assert (await catalogue_in_force(system))[0] == 1


async def test_an_agency_created_with_three_classes_is_planned_by_their_catalogue_from_its_start(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await put_in_force(system, "revenue_effort")
    await system.staff()
    await system.customer("K-1")
    await system.finish_all_work()
    assert await catalogue_in_force(system) == (1, "Drei Klassen (Ertrag × Aufwand)")
    assert (await system.get("/plan"))["catalogue_version"] == 1
    assert await system.touchpoints(customer_id="K-1")


async def test_an_agencys_own_catalogue_that_gives_o_nothing_stays_in_force(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1")
    await system.finish_all_work()
    cell = {"channel": "visit", "every_months": 12, "minutes": 90}
    row = {"key": "yearly_review", "name_de": "x", "purpose": "service", "segments": {"A": cell}}
    rows = {"services": [row, *OWED]}
    assert (await system.call("POST", "/catalogues", json=rows)).is_success
    assert (await system.call("POST", "/catalogues/2/activation")).is_success
    assert (await system.run_day(MONDAY)).is_success  # asks for the agency and its model anew
    assert (await catalogue_in_force(system))[0] == 2


async def test_a_catalogue_without_claims_is_refused_with_its_place(
    system: SchedulerSystem,
) -> None:
    cell = {"channel": "visit", "every_months": 12, "minutes": 90}
    row = {"key": "yearly_review", "name_de": "x", "purpose": "service", "segments": {"A": cell}}
    answer = await system.call("POST", "/catalogues", json={"services": [row]})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/services", "/services"]


async def put_in_force(system: SchedulerSystem, model: Model) -> None:
    policy = default_policy().model_copy(update={"model": model}).model_dump(mode="json")
    created = await system.tell_classifier("POST", "/policies", policy)
    await system.tell_classifier("POST", f"/policies/{created['version']}/activation", {})


async def catalogue_in_force(system: SchedulerSystem) -> tuple[int, str]:
    versions = (await system.get("/catalogues"))["items"]
    (found,) = [each for each in versions if each["in_force"]]
    return found["version"], found["catalogue"]["name"]


async def test_poison_catalogue_a_row_that_serves_no_segment_is_refused(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    ours = (await system.get("/catalogues"))["items"][0]["catalogue"]
    for emptied in (range(len(ours["services"])), [0], [len(ours["services"]) - 1]):
        rows = [
            {**row, "segments": {}} if number in emptied else row
            for number, row in enumerate(ours["services"])
        ]
        answer = await system.call("POST", "/catalogues", json={**ours, "services": rows})
        assert answer.status_code == 422
        told = [error["pointer"] for error in answer.json()["errors"]]
        assert told == [f"/services/{number}/segments" for number in emptied]


@pytest.mark.parametrize("month", ["0000-01", "0001-12", "9999-12", "2026-00", "2026-13"])
async def test_a_month_that_no_calendar_has_is_refused(system: SchedulerSystem, month: str) -> None:
    answer = await system.call("PUT", f"/campaigns/newsletter/{month}", json={"day": "2026-11-23"})
    assert answer.status_code == 422
