"""Values at the edge of what an address or a body can hold never break the scheduler."""

import httpx
import pytest

from tests.scheduler.builders import SchedulerSystem

ODD = (
    "a%00b", "%ED%A0%80", "x" * 300, "%2e%2e", "a%0Ab", "%F0%9F%98%80", "0000-01", "9999-12",
    "2026-13", "0001-01-01", "9999-12-31", "2026-02-30",
)  # fmt: skip
PATHS = (
    ("PUT", "/staff/{}"), ("GET", "/staff/{}"), ("GET", "/staff/S-1/days/{}"),
    ("POST", "/days/{}/run"), ("PUT", "/campaigns/newsletter/{}"), ("PUT", "/campaigns/{}/2026-12"),
    ("DELETE", "/staff/S-1/absences/{}"), ("POST", "/catalogues/{}/activation"),
    ("POST", "/tasks/{}/completion"), ("GET", "/operations/ledger?date={}"),
    ("GET", "/touchpoints?from={}"), ("GET", "/touchpoints?cursor={}"),
    ("GET", "/requests?cursor={}"),
)  # fmt: skip


def is_clear(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "")
    ok = answer.status_code not in (500, 502)
    return ok and (answer.status_code < 400 or kind == "application/problem+json")


@pytest.mark.parametrize("odd", ODD)
async def test_odd_addresses_get_a_clear_answer(system: SchedulerSystem, odd: str) -> None:
    for method, path in PATHS:
        body = {"day": "9999-12-31"} if method in ("PUT", "POST") else None
        answer = await system.call(method, path.format(odd), json=body)
        assert is_clear(answer), (method, path, answer.text)


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("POST", "/staff/S-1/absences", {"last_day": "2099-12-31"}, "/last_day"),
        ("POST", "/staff/S-1/absences", {"first_day": "1900-01-01"}, "/first_day"),
        ("PUT", "/staff/S-1", {"last_day": "2099-12-31"}, "/absences/1"),
        ("PUT", "/staff/S-1", {"last_day": "9999-01-01"}, "/absences/1/last_day"),
        ("POST", "/requests", {"asked_at": "1990-05-01T08:00:00+02:00"}, "/asked_at"),
        ("POST", "/requests", {"asked_at": "0002-05-01T08:00:00+02:00"}, "/asked_at"),
        ("PUT", "/campaigns/newsletter/2026-12", {"day": "0001-01-01"}, "/day"),
    ],
)
async def test_a_day_of_a_mistyped_year_is_refused_with_its_place(
    system: SchedulerSystem, method: str, path: str, body: dict[str, str], place: str
) -> None:
    person = {"role": "owner", "name": "Jana Vogt"}
    assert (await system.call("PUT", "/staff/S-1", json=person)).status_code in (200, 201)
    usual = {"first_day": "2026-12-01", "last_day": "2026-12-02"}
    sent: dict[str, object] = {**usual, **body} if "absences" in path else {**body}
    if path == "/staff/S-1":
        sent = {**person, "absences": [usual, {**usual, **body}]}
    elif path == "/requests":
        sent |= {"kind": "callback", "customer_id": "K-1"}
    answer = await system.call(method, path, json=sent)
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in answer.json()["errors"]] == [place]
    assert (await system.get("/staff/S-1"))["absences"] == []


@pytest.mark.parametrize("name", [" ", "\u200b", "\u3164"])
async def test_nobody_is_called_by_blanks(system: SchedulerSystem, name: str) -> None:
    answer = await system.call("PUT", "/staff/S-1", json={"role": "owner", "name": name})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/name")
