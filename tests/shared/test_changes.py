"""What the feeds publish: one model for each kind, of exactly the shape that others rely on."""

import re
from importlib import import_module

import pytest
from pydantic import ValidationError

from shared.contracts.changes import Change, PublishedChange, read
from shared.contracts.changes.classifier import ClassificationChanged, ConsentChanged, EventRecorded
from shared.contracts.changes.examples import EXAMPLES
from shared.contracts.changes.notifier import AddressBlocked, MessageEnded
from shared.contracts.changes.scheduler import TouchpointPlanned
from tests.documents import text_of
from tests.fixtures.changes import AT, in_feed, in_newer_feed

ALL = [example for examples in EXAMPLES.values() for example in examples]
BY_KIND = {example.KIND: example for example in ALL}
MESSAGE = "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11"
LETTER = "2e9a7d40-1c3b-4f5d-8e6f-7a8b9c0d1e2f"
TOUCHPOINT = "0d3b6d2e-7f0c-5b35-9f8e-4a1b2c3d4e5f"
REQUEST = (
    '"kind":"callback","state":"%s","staff_id":"S-1","opened_at":"2026-11-20T09:30:00+00:00",'
    '"deadline":"2026-11-23T11:00:00+00:00","outcome":%s}'
)
TALK = (
    '{"customer_id":"K-0001","service":"development","channel":"phone","purpose":"service",'
    '"staff_id":"S-1","role":"adviser","day":"2026-11-20","minutes":25,"ended_at":%s,"state":"%s",'
    '"reason":null,"because":"gap","ended_on":%s,"line":"disability","result":%s}'
)
OF_MESSAGE = f'"dispatch_id":"{TOUCHPOINT}","customer_id":"K-0001",'

WIRE = {
    "customer.changed": '{"kind":"person","status":"active","unit_id":"K-0001","deceased":false}',
    "customer.erased": "{}",
    "classification.changed": '{"customer_id":"K-0001","unit_id":"K-0001","segment":"A",'
    '"previous":"B","service_level":"high","development":"active","potential_cents":31000,'
    '"gaps":[{"line":"disability","kind":"missing","expected_cents":18000}],"policy_version":3,'
    '"margin_cents":62810}',
    "consent.changed": '{"purpose":"newsletter","channel":"email","state":"granted"}',
    "event.recorded": '{"customer_id":"K-0001","type":"contract.cancelled",'
    '"at":"2026-11-20T09:30:00Z","contract_id":"C-1","cancelled_on":"2026-06-30",'
    '"effective_on":"2026-12-31","line":"building","insurer":"Muster Versicherung AG",'
    '"contract_number":"WG-4711"}',
    "address.unblocked": '{"customer_id":"K-0001","channel":"email",'
    f'"address_digest":"{"0b" * 32}"}}',
    "customer.merged": '{"customer_id":"K-0001","into":"K-0002",'
    '"merge_id":"8c7e1f6a-3f0d-4a57-9d67-6f1f0c9d2a10"}',
    "agency.opened": '{"opened_at":"2026-11-20T09:30:00+00:00"}',
    "carer.changed": '{"unit_id":"K-0001","staff_id":"S-1"}',
    "touchpoint.planned": TALK % ("null", "planned", "null", "null"),
    "touchpoint.ended": TALK % ('"2026-11-20T09:30:00+00:00"', "done", '"2026-11-20"', '"won"'),
    "task.ended": f'{{"customer_id":"K-0001","touchpoint_id":"{TOUCHPOINT}","request_id":null,'
    '"service":"development","state":"done","staff_id":"S-1","minutes":25,"result":"won"}',
    "appointment.changed": '{"customer_id":"K-0001","service":"yearly_review","channel":"visit",'
    '"state":"agreed","staff_id":"S-1","at":"2027-01-12T09:00:00+00:00","minutes":90,"sequence":0,'
    '"reason":null}',
    "request.opened": '{"customer_id":"K-0001",' + REQUEST % ("open", "null"),
    "request.breached": '{"customer_id":"K-0001",' + REQUEST % ("open", "null"),
    "request.closed": '{"customer_id":"K-0001",' + REQUEST % ("closed", '"done"'),
    "message.accepted": f'{{"message_id":"{MESSAGE}",{OF_MESSAGE}"channel":"email",'
    '"purpose":"newsletter","template":"newsletter"}',
    "message.ended": f'{{"message_id":"{MESSAGE}",{OF_MESSAGE}"channel":"email",'
    '"state":"suppressed","reason":"no_consent","run":null}',
    "message.answered": f'{{"message_id":"{MESSAGE}",{OF_MESSAGE}'
    '"at":"2026-11-20T09:30:00+00:00"}',
    "letter.accepted": f'{{"message_id":"{LETTER}",{OF_MESSAGE}"channel":"letter",'
    '"purpose":"service","template":"yearly_review","again":true}',
    "letter.ended": f'{{"message_id":"{LETTER}",{OF_MESSAGE}"channel":"letter","state":"sent",'
    '"reason":null,"run":"yearly_review-2026-11-20-1"}',
    "print_run.changed": '{"run_id":"yearly_review-2026-11-20-1","state":"rendered","letters":120}',
    "address.blocked": '{"customer_id":"K-0001","channel":"email","reason":"bounced",'
    f'"address_digest":"{"0b" * 32}","message_id":"{MESSAGE}","at":"2026-11-20T09:30:00+00:00"}}',
    "consent.withdrawn": '{"customer_id":"K-0001","purpose":"newsletter","channel":"email",'
    f'"message_id":"{MESSAGE}","at":"2026-11-20T09:30:00+00:00"}}',
}
"""The payload of every example, character by character: others read these bytes."""


