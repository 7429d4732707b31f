"""Webhooks that arrive: the signature proves the sender (Standard Webhooks), and 202 is sent after
the commit."""

import re
import time

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import from_json

from services.classifier.api.access import held
from services.classifier.api.event_schema import event_request_body
from services.classifier.api.problems import (
    EVENT_TYPE_UNKNOWN,
    SIGNATURE_REFUSED,
    TIMESTAMP_REFUSED,
)
from services.classifier.usecases.event_effects import Event
from services.classifier.usecases.events import event_id_of
from shared.clients.webhooks import HEADERS, SignatureRefused, verify
from shared.contracts.agencies import SourceName
from shared.contracts.events import EVENT_DATA, EventAccepted, EventBody
from shared.contracts.vocabulary import AgencyId
from shared.db.written import note
from shared.web.app import direct_router
from shared.web.crowds import VALUES, refuse_crowded
from shared.web.names_once import refuse_names_twice
from shared.web.numbers import with_whole_numbers
from shared.web.problems import INVALID_BODY, ProblemError
from shared.web.unstorable import may_hold_nul, refuse_nul

router = direct_router(tags=["events"])

TOLERANCE_SECONDS = 300
"""The tolerance of Standard Webhooks, measured by real time and never by the shifted edge clock."""
WEBHOOK_ID_LENGTH = 200
PLACES_AT_MOST = 1_000
"""Naming each place takes longer than reading it, and everybody waits meanwhile."""
AGENCY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
"""The limits of the contracts. A name beyond them has no secret and is refused like a wrong
signature."""

_BODY = {
    "requestBody": event_request_body(),
    "parameters": [
        {"name": name, "in": place, "required": True, "schema": {"type": "string"},
         "description": text}
        for place, name, text in (
            ("path", "agency_id", "whose customer it is about"),
            ("path", "source", "the source that the secret was given to"),
            ("header", "webhook-id", "unique for each event; a repetition bears the same"),
            ("header", "webhook-timestamp", "seconds since 1970, at most five minutes off"),
            ("header", "webhook-signature", "v1,… : HMAC-SHA256 over id.timestamp.body, base64"),
        )
    ],
}  # fmt: skip


@router.post(
    "/events/{agency_id}/{source}",
    status_code=202,
    summary="Report an event",
    response_model=EventAccepted,
    openapi_extra=_BODY,
)
async def receive_event(request: Request) -> Response:
    """Accept an event, once however often it is sent. 202 means that it is on disk."""
    resources = held(request)
    agency_id, source = request.path_params["agency_id"], request.path_params["source"]
    body = await request.body()
    headers = {name: _once(request, name) for name in HEADERS}
    _check_time(headers["webhook-timestamp"])
    secrets: tuple[str, ...] = ()
    if AGENCY_ID.fullmatch(agency_id) and SOURCE_NAME.fullmatch(source):
        secrets = await resources.webhook_secrets.of(agency_id, source)
    try:
        verify(secrets, headers=headers, body=body)
    except SignatureRefused as refused:
        raise ProblemError(SIGNATURE_REFUSED, " ".join(str(refused).split())) from None
    event = _read(agency_id, source, headers["webhook-id"], body)
    recorded = await resources.intake.record(agency_id, event)
    accepted = EventAccepted(
        event_id=recorded.event_id, duplicate=recorded.duplicate, revision=recorded.revision
    )
    if recorded.revision is not None:
        note(recorded.revision)
    return Response(accepted.model_dump_json(), status_code=202, media_type="application/json")


def _once(request: Request, name: str) -> str:
    """The header's value. Another program on the way might take the other one of two."""
    first, *others = request.headers.getlist(name) or [""]
    if others:
        raise ProblemError(SIGNATURE_REFUSED, f"the header {name} stands more than once")
    return first


def _check_time(stated: str) -> None:
    """Refuse a time that is too far off with a problem of its own, because a late event and a
    forged one have different remedies."""
    if not (stated.isascii() and stated.isdigit() and len(stated) < 16):
        raise ProblemError(SIGNATURE_REFUSED, "webhook-timestamp holds no seconds since 1970")
    if abs(time.time() - int(stated)) > TOLERANCE_SECONDS:
        raise ProblemError(
            TIMESTAMP_REFUSED,
            "webhook-timestamp is more than five minutes off; sign at the moment of sending, and "
            "set the sender's clock",
        )


def _read(agency: AgencyId, source: SourceName, webhook_id: str, body: bytes) -> Event:
    """Returns the event with data in the shape of its type; raises a problem that says where it is
    not."""
    if len(webhook_id) > WEBHOOK_ID_LENGTH or "\x00" in webhook_id:
        raise ProblemError(INVALID_BODY, f"webhook-id is longer than {WEBHOOK_ID_LENGTH}")
    refuse_crowded(body, signs=VALUES)
    try:
        envelope = EventBody.model_validate_json(with_whole_numbers(body))
    except ValidationError as error:
        raise _invalid(error, ()) from None
    refuse_names_twice(body)
    if may_hold_nul(body):
        refuse_nul(from_json(body))
    shape = EVENT_DATA.get(envelope.type)
    if shape is None:
        raise ProblemError(
            EVENT_TYPE_UNKNOWN, f"{envelope.type!r}; known are {', '.join(sorted(EVENT_DATA))}"
        )
    try:
        data = shape.model_validate(envelope.data)
    except ValidationError as error:
        raise _invalid(error, ("data",)) from None
    encoded = data.model_dump_json(exclude_unset=True)
    return Event(
        event_id=event_id_of(agency, source, webhook_id),
        source=source,
        webhook_id=webhook_id,
        type=envelope.type,
        at=envelope.timestamp,
        customer_id=envelope.data["customer_id"],
        data=data,
        encoded=encoded,
    )


def _invalid(error: ValidationError, within: tuple[str, ...]) -> RequestValidationError:
    if error.error_count() > PLACES_AT_MOST:
        raise ProblemError(
            INVALID_BODY, f"more than {PLACES_AT_MOST} places of the event are wrong"
        )
    entries = error.errors(include_url=False, include_input=False)
    return RequestValidationError(
        [{**entry, "loc": ("body", *within, *entry["loc"])} for entry in entries]
    )
