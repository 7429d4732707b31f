"""Every day that a body or query can give has bounds; every name and reason says something."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.bounds import SEEN, STORED
from shared.contracts.customers import Address, Contract, Customer
from shared.contracts.events import FlagSet
from shared.contracts.staff import Absence, StaffDetails
from shared.contracts.vocabulary import RecordDay, ToldInstant, WorkDay

DOCUMENTS: Final = sorted((Path(__file__).parents[2] / "openapi").glob("*.json"))
BOUND_ELSEWHERE: Final = {
    "SimulationRequest.as_of",  # by what a simulation can reach
    "get_active_policy.day",  # the first policy holds since 1900
    "remove_absence.first_day",  # names what is stored
}
BLANK: Final = ("", " ", "\u200b", "\u00a0\u2060", "\ufeff\t", "\u3164", "\u2800\u00ad")


def _fields(schema: Any, name: str, schemas: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each text of a schema with the name of the field that it stands in."""
    if isinstance(schema, list):
        for each in schema:
            yield from _fields(each, name, schemas)
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        referred = schema["$ref"].rpartition("/")[2]
        if f"{referred}." not in name:
            yield from _fields(schemas[referred], referred, schemas)
        return
    if schema.get("type") == "string":
        yield name, schema
    for key, each in schema.items():
        if key == "properties":
            title = schema.get("title", name)
            for field, inner in each.items():
                yield from _fields(inner, f"{title}.{field}", schemas)
        elif key not in ("examples", "example", "default", "discriminator"):
            yield from _fields(each, name, schemas)


def _given() -> Iterator[tuple[str, Any]]:
    for path in DOCUMENTS:
        document = json.loads(path.read_text())
        schemas = document["components"]["schemas"]
        for operations in document["paths"].values():
            for operation in operations.values():
                if not isinstance(operation, dict):
                    continue
                yield from _fields(operation.get("requestBody", {}), "", schemas)
                for parameter in operation.get("parameters", []):
                    name = f"{operation['operationId']}.{parameter['name']}"
                    yield from _fields(parameter["schema"], name, schemas)


def test_every_day_and_instant_that_can_be_given_has_a_first_and_a_last() -> None:
    dated = [
        (name, schema) for name, schema in _given() if schema.get("format") in ("date", "date-time")
    ]
    assert len(dated) > 30
    unbounded = {name for name, schema in dated if "formatMinimum" not in schema}
    assert unbounded == BOUND_ELSEWHERE


def test_every_text_that_must_not_be_empty_must_be_seen() -> None:
    named = [
        (name, schema)
        for name, schema in _given()
        if schema.get("minLength") and not schema.get("enum")
    ]
    assert {name for name, schema in named if "pattern" not in schema} <= {
        "ImportWordMeaning.value", "Revocation.jti", "EventBody.type", "commission.booked.type",
    }  # fmt: skip
    seen = {name.rpartition(".")[2] for name, schema in named if SEEN in schema.get("pattern", "")}
    assert {
        "last_name", "company_name", "contact_person", "identities", "reason", "author", "name",
        "name_de", "source", "reason_de",
    } <= seen  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (RecordDay, "0001-01-01"), (RecordDay, "1900-01-01"), (RecordDay, "2201-01-01"),
        (WorkDay, "1999-12-31"), (WorkDay, "2101-01-01"),
        (ToldInstant, "1949-12-31T23:59:59Z"), (ToldInstant, "2101-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_a_day_outside_its_bounds_is_refused_and_stays_readable(kind: Any, given: str) -> None:
    adapter = TypeAdapter[date](kind)
    with pytest.raises(ValidationError, match="must lie within"):
        adapter.validate_python(given)
    assert str(adapter.validate_python(given, context=STORED))[:10] == given[:10]


@pytest.mark.parametrize("blank", BLANK)
def test_a_name_of_blanks_is_refused_and_a_blank_text_is_unknown(blank: str) -> None:
    for model, body in (
        (Customer, {"kind": "person", "last_name": blank}),
        (Customer, {"kind": "company", "company_name": blank}),
        (Customer, {"kind": "person", "last_name": "Kern", "identities": {"gdv": blank}}),
        (StaffDetails, {"role": "owner", "name": blank}),
        (StaffDetails, {"role": "owner", "name": "V", "responsibilities": {"lines": [blank]}}),
        (FlagSet, {"customer_id": "K-1", "flag": "conduct", "value": True, "reason": blank,
                   "author": "VJ"}),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match="must say something"):
            model.model_validate(body)
    unknown = Customer(kind="person", last_name="O’Neill", title=blank, phone=blank)
    assert (unknown.title, unknown.phone) == (None, None)
    assert Address(street=blank, city=f"{blank}Halle").model_dump(exclude_unset=True) == {
        "street": None, "city": f"{blank}Halle",
    }  # fmt: skip
    assert Contract(line="household", insurer=blank).insurer is None


@pytest.mark.parametrize("sign", ["\nBcc: x", "\r\n", "\x07", "\x1b[31m", "\u2028", "\x85"])
def test_a_name_or_address_is_one_line_and_a_stored_one_stays_readable(sign: str) -> None:
    for model, body in (
        (Customer, {"kind": "person", "last_name": f"Kern{sign}x"}),
        (Customer, {"kind": "company", "company_name": "A", "contact_person": f"Kern{sign}x"}),
        (Address, {"street": f"Markt{sign}1"}),
        (Address, {"city": f"Halle{sign}x"}),
        (StaffDetails, {"role": "owner", "name": f"Jana{sign}x"}),
    ):
        with pytest.raises(ValidationError, match="must be one line"):
            model.model_validate(body)
        model.model_validate(body, context=STORED)


def test_an_absence_lies_within_the_years_of_the_calendar() -> None:
    with pytest.raises(ValidationError):
        Absence(first_day=date(1900, 1, 1), last_day=date(2026, 1, 1))
    stored = {"first_day": date(1900, 1, 1), "last_day": date(2026, 1, 1)}
    assert Absence.model_validate(stored, context=STORED).first_day.year == 1900
    assert datetime(1950, 1, 1, tzinfo=UTC) == TypeAdapter[datetime](ToldInstant).validate_python(
        "1950-01-01T00:00:00Z"
    )