def kinds_in_the_guide() -> dict[str, list[str]]:
    """The kinds of each service as the table of docs/integrator.md names them."""
    guide = text_of("docs/integrator.md")
    rows = re.findall(r"^\| (classifier|scheduler|notifier) \| (`.+`) \|$", guide, re.M)
    return {service: re.findall(r"`([a-z_.]+)`", kinds) for service, kinds in rows}


def models_of(service: str) -> set[type[PublishedChange]]:
    """Every model of a service's module that has a kind."""
    module = import_module(f"shared.contracts.changes.{service}")
    return {
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, PublishedChange) and hasattr(each, "KIND")
    }


def test_each_of_the_twenty_four_kinds_of_the_guide_has_one_model_and_one_example() -> None:
    in_examples = {
        service: [example.KIND for example in examples] for service, examples in EXAMPLES.items()
    }
    assert in_examples == kinds_in_the_guide()
    assert {service: len(kinds) for service, kinds in in_examples.items()} == {
        "classifier": 7,
        "scheduler": 9,
        "notifier": 8,
    }
    for service, examples in EXAMPLES.items():
        assert models_of(service) == {type(example) for example in examples}


def test_the_guide_names_every_field_that_may_be_left_out() -> None:
    (paragraph,) = re.findall(r"^Left out where .*$", text_of("docs/integrator.md"), re.M)
    optional = {
        name
        for example in ALL
        for name, field in type(example).model_fields.items()
        if not field.is_required()
    }
    named = set(re.findall(r"`([a-z_]+)`", paragraph))
    assert optional == named - {"purpose", "objection", "at"}


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.KIND)
def test_a_payload_is_on_the_wire_just_as_others_know_it(example: PublishedChange) -> None:
    assert example.payload() == WIRE[example.KIND]


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.KIND)
def test_what_is_read_is_what_was_published_even_from_a_newer_version(
    example: PublishedChange,
) -> None:
    assert read(in_feed(example), type(example)) == example
    assert read(in_newer_feed(example), type(example)) == example


def test_a_kind_that_nobody_asked_for_is_passed_over() -> None:
    unknown = Change.model_validate(
        {**in_feed(BY_KIND["customer.erased"]).model_dump(), "kind": "customer.parted"}
    )
    assert read(unknown, *(type(example) for example in ALL)) is None
    assert read(in_feed(BY_KIND["message.ended"]), AddressBlocked) is None


def test_a_payload_that_lacks_a_field_is_refused_and_can_be_parked() -> None:
    change = in_feed(BY_KIND["message.ended"])
    lacking = change.model_copy(update={"payload": {"dispatch_id": "d-1"}})
    with pytest.raises(ValidationError):
        read(lacking, MessageEnded)


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.KIND)
def test_a_producer_cannot_publish_an_unknown_field_nor_change_what_it_built(
    example: PublishedChange,
) -> None:
    values = dict(example)
    with pytest.raises(ValidationError, match="Extra inputs"):
        type(example).model_validate({**values, "first_name": "Ute"})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(example, example.SUBJECT, "K-0002")


def test_optional_fields_are_left_out_unless_they_were_set() -> None:
    objection = ConsentChanged(
        customer_id="K-1",
        purpose="objection",
        advertising_objected=True,
        profiling_objected=False,
    )
    assert objection.payload() == (
        '{"purpose":"objection","advertising_objected":true,"profiling_objected":false}'
    )
    event = BY_KIND["event.recorded"]
    assert isinstance(event, EventRecorded)
    died = EventRecorded(
        event_id=event.event_id, customer_id="K-1", type="customer.died", at=event.at
    )
    assert died.payload() == (
        '{"customer_id":"K-1","type":"customer.died","at":"2026-11-20T09:30:00Z"}'
    )
    card = TouchpointPlanned(
        touchpoint_id=TOUCHPOINT, customer_id="K-1", service="birthday", channel="card",
        purpose="service", staff_id=None, role=None, day=None, minutes=5, ended_at=None,
        state="planned", reason=None, because="interval", ended_on=None,
    )  # fmt: skip
    assert card.payload() == (
        '{"customer_id":"K-1","service":"birthday","channel":"card","purpose":"service",'
        '"staff_id":null,"role":null,"day":null,"minutes":5,"ended_at":null,"state":"planned",'
        '"reason":null,"because":"interval","ended_on":null}'
    )


def test_a_first_class_has_no_previous_one() -> None:
    changed = BY_KIND["classification.changed"]
    assert isinstance(changed, ClassificationChanged)
    first = changed.model_copy(update={"previous": None, "gaps": []})
    assert '"previous":null' in first.payload()
    assert read(in_feed(first, at=AT), ClassificationChanged) == first
