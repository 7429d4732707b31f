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
