"""The policy as a decision model of GoRules' zen-engine: tables, as somebody would draw them.

What a life situation is and which lines a customer holds arrive as plain values; every rule of the
four classes is decided by the engine. Not in it: the band of stability, which needs the day before.
"""

import json
from itertools import pairwise
from typing import Any

from services.classifier.domain.money import exact, round_half_up
from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from services.classifier.domain.potential import ActiveNeed, active_needs, conditions_of
from shared.contracts.lines import BY_KEY, cover_mask, lines_in
from shared.contracts.policies import AmountThreshold, Policy, Range

_FIELDS = (
    "age", "household", "home", "employment", "vehicles", "children", "pets", "employees",
)  # fmt: skip
"""Columns of the table of needs that hold a condition on the life situation."""
_OPEN, _FIRST = "open", "first"
"""Columns whose cells are whole expressions: nothing covers the line; no row above raised it."""


def decision_model(policy: Policy) -> str:
    """The JSON of the model: needs and assumptions add up to a potential, which with revenue and
    flags decides class, service level and development."""
    nodes = [
        {"id": "in", "name": "customer", "type": "inputNode", "content": {}},
        _table("needs", _need_columns(), _needs(policy), ["value"]),
        _table("assumed", _ASSUMED_COLUMNS, _assumptions(policy), ["value"]),
        _potential(),
        _table("segment", _SEGMENT_COLUMNS, _segments(policy), _DECIDED, first=True),
        {"id": "out", "name": "care", "type": "outputNode", "content": {}},
    ]
    path = [str(node["id"]) for node in nodes]
    edges = [
        {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}
        for source, target in pairwise(path)
    ]
    return json.dumps(
        {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}
    )


def _table(
    name: str,
    columns: dict[str, str | None],
    rules: list[dict[str, str]],
    outputs: list[str],
    *,
    first: bool = False,
) -> dict[str, Any]:
    """A table; ``columns`` maps each id to the field it tests, None where cells are expressions."""
    inputs = [
        {"id": key, "name": key} | ({} if field is None else {"field": field})
        for key, field in columns.items()
    ]
    kept = "out_{}".format
    rows = []
    for place, rule in enumerate(rules):
        cells = {key: rule.get(key, "") for key in columns}
        cells |= {kept(output): rule[output] for output in outputs}
        rows.append({"_id": f"{name}-{place}"} | cells)
    return {
        "id": name,
        "name": name,
        "type": "decisionTableNode",
        "content": {
            "hitPolicy": "first" if first else "collect",
            "inputs": inputs,
            "outputs": [{"id": kept(key), "name": key, "field": key} for key in outputs],
            "rules": rows,
            "passThrough": True,
            "inputField": None,
            "outputPath": None if first else name,
            "executionMode": "single",
        },
    }


def _need_columns() -> dict[str, str | None]:
    return {**{field: field for field in _FIELDS}, _FIRST: None, _OPEN: None}


def _needs(policy: Policy) -> list[dict[str, str]]:
    rows = []
    raised: dict[tuple[str, str], list[str]] = {}
    for need in active_needs(policy):
        conditions = conditions_of(policy.needs[need.place])
        row = {field: _cell(field, condition) for field, condition in conditions.items()}
        above = raised.setdefault((need.line, need.kind), [])
        if above:
            row[_FIRST] = " and ".join(f"not ({other})" for other in above)
        above.append(_whole(conditions))
        rows.append(row | {_OPEN: _open(need), "value": str(need.value_cents)})
    return rows


def _cell(field: str, condition: Range | list[int] | list[str]) -> str:
    """A unary test; what is unknown meets none."""
    if isinstance(condition, Range):
        return f"$ != null and {_between('$', condition)}"
    if field == "pets":
        return f"$ != null and some($, # in {_listed(condition)})"
    return f"$ in {_listed(condition)}"


def _whole(conditions: dict[str, Range | list[int] | list[str]]) -> str:
    """The conditions as one expression over the fields."""
    found = [
        "(" + _cell(field, condition).replace("$", field) + ")"
        for field, condition in conditions.items()
    ]
    return " and ".join(found) or "true"


def _between(value: str, condition: Range) -> str:
    bounds = ((">=", condition.min), ("<=", condition.max))
    return " and ".join(f"{value} {sign} {edge}" for sign, edge in bounds if edge is not None)


def _listed(values: list[int] | list[str] | tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


def _open(need: ActiveNeed) -> str:
    if need.kind == "missing":
        return _nothing_covers(need.line)
    return f"some({'old' if need.kind == 'old' else 'incomplete'}, # == '{need.line}')"


def _nothing_covers(line: str) -> str:
    return f"none(covered, # in {_listed(lines_in(cover_mask(line)))})"


_ASSUMED_COLUMNS: dict[str, str | None] = {
    "unknown": "life_unknown", "company": "company", _OPEN: None,
}  # fmt: skip


def _assumptions(policy: Policy) -> list[dict[str, str]]:
    expected: dict[str, int] = {}
    for need in active_needs(policy):
        if need.kind == "missing":
            expected.setdefault(need.line, need.expected_cents)
    return [
        {
            "unknown": "true",
            "company": "true" if company else "false",
            _OPEN: _nothing_covers(line),
            "value": str(round_half_up(expected.get(line, 0) * exact(rate))),
        }
        for company, coverage in ((True, BUSINESS_COVERAGE), (False, PRIVATE_COVERAGE))
        for line, rate in coverage.items()
        if line in BY_KEY
    ]


def _potential() -> dict[str, Any]:
    total = "objects ? 0 : sum(map(needs, #.value)) + sum(map(assumed, #.value))"
    return {
        "id": "potential",
        "name": "potential",
        "type": "expressionNode",
        "content": {
            "expressions": [{"id": "total", "key": "potential_cents", "value": total}],
            "passThrough": True,
            "inputField": None,
            "outputPath": None,
            "executionMode": "single",
        },
    }


_SEGMENT_COLUMNS: dict[str, str | None] = {
    "pinned": "override_segment", "objects": "objects", "earns": "revenue_cents",
    "promises": None, "raised": None,
}  # fmt: skip
_DECIDED = ["segment", "service_level", "development"]


def _segments(policy: Policy) -> list[dict[str, str]]:
    """First that applies: a pinned class, who objected, then revenue × potential."""
    revenue, potential = policy.revenue.threshold, policy.potential.threshold
    assert isinstance(revenue, AmountThreshold)
    assert isinstance(potential, AmountThreshold)
    high, low = f">= {revenue.cents}", f"< {revenue.cents}"
    promises = f"promising or potential_cents >= {potential.cents}"
    raised = f"referral_value_cents > {revenue.cents} or linked_revenue_cents >= {revenue.cents}"
    pinned = [
        _care(
            segment, {"pinned": f"'{segment}'"}, standard="high" if segment in "AB" else "standard"
        )
        for segment in "ABOC"
    ]
    return [
        *pinned,
        _care("C", {"objects": "true"}),
        _care("A", {"earns": high, "promises": promises}, standard="high"),
        _care("B", {"earns": high}, standard="high"),
        _care("O", {"earns": low, "promises": promises, "raised": raised}, standard="high"),
        _care("O", {"earns": low, "promises": promises}),
        _care("C", {"earns": low, "raised": raised}, standard="high"),
        _care("C", {}),
    ]


def _care(segment: str, when: dict[str, str], *, standard: str = "standard") -> dict[str, str]:
    development = "active" if segment in "AO" else "none"
    return when | {
        "segment": f"'{segment}'",
        "service_level": f"'{standard}'",
        "development": f"'{development}'",
    }
