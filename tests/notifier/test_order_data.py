"""Order data is checked when it is accepted: what cannot be written is refused at its place."""

from typing import Any

import pytest

from services.notifier.domain.dispatches import faults_of
from shared.contracts.dispatches import NAMES_AT_MOST, ROWS_AT_MOST, DispatchItem
from shared.contracts.templates import TEMPLATES
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.examples import NOW
from tests.notifier.neighbours import Neighbours

EVENT = {"title": "Wein", "starts_at": "2026-12-03T18:30:00+01:00", "place": "Rathaus"}
ARTICLE = {"title": "Winter", "text": "Rohre entleeren."}
TITLELESS = [{"title": None, "text": "Rohre entleeren."}]


CROWDS = {
    "names": {f"k{number}": 1 for number in range(NAMES_AT_MOST + 1)},
    "rows": {"articles": [ARTICLE] * (ROWS_AT_MOST + 1)},
    "names in a row": {"rows": [{f"k{number}": 1 for number in range(NAMES_AT_MOST + 1)}]},
}


def an_order(template: str, **data: Any) -> DispatchItem:
    definition = TEMPLATES[template]
    return DispatchItem(
        dispatch_id="d-1", customer_id="K-1", channel="email", purpose=definition.purpose,
        template=template, data=data,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("template", "data", "pointer"),
    [
        ("anniversary", {"years": -3}, "/data/years"),
        ("anniversary", {"years": 0}, "/data/years"),
        ("anniversary", {"years": "10"}, "/data/years"),
        ("anniversary", {"years": True}, "/data/years"),
        ("anniversary", {"years": 10.5}, "/data/years"),
        ("birthday", {"years": -3}, "/data/years"),
        ("newsletter", {"articles": "Winter"}, "/data/articles"),
        ("newsletter", {"articles": []}, "/data/articles"),
        ("newsletter", {"articles": ["Winter"]}, "/data/articles/0"),
        ("newsletter", {"articles": TITLELESS}, "/data/articles/0/title"),
        ("newsletter", {"articles": [{"title": "Winter", "text": " "}]}, "/data/articles/0/text"),
        ("event_invitation", {**EVENT, "title": None}, "/data/title"),
        ("event_invitation", {**EVENT, "title": 4711}, "/data/title"),
        ("event_invitation", {**EVENT, "place": ["Rathaus"]}, "/data/place"),
        ("event_invitation", {**EVENT, "starts_at": "soon"}, "/data/starts_at"),
        ("event_invitation", {**EVENT, "starts_at": "2026-12-03T18:30:00"}, "/data/starts_at"),
        ("event_invitation", {**EVENT, "starts_at": "2026-11-23T09:00:00Z"}, "/data/starts_at"),
        ("development", {"line": "Hausrat"}, "/data/line"),
        ("development", {"line": ["household"]}, "/data/line"),
        ("life_event", {"change": ["birth"]}, "/data/change"),
        ("cancellation_confirmation", {"cancelled_on": "30.06.2026"}, "/data/cancelled_on"),
        ("cancellation_confirmation", {"contract_number": 4711}, "/data/contract_number"),
        ("birthday", {"due": "heute"}, "/data/due"),
        ("birthday", {"staff_id": 1}, "/data/staff_id"),
        ("event_invitation", {**EVENT, "title": "None"}, "/data/title"),
        ("event_invitation", {**EVENT, "place": "null"}, "/data/place"),
        ("event_invitation", {**EVENT, "title": "\u200b"}, "/data/title"),
        ("event_invitation", {**EVENT, "title": "x" * 301}, "/data/title"),
        (
            "event_invitation",
            {**EVENT, "starts_at": "9999-12-31T23:59:59-12:00"},
            "/data/starts_at",
        ),
        (
            "newsletter",
            {"articles": [{"title": "None", "text": "Rohre"}]},
            "/data/articles/0/title",
        ),
        ("newsletter", {"articles": [{**ARTICLE, "link": "x"}]}, "/data/articles/0/link"),
        ("newsletter", {"articles": [ARTICLE, {"text": "Rohre"}]}, "/data/articles/1/title"),
        ("birthday", {"due": "20261123"}, "/data/due"),
        ("birthday", {"due": "2026-W48-1"}, "/data/due"),
        ("birthday", {"due": "9999-12-31"}, "/data/due"),
        ("birthday", {"due": "0001-01-01"}, "/data/due"),
        ("birthday", {"last_sensible_day": "bald"}, "/data/last_sensible_day"),
        ("cancellation_confirmation", {"insurer": "None"}, "/data/insurer"),
        ("carer_introduction", {"previous_carer": "undefined"}, "/data/previous_carer"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_at_its_place(
    template: str, data: dict[str, Any], pointer: str
) -> None:
    assert [fault.pointer for fault in faults_of(an_order(template, **data), now=NOW)] == [pointer]


@pytest.mark.parametrize(
    ("template", "data"),
    [
        ("anniversary", {"years": 10}),
        ("newsletter", {"articles": None}),
        ("event_invitation", EVENT),
        ("cancellation_confirmation", {"line": None, "insurer": "", "request_id": "R-1"}),
        ("birthday", {"due": "2026-11-23", "service": "birthday", "because": "birthday"}),
    ],
)
def test_what_can_be_written_is_accepted(template: str, data: dict[str, Any]) -> None:
    assert faults_of(an_order(template, **data), now=NOW) == []


async def test_an_order_that_names_unknown_staff_is_refused_and_the_others_are_taken(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.customer("K-1")
    known, unknown = await notifier.dispatch(
        order(dispatch_id="d-1", customer_id="K-1", data={"staff_id": "S-1"}),
        order(dispatch_id="d-2", customer_id="K-1", data={"staff_id": "S-9"}),
    )
    assert known["state"] == "accepted"
    assert unknown["state"] is None
    assert [error["pointer"] for error in unknown["errors"]] == ["/data/staff_id"]


async def test_nobody_is_unknown_while_nobody_can_be_asked(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    neighbours.away = True
    (taken,) = await notifier.dispatch(order(customer_id="K-1", data={"staff_id": "S-9"}))
    assert taken["state"] == "accepted"


@pytest.mark.parametrize(
    ("name", "place"),
    [("staf_id", "/data/staf_id"), ("Line", "/data/Line"), ("a/b~c", "/data/a~1b~0c")],
)
async def test_a_name_that_no_template_has_is_refused_with_its_place(
    notifier: Notifier, name: str, place: str
) -> None:
    refused, taken = await notifier.dispatch(order(1, data={name: "household"}), order(2))
    assert [each["pointer"] for each in refused["errors"]] == [place]
    assert taken["state"] == "accepted"


@pytest.mark.parametrize("crowd", CROWDS)
async def test_an_order_of_too_many_values_is_refused_alone(notifier: Notifier, crowd: str) -> None:
    refused, taken = await notifier.dispatch(order(1, data=CROWDS[crowd]), order(2))
    assert refused["errors"][0]["pointer"].startswith("/data")
    assert (taken["state"], taken["errors"]) == ("accepted", [])
