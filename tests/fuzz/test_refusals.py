"""What excuses a refusal is checked itself: an excuse that nobody needs is found."""

import json
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from kundentakt.servers.embedded import SERVICES
from shared.contracts.customers import Contract, Customer
from shared.contracts.staff import Absence
from tests.documents import ROOT
from tests.fuzz.refusals import KINDS, kind_of, note, unmet
from tests.fuzz.runs import CONFIGURATION

FREE = {"agency_id", "application_id", "change_id", "key", "request_id", "source"}
"""Path parameters that no request is given: a change is parked, a word learned and carers applied
only where something else came first; the hook names the agency and the source of an event."""


def refused(slug: str, *faults: str) -> dict[str, object]:
    errors = [{"pointer": "/x", "detail": fault} for fault in faults]
    return {"type": f"https://kundentakt.example/problems/{slug}", "detail": "", "errors": errors}


def test_a_refusal_that_names_no_fact_needs_a_kind_and_one_that_does_needs_none(
    tmp_path: Path,
) -> None:
    met = tmp_path / "met"
    span, plain = "must lie within 2000-01-01 and 2100-12-31", "Input should be a valid string"

    assert note(met, refused("invalid-body", span, plain)) == [plain]
    assert note(met, refused("instant-ahead", plain)) == []


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (Customer, {"kind": "company"}),
        (
            Customer,
            {
                "kind": "person",
                "last_name": "A",
                "birth_date": "2010-01-01",
                "death_date": "2009-01-01",
            },
        ),
        (Contract, {"line": "household", "start": "2020-01-02", "end": "2020-01-01"}),
        (Absence, {"first_day": "2026-11-25", "last_day": "2026-11-24"}),
    ],
)
def test_each_fault_that_two_fields_or_a_calendar_make_is_of_a_kind(
    model: type[BaseModel], body: dict[str, str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(json.dumps(body))
    faults = [each["msg"].removeprefix("Value error, ") for each in caught.value.errors()]
    assert faults
    assert all(map(kind_of, faults)), faults


def test_a_bound_of_days_is_of_a_kind_and_one_of_numbers_the_schema_should_tell() -> None:
    bound = "Input should be greater than or equal to"
    assert kind_of(f"{bound} 1900-01-01") is not None
    assert kind_of("an instant lies in the years 2 to 9998") is not None
    assert kind_of(f"{bound} 1900") is None


def test_a_kind_that_no_request_met_is_told(tmp_path: Path) -> None:
    met = tmp_path / "met"
    assert unmet(met) == list(KINDS)

    note(met, refused("invalid-parameter", "must lie within 2000-01-01 and 2100-12-31"))

    assert unmet(met) == list(KINDS)[1:]


def test_every_id_in_a_path_is_one_that_there_is_and_no_name_is_out_of_date() -> None:
    configuration = tomllib.loads(CONFIGURATION.read_text("utf-8"))
    given = {name.removeprefix("path.") for name in configuration["parameters"]}
    named = [each.get("include-operation-id", []) for each in configuration["operations"]]
    special = {one for each in named for one in ([each] if isinstance(each, str) else each)}
    asked, operations = set(), set()
    for service in SERVICES:
        document = json.loads((ROOT / f"openapi/{service}.json").read_text("utf-8"))
        for operation in (each for path in document["paths"].values() for each in path.values()):
            operations.add(operation["operationId"])
            asked |= {
                each["name"]
                for each in operation.get("parameters", ())
                if each["in"] == "path" and "enum" not in each["schema"]
            }

    assert asked == given | FREE
    assert special <= operations
