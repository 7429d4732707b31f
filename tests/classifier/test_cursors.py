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
    for changed in (cursor[:-1], cursor + "A", cursor[:3] + "-" + cursor[4:], "Sy0x", "%25%25"):
        assert _told(await agency.call("GET", f"/customers?cursor={changed}")) == refused, changed
