"""What schemathesis is taught about this system: signatures, and two checks of its own.

It is loaded by schemathesis itself, by the name in the configuration.
"""

import json
import os
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import schemathesis

from shared.clients.webhooks import sign
from shared.contracts.problems import PROBLEM_BASE
from tests.fuzz.refusals import REFUSALS, note

SECRET = "KUNDENTAKT_FUZZ_SECRET"
AGENCY = "KUNDENTAKT_FUZZ_AGENCY"
SOURCE = "fuzz"
_NAMED = re.compile(r"`([a-z-]+)`")


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """Sign most events: without a signature no body of a webhook is ever looked at."""
    if case.operation.definition.raw.get("operationId") != "receive_event":
        return
    if not isinstance(case.body, dict) or os.urandom(1)[0] < 32:
        return
    body = json.dumps(case.body)
    case.path_parameters.update(agency_id=os.environ[AGENCY], source=SOURCE)
    headers = sign(os.environ[SECRET], webhook_id=uuid4().hex, body=body.encode())
    case.headers.update(headers)
    case.body = json.loads(body)
    kwargs["data"] = body.encode()
    kwargs["json"] = None
    case.headers["Content-Type"] = "application/json"


@schemathesis.check
def told_problem(
    context: schemathesis.CheckContext,
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """Every problem is one that the document names for this route and status."""
    answers = case.operation.definition.raw["responses"]
    told = answers.get(str(response.status_code))
    if told is None or response.status_code < 400:  # undocumented: another check tells
        return
    if not response.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        return
    slug = response.json()["type"].removeprefix(PROBLEM_BASE)
    assert slug in _NAMED.findall(told["description"]), f"{slug} is not told for {case.operation}"


@schemathesis.check
def told_refusal(
    context: schemathesis.CheckContext,
    response: schemathesis.Response,
    case: schemathesis.Case[Any],
) -> None:
    """A request that fits its schema is refused only for a fact that the document names.

    A refusal that names none (`invalid-body`) must be of a kind in `tests/fuzz/refusals.py`.
    """
    if response.status_code != 422 or case.meta is None:
        return
    if not case.meta.generation.mode.is_positive or "/null" in response.json()["instance"]:
        return  # the generator leaves an id out now and then, and calls that valid
    unexplained = note(Path(os.environ[REFUSALS]), response.json())
    where = case.operation.definition.raw.get("operationId")
    assert not unexplained, f"{where} refuses what fits its schema: {unexplained}"
