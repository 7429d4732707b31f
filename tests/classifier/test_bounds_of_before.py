"""What was stored before a list had a bound is read, whatever a body may give today."""

import json
from typing import Any

import pytest

from tests.classifier.conftest import Agency
from tests.classifier.rules import NEED, policy
from tests.classifier.test_long_senders import SENDER


async def test_a_sender_of_many_directors_is_read(agency: Agency) -> None:
    assert (await agency.put("/agency", {"sender": SENDER})).status_code == 200
    many = {**SENDER, "managing_directors": ["Jana Muster"] * 21}
    assert (await agency.put("/agency", {"sender": many})).status_code == 422
    await agency.rows(f"UPDATE agency SET sender = '{json.dumps(many)}' RETURNING 1")
    read = (await agency.get("/agency"))["sender"]
    assert read["managing_directors"] == many["managing_directors"]


@pytest.mark.parametrize("when", [{"industry": ["Bäcker"] * 201}, {"age": [*range(100)] * 3}])
async def test_a_condition_of_many_values_is_read(agency: Agency, when: dict[str, Any]) -> None:
    rules = policy(needs=[NEED | {"when": when}])
    assert (await agency.call("POST", "/policies", json=rules)).status_code == 422
    (stored,) = (await agency.get("/policies"))["items"]
    needs = json.dumps(rules["needs"])
    await agency.rows(
        f"UPDATE policy SET body = jsonb_set(body, '{{needs}}', '{needs}') RETURNING 1"
    )
    (need,) = (await agency.get(f"/policies/{stored['version']}"))["policy"]["needs"]
    assert {name: need["when"][name] for name in when} == when
