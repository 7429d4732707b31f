"""Decides whether an order can be carried out."""

import math
from collections.abc import Set
from datetime import datetime

from services.notifier.domain.template_fields import is_missing, unreadable_fields
from services.notifier.domain.templates import PurposeMismatch, TemplateUnknown, find_template
from shared.contracts.dispatches import DispatchError, DispatchItem

LAST_YEAR = 2200


def faults_of(
    item: DispatchItem, *, now: datetime | None = None, unknown_staff: Set[str] = frozenset()
) -> list[DispatchError]:
    """Return why an order cannot be carried out; empty if it can.

    ``unknown_staff`` are ids of people whom the agency surely does not have. An event is refused if
    it has begun ``now``.
    """
    if unstorable := _unstorable(item):
        return unstorable
    if item.channel == "webhook":
        return [_fault("/channel", "webhooks are not offered yet: choose email or letter")]
    try:
        template = find_template(item.template, channel=item.channel, purpose=item.purpose)
    except TemplateUnknown as error:
        return [_fault("/template", str(error))]
    except PurposeMismatch as error:
        return [_fault("/purpose", f"the purpose of {error.template} is {error.own}")]
    missing = [
        _fault(f"/data/{field.name}", f"the template {item.template} needs {field.name}")
        for field in template.fields
        if field.required and is_missing(item.data.get(field.name))
    ]
    unreadable = [
        _fault(f"/data{where}", detail) for where, detail in unreadable_fields(item.data).items()
    ]
    return [*missing, *(unreadable or _contradictions(item, now, unknown_staff))]


def _contradictions(
    item: DispatchItem, now: datetime | None, unknown_staff: Set[str]
) -> list[DispatchError]:
    """Find values of the right type that cannot be true."""
    faults = []
    if item.data.get("staff_id") in unknown_staff:
        faults.append(_fault("/data/staff_id", "the agency has nobody of this id"))
    starts_at = str(item.data.get("starts_at") or "").strip()
    if now and starts_at and datetime.fromisoformat(starts_at) <= now:
        faults.append(_fault("/data/starts_at", "the event has begun already"))
    return faults


def _unstorable(item: DispatchItem) -> list[DispatchError]:
    """Find what JSON permits and a database refuses: NUL, infinite numbers, distant days."""
    faults = [
        _fault(f"/data/{name}", "text holds no NUL, and a number is finite")
        for name, value in item.data.items()
        if not all(map(_storable, value if isinstance(value, list) else [value]))
    ]
    if item.not_before is not None and not 2000 <= item.not_before.year <= LAST_YEAR:
        faults.append(_fault("/not_before", f"an instant from 2000 to {LAST_YEAR}"))
    return faults


def _storable(value: object) -> bool:
    if isinstance(value, dict):
        return all(_storable(key) and _storable(each) for key, each in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return not (isinstance(value, str) and "\x00" in value)


def _fault(pointer: str, detail: str) -> DispatchError:
    return DispatchError(pointer=pointer, detail=detail)
