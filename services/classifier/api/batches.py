"""Reading batches item by item, so that one bad item does not refuse the others."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from services.classifier.api.problems import PROBLEMS
from services.classifier.usecases.contracts import ItemOutcome
from shared.contracts.batches import BatchAnswer, BatchItem
from shared.contracts.problems import Document
from shared.contracts.vocabulary import Strict
from shared.db.written import written_revision
from shared.web.app import SHARED_PROBLEMS
from shared.web.crowds import crowded_item, refuse_crowded
from shared.web.names_once import items_of, refuse_names_twice
from shared.web.numbers import with_whole_numbers
from shared.web.problems import (
    INVALID_BODY,
    MALFORMED_BODY,
    ProblemError,
    ProblemType,
    fault_of,
    pointers_of,
    problem_body,
)
from shared.web.unstorable import may_hold_nul, refuse_nul

NDJSON = "application/x-ndjson"
_TABLE = {**SHARED_PROBLEMS, **PROBLEMS}
ITEMS_AT_MOST = 10_000
UNREADABLE_AT_MOST = 1_000
"""A batch with more unreadable items was not meant for us; each answer costs more than reading the
item."""
ERRORS_OF_AN_ITEM = 20
NOTHING_TWICE: Final[Mapping[int, str]] = {}
Item = TypeVar("Item", bound=Strict)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    problem: ProblemType
    detail: str
    errors: list[dict[str, str]]
    item_id: str | None


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """The items that can be read, and why others cannot, in the order in which they were sent."""

    entries: Sequence[Item | _Unreadable]
    key: str

    @property
    def readable(self) -> list[Item]:
        """The items that can be read."""
        return [entry for entry in self.entries if not isinstance(entry, _Unreadable)]


def batch_body(model: type[Strict]) -> dict[str, Any]:
    """The request body of a batch for OpenAPI."""
    item = model.model_json_schema()
    envelope = {"type": "object", "required": ["items"], "additionalProperties": False,
                "properties": {"items": {"type": "array", "maxItems": ITEMS_AT_MOST,
                                         "items": item}}}  # fmt: skip
    content = {
        "application/json": {"schema": envelope},
        NDJSON: {"schema": {"type": "string", "description": "one item a line"}},
    }
    return {"requestBody": {"required": True, "content": content}}


async def read_batch(
    body: bytes, headers: Mapping[str, str], model: type[Item], *, key: str
) -> Batch[Item]:
    """Read each item by itself. Raises a problem only if there is no batch, or one that is too long
    or unreadable in too many places. Runs in a thread, because others wait for the event loop."""
    return await asyncio.to_thread(_read_batch, body, headers, model, key)


def _read_batch(
    body: bytes, headers: Mapping[str, str], model: type[Item], key: str
) -> Batch[Item]:
    if headers.get("content-type", "").split(";")[0].strip().lower() == NDJSON:
        if body.count(b"\n") > 2 * ITEMS_AT_MOST:  # blank lines are passed over
            raise ProblemError(INVALID_BODY, f"a batch has at most {ITEMS_AT_MOST} lines")
        lines = [line for line in body.splitlines() if line.strip()]
        return _items(model, lines, key)
    refuse_crowded(body)
    try:
        sent, twice = items_of(body)
    except (ValueError, RecursionError):
        raise ProblemError(
            MALFORMED_BODY, "the body is not JSON; send UTF-8 encoded JSON"
        ) from None
    if not isinstance(sent, dict) or set(sent) != {"items"} or not isinstance(sent["items"], list):
        raise ProblemError(INVALID_BODY, 'the body has the form {"items": [...]}')
    return _items(model, sent["items"], key, twice, nul=may_hold_nul(body))


def _items(
    model: type[Item],
    sent: Sequence[Any],
    key: str,
    twice: Mapping[int, str] = NOTHING_TWICE,
    *,
    nul: bool = False,
) -> Batch[Item]:
    if len(sent) > ITEMS_AT_MOST:
        raise ProblemError(
            INVALID_BODY, f"a batch has at most {ITEMS_AT_MOST} items, this one {len(sent)}"
        )
    entries: list[Item | _Unreadable] = []
    unreadable: list[_Unreadable] = []
    for place, item in enumerate(sent):
        entries.append(entry := _read(model, item, key, twice.get(place), nul=nul))
        if isinstance(entry, _Unreadable):
            unreadable.append(entry)
        if len(unreadable) > UNREADABLE_AT_MOST:
            raise ProblemError(
                INVALID_BODY,
                f"more than {UNREADABLE_AT_MOST} items cannot be read, so nothing was carried out;"
                f" the first one: {unreadable[0].detail}",
            )
    return Batch(entries, key)


def _read(
    model: type[Item], sent: Any, key: str, twice: str | None, *, nul: bool
) -> Item | _Unreadable:
    item_id = sent.get(key) if isinstance(sent, dict) else None
    if crowd := crowded_item(sent):
        raise ProblemError(INVALID_BODY, crowd)
    if twice is not None:
        return _Unreadable(problem=INVALID_BODY, detail=twice, errors=[], item_id=None)
    try:
        if isinstance(sent, bytes):
            refuse_names_twice(sent)
            read = model.model_validate_json(with_whole_numbers(sent))
            if may_hold_nul(sent):
                refuse_nul(from_json(sent))
            return read
        read = model.model_validate(sent)
        if nul:
            refuse_nul(sent)
        return read
    except ProblemError as refused:
        return _Unreadable(
            problem=refused.problem,
            detail=refused.detail,
            errors=refused.errors or [],
            item_id=None,
        )
    except ValidationError as error:
        if error.error_count() > UNREADABLE_AT_MOST:
            raise ProblemError(
                INVALID_BODY, f"more than {UNREADABLE_AT_MOST} places of one item cannot be read"
            ) from None
        entries = error.errors(include_url=False, include_input=False)
        errors = pointers_of(entries[:ERRORS_OF_AN_ITEM])
        malformed = any(entry["type"] == "json_invalid" for entry in entries)
        detail = "; ".join(f"{each['pointer']}: {each['detail']}" for each in errors[:3])
        return _Unreadable(
            problem=MALFORMED_BODY if malformed else fault_of(entries, _TABLE),
            detail=detail,
            errors=errors,
            item_id=item_id if isinstance(item_id, str) else None,
        )


def answered(batch: Batch[Any], outcomes: Sequence[ItemOutcome], *, instance: str) -> BatchAnswer:
    """One answer for each item; ``outcomes`` are those of the readable ones, in order."""
    remaining = iter(outcomes)
    items = [
        _unreadable(index, entry, instance)
        if isinstance(entry, _Unreadable)
        else _carried_out(index, getattr(entry, batch.key), remaining, instance)
        for index, entry in enumerate(batch.entries)
    ]
    return BatchAnswer(
        items=items,
        refused=sum(item.state == "refused" for item in items),
        revision=written_revision(),
    )


def _unreadable(index: int, entry: _Unreadable, instance: str) -> BatchItem:
    body = problem_body(entry.problem, detail=entry.detail, instance=instance, errors=entry.errors)
    return BatchItem(
        index=index, id=entry.item_id, state="refused", problem=Document.model_validate(body)
    )


def _carried_out(
    index: int, item_id: str, outcomes: Iterator[ItemOutcome], instance: str
) -> BatchItem:
    outcome = next(outcomes)
    problem = None
    if outcome.refusal is not None:
        body = problem_body(
            _TABLE[type(outcome.refusal)], detail=str(outcome.refusal), instance=instance
        )
        problem = Document.model_validate(body)
    return BatchItem(index=index, id=item_id, state=outcome.state, problem=problem)
