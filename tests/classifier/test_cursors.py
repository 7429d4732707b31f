"""A cursor continues the list that gave it, and nothing else."""

import httpx

from tests.classifier.conftest import Agency, Service


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


async def test_a_cursor_of_another_agency_or_list_or_a_changed_one_is_refused(
    service: Service, agency: Agency
) -> None:
    other = service.of("other-agency")
    for each in (agency, other):
        for number in range(4):
            await each.customer(f"K-{number}")
    first = await agency.get("/customers?limit=2")
    cursor = first["next_cursor"]
    rest = await agency.get(f"/customers?limit=2&cursor={cursor}")
    assert [each["customer_id"] for each in rest["items"]] == ["K-2", "K-3"]
    refused = (422, "cursor-not-valid")
    assert _told(await other.call("GET", f"/customers?cursor={cursor}")) == refused
    assert _told(await agency.call("GET", f"/commissions/unassigned?cursor={cursor}")) == refused
    for filtered in ("&segment=A", "&changed_since=2026-01-01T00:00:00Z"):
        assert _told(await agency.call("GET", f"/customers?cursor={cursor}{filtered}")) == refused
    for changed in (cursor[:-1], cursor + "A", cursor[:3] + "-" + cursor[4:], "Sy0x", "%25%25"):
        assert _told(await agency.call("GET", f"/customers?cursor={changed}")) == refused, changed


async def test_a_cursor_goes_on_under_its_own_filter_in_pages_of_any_length(
    service: Service, agency: Agency
) -> None:
    for number in range(4):
        await agency.customer(f"K-{number}")
    since = "changed_since=2020-01-01T00:00:00Z"
    first = await agency.get(f"/customers?limit=1&{since}")
    rest = await agency.get(f"/customers?{since}&limit=3&cursor={first['next_cursor']}")
    assert [each["customer_id"] for each in rest["items"]] == ["K-1", "K-2", "K-3"]
    for other in ("", "&changed_since=2020-01-02T00:00:00Z"):
        answer = await agency.call("GET", f"/customers?cursor={first['next_cursor']}{other}")
        assert _told(answer) == (422, "cursor-not-valid")
