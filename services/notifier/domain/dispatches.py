"""Decides whether an order can be carried out."""

import math

from services.notifier.domain.templates import PurposeMismatch, TemplateUnknown, find_template
from shared.contracts.dispatches import DispatchError, DispatchItem

LAST_YEAR = 2200


def faults_of(item: DispatchItem) -> list[DispatchError]:
    """Return why an order cannot be carried out; empty if it can."""
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
    return [
        _fault(f"/data/{field.name}", f"the template {item.template} needs {field.name}")
        for field in template.fields
        if field.required and item.data.get(field.name) in (None, "")
    ]


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
