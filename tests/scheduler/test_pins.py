"""Days that persons fix: kept whatever is planned, or named as broken; and exactly as predicted."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.scheduler.builders import MONDAY, OWNER, SchedulerSystem, opened

WHY = {"by": "S-1", "reason": "Kunde hat nur dann Zeit"}


async def review(system: SchedulerSystem, customer_id: str = "K-1") -> dict[str, Any]:
    """The customer's next yearly review."""
    found = await system.touchpoints(
        customer_id=customer_id, service="yearly_review", state="planned"
    )
    return min(found, key=lambda each: each["latest"])


async def begun(system: SchedulerSystem) -> dict[str, Any]:
    """An agency with three customers, and the review of the first, due soon."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    for number in (1, 2, 3):
        await system.customer(f"K-{number}", last_review_on="2026-01-15")
    await system.finish_all_work()
    return await review(system)


async def choices(system: SchedulerSystem, contact: dict[str, Any], **asked: Any) -> Any:
    path = f"/touchpoints/{contact['touchpoint_id']}/alternatives"
    return (await system.get(path, params={"limit": "500", **asked}))["items"]


async def another_day(system: SchedulerSystem, contact: dict[str, Any]) -> dict[str, Any]:
    """An admissible day with the same person, in another week."""
    found = await choices(system, contact, admissible="true", staff_id=contact["staff_id"])
    week = date.fromisoformat(contact["day"]).isocalendar()[:2]
    return next(each for each in found if date.fromisoformat(each["day"]).isocalendar()[:2] != week)


async def pin(system: SchedulerSystem, contact: dict[str, Any], day: str, **said: Any) -> Any:
    path = f"/touchpoints/{contact['touchpoint_id']}/day"
    return await system.call("PUT", path, json={"day": day, **WHY, **said})


async def pinned(system: SchedulerSystem, contact: dict[str, Any], **said: Any) -> dict[str, Any]:
    """The contact on another day, as somebody fixed it."""
    chosen = await another_day(system, contact)
    answer = await pin(system, contact, chosen["day"], **said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def now(system: SchedulerSystem, contact: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await system.get(f"/touchpoints/{contact['touchpoint_id']}")
    return found


async def test_a_pinned_contact_stands_there_with_who_when_and_why(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact)
    assert fixed["day"] != contact["day"]
    assert fixed["pin"] | {"at": None} == {
        **WHY, "day": fixed["day"], "staff_id": None, "over_share": False, "at": None,
        "broken": None,
    }  # fmt: skip
    assert fixed in await system.touchpoints(customer_id="K-1")
    assert (await system.get("/pins"))["items"][0]["pin"] == fixed["pin"]


async def test_the_same_pin_again_changes_nothing(system: SchedulerSystem) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact)
    before = await system.rows("SELECT version FROM plan")
    assert (await pin(system, contact, fixed["day"])).json() == fixed
    assert await system.rows("SELECT version FROM plan") == before


async def test_a_pin_survives_every_planning_and_a_restart(system: SchedulerSystem) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact)
    for number in range(4, 30):
        await system.customer(f"K-{number}", last_review_on="2026-01-15")
    await system.finish_all_work()
    assert await now(system, contact) == fixed
    version = (await system.get("/catalogues"))["items"][0]["version"]
    answer = await system.call("POST", f"/catalogues/{version}/activation")
    assert answer.is_success
    await system.finish_all_work()
    assert (await system.run_day(MONDAY)).is_success
    async with opened() as restarted:
        await restarted.finish_all_work()
        assert await now(restarted, contact) == fixed


async def test_a_pin_with_a_colleague_stays_with_them(system: SchedulerSystem) -> None:
    contact = await begun(system)
    day = (await another_day(system, contact))["day"]
    fixed = (await pin(system, contact, day, staff_id="S-2")).json()
    assert (fixed["staff_id"], fixed["pin"]["staff_id"]) == ("S-2", "S-2")
    await system.staff()
    await system.finish_all_work()
    assert await now(system, contact) == fixed


async def test_a_lifted_pin_leaves_the_contact_to_planning(system: SchedulerSystem) -> None:
    contact = await begun(system)
    day = (await another_day(system, contact))["day"]
    assert (await pin(system, contact, day, staff_id="S-2")).is_success
    path = f"/touchpoints/{contact['touchpoint_id']}/day"
    lifted = await system.call("DELETE", path)
    assert (lifted.status_code, lifted.json()["pin"]) == (200, None)
    assert (await system.call("DELETE", path)).json() == lifted.json()
    await system.finish_all_work()
    assert (await now(system, contact))["staff_id"] == "S-1"
    assert (await system.get("/pins"))["items"] == []


async def test_what_is_not_admissible_is_refused_with_the_reason_of_the_alternatives(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    inside = date.fromisoformat(contact["earliest"])
    sunday = inside + timedelta(days=6 - inside.weekday())
    for day, staff_id, reason in (
        (str(sunday), None, "closed"),
        ("2026-12-25", None, "holiday"),
        (str(date.fromisoformat(contact["latest"]) + timedelta(days=1)), None, "outside_window"),
        (contact["day"], "S-9", "person_left"),
    ):
        answer = await pin(system, contact, day, staff_id=staff_id)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
            409, "day-not-admissible",
        )  # fmt: skip
        assert answer.json()["detail"].startswith(reason), answer.text
        assert answer.json()["errors"][0]["detail"].startswith(reason)
    listed = await choices(system, contact, admissible="false")
    assert {"closed", "holiday"} <= {each["why_not"] for each in listed}
    assert all(each["de"] and each["en"] for each in listed)
    assert (await pin(system, contact, contact["day"], by="S-9")).status_code == 422


async def test_a_stale_reader_is_refused(system: SchedulerSystem) -> None:
    contact = await begun(system)
    path = f"/touchpoints/{contact['touchpoint_id']}"
    etag = (await system.call("GET", path)).headers["ETag"]
    chosen = await another_day(system, contact)
    body = {"day": chosen["day"], **WHY}
    first = await system.call("PUT", f"{path}/day", json=body, headers={"If-Match": etag})
    assert first.status_code == 200
    second = await system.call(
        "PUT", f"{path}/day", json={**body, "day": contact["day"]}, headers={"If-Match": etag}
    )
    assert second.status_code == 412
    assert (
        await system.call("DELETE", f"{path}/day", headers={"If-Match": first.headers["ETag"]})
    ).is_success


BREAKS: dict[str, tuple[str, str, Any]] = {
    "absent": ("POST", "/staff/S-1/absences", {"kind": "holiday"}),
    "person_left": ("PUT", "/staff/S-1", {**OWNER, "active": False}),
    "no_hours": ("PUT", "/staff/S-1", {**OWNER, "weekly_hours": 0}),
}


@pytest.mark.parametrize("because", BREAKS)
async def test_a_pin_that_cannot_be_kept_is_broken_with_its_cause_and_stays_so(
    system: SchedulerSystem, because: str
) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact, staff_id="S-1")
    method, path, body = BREAKS[because]
    if because == "absent":
        body = {**body, "first_day": fixed["day"], "last_day": fixed["day"]}
    assert (await system.call(method, path, json=body)).is_success
    await system.finish_all_work()
    broken = await now(system, contact)
    assert broken["pin"]["broken"]["because"] == because
    assert "S-1" in broken["pin"]["broken"]["de"]
    assert (broken["day"], broken["staff_id"]) != (fixed["day"], "S-1")
    (listed,) = (await system.get("/pins", params={"broken": "true"}))["items"]
    assert listed["pin"] == broken["pin"]
    faults = (await system.get("/capacity"))["faults"]
    assert [each["staff_id"] for each in faults if each["kind"] == "pin_broken"] == ["S-1"]
    # Whatever it was is over, and the contact is not moved back in silence.
    if because == "absent":
        await system.call("DELETE", f"/staff/S-1/absences/{fixed['day']}")
    else:
        await system.call("PUT", "/staff/S-1", json=OWNER)
    await system.finish_all_work()
    assert (await now(system, contact))["pin"] == broken["pin"]
    if because == "absent":
        assert (await now(system, contact))["day"] == broken["day"]
        again = await pin(system, contact, fixed["day"], staff_id="S-1")
        assert again.json()["pin"]["broken"] is None


async def test_a_pin_whose_service_the_catalogue_drops_is_broken(system: SchedulerSystem) -> None:
    contact = await begun(system)
    await pinned(system, contact)
    catalogue = (await system.get("/catalogues"))["items"][0]["catalogue"]
    left = [each for each in catalogue["services"] if each["key"] != "yearly_review"]
    for row in left:
        for cell in row["segments"].values():
            cell["counts_in"] = None
    new = await system.call(
        "POST", "/catalogues", json={**catalogue, "services": left, "raised_to": {}}
    )
    assert new.is_success, new.text
    await system.call("POST", f"/catalogues/{new.json()['version']}/activation")
    await system.finish_all_work()
    ended = await now(system, contact)
    assert (ended["state"], ended["pin"]["broken"]["because"]) == ("cancelled", "no_longer_owed")
    assert len((await system.get("/pins", params={"broken": "true"}))["items"]) == 1


async def test_a_death_ends_the_pin_with_its_contact_and_a_mistaken_one_brings_both_back(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact)
    await system.customer("K-1", death_date="2026-11-20", earns=0, last_review_on="2026-01-15")
    await system.finish_all_work()
    ended = await now(system, contact)
    assert (ended["state"], ended["reason"], ended["pin"]["broken"]) == (
        "cancelled", "deceased", None,
    )  # fmt: skip
    assert (await system.get("/pins"))["items"] == []
    await system.customer("K-1", death_date=None, earns=0, last_review_on="2026-01-15")
    await system.finish_all_work()
    assert await now(system, contact) == fixed


async def test_an_erased_customer_leaves_no_pin(system: SchedulerSystem) -> None:
    contact = await begun(system)
    await pinned(system, contact)
    await system.tell_classifier("DELETE", "/customers/K-1")
    await system.finish_all_work()
    assert await system.rows("SELECT reason FROM pin") == []


async def test_a_pin_of_a_merged_customer_is_named_as_broken(system: SchedulerSystem) -> None:
    contact = await begun(system)
    await pinned(system, contact)
    await system.tell_classifier("POST", "/customers/K-1/merge", {"into": "K-2", "reason": "twice"})
    await system.finish_all_work()
    assert (await now(system, contact))["pin"]["broken"]["because"] == "customer_merged"


async def test_a_pinned_contact_reaches_the_desk_on_its_day_and_can_be_held_before(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    first = (await choices(system, contact, admissible="true", staff_id="S-1"))[0]["day"]
    assert (await pin(system, contact, first)).is_success
    assert (await system.run_day(date.fromisoformat(first))).is_success
    assert (await now(system, contact))["state"] == "due"
    refused = await pin(system, contact, contact["latest"])
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (
        409, "touchpoint-not-planned",
    )  # fmt: skip
    asked = f"/touchpoints/{contact['touchpoint_id']}/alternatives"
    assert (await system.get(asked))["why_none"] == "on_a_desk"
    said = {"on": first, "minutes": 60}
    with system.not_before(date.fromisoformat(first)):
        held = await system.call("POST", f"/touchpoints/{contact['touchpoint_id']}/held", json=said)
    assert (held.status_code, held.json()["state"]) == (200, "done")
    assert (await system.get(asked))["why_none"] == "ended"
    assert (await system.get("/pins"))["items"] == []


async def test_a_contact_without_consent_breaks_its_pin(system: SchedulerSystem) -> None:
    await begun(system)
    granted = {
        "state": "granted", "basis": "consent", "at": "2026-01-05T10:00:00+01:00",
        "wording": "Ja, rufen Sie mich an.", "source": "letter",
    }  # fmt: skip
    consent = "/customers/K-1/consents/advertising/phone"
    await system.tell_classifier("PUT", consent, granted)
    await system.finish_all_work()
    calls = await system.touchpoints(customer_id="K-1", service="how_are_you", state="planned")
    call = min(calls, key=lambda each: each["latest"])
    assert call["channel"] == "phone"
    refused = await pin(system, call, call["day"], staff_id="S-2")
    assert refused.json()["detail"].startswith("lives_on_relationship")
    assert (await pin(system, call, call["day"])).is_success
    withdrawn = {**granted, "state": "withdrawn", "at": "2026-11-23T10:00:00+01:00"}
    await system.tell_classifier("PUT", consent, withdrawn)
    await system.finish_all_work()
    assert (await now(system, call))["pin"]["broken"]["because"] == "not_permitted"


async def test_an_agreed_hour_outranks_a_pin_and_is_moved_as_an_appointment(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    fixed = await pinned(system, contact)
    other = (await choices(system, fixed, admissible="true", staff_id="S-1"))[-1]
    assert other["day"] > fixed["day"]
    agreed = {"at": f"{other['day']}T10:00:00+01:00", "minutes": 90, "place": "Lindenallee 4"}
    path = f"/touchpoints/{contact['touchpoint_id']}"
    put = await system.call("PUT", f"{path}/appointment", json=agreed)
    assert put.is_success, put.text
    await system.finish_all_work()
    standing = await now(system, contact)
    assert standing["day"] == other["day"]
    assert standing["pin"]["broken"]["because"] == "appointment_agreed"
    assert (await system.get(f"{path}/alternatives"))["why_none"] == "told_to_customer"
    assert (await pin(system, contact, fixed["day"])).status_code == 409
