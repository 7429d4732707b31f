"""Every error that a route can reach is told by the OpenAPI document, under its status.

Calls are followed by their names, from the route's function through use cases and store: a route
that learns to refuse something is found here, before a client meets a status it does not know.
"""

import ast
import importlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from kundentakt.servers.embedded import SERVICES
from shared.web.app import SHARED_PROBLEMS
from shared.web.problems import ProblemType
from tests.documents import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef
Reading = tuple[set[ProblemType], list[tuple[str, Function]]]
NOT_REACHED = {
    # Methods of the same name elsewhere; read once, with the reason.
    ("classifier", "create_reclassification", "reclassification-not-found"): "reads what it made",
    ("classifier", "run_day", "reclassification-not-found"): "reads what it made",
    ("classifier", "record_commissions", "customer-not-found"): "told by item",
    ("classifier", "record_interactions", "customer-not-found"): "told by item",
    ("classifier", "record_commissions", "instant-ahead"): "told by item",
    ("classifier", "record_interactions", "instant-ahead"): "told by item",
    ("scheduler", "run_day", "feed-diverged"): "answered by listing the present state",
    ("scheduler", "run_day", "feed-trimmed"): "answered by listing the present state",
    ("scheduler", "run_day", "touchpoint-not-open"): "an appointment may always end as its contact",
}

_COMMON = """
    execute exec add get append put post delete of close items values keys read join format now
    today commit rollback begin start stop run send write update pop error warning info one all
    first scalar set split strip request
"""
TOO_COMMON = frozenset(_COMMON.split())
"""Methods that also libraries have: what is called by such a name is not followed."""


class Code:
    """The modules of one service and of the kernel, with what each name in them means."""

    def __init__(self, service: str) -> None:
        files = [*ROOT.glob(f"services/{service}/**/*.py"), *ROOT.glob("shared/**/*.py")]
        self.modules = {_name(path): ast.parse(path.read_text("utf-8")) for path in files}
        self.functions: dict[tuple[str, str], Function] = {}
        self.methods: dict[str, list[tuple[str, Function]]] = {}
        self.imports: dict[str, dict[str, tuple[str, str]]] = {}
        self._known: dict[tuple[str, int], Reading] = {}
        for name, module in self.modules.items():
            self._read(name, module)

    def _read(self, name: str, module: ast.Module) -> None:
        for node in module.body:
            if isinstance(node, Function):
                self.functions[name, node.name] = node
            elif isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, Function):
                        self.methods.setdefault(method.name, []).append((name, method))
        self.imports[name] = {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in ast.walk(module)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }

    def read(self, module: str, function: Function, service: str) -> Reading:
        """The problems that a function names, and what it may call."""
        key = (module, function.lineno)
        if key not in self._known:
            nodes = [
                node for node in ast.walk(function) if isinstance(node, ast.Name | ast.Attribute)
            ]
            table = table_of(service)
            named = {node.id for node in nodes if isinstance(node, ast.Name)}
            self._known[key] = (
                {table[name] for name in named & table.keys()},
                [each for node in nodes for each in self.called(module, node)],
            )
        return self._known[key]

    def called(self, module: str, node: ast.AST) -> Iterator[tuple[str, Function]]:
        """The functions that a name or an attribute in a module may mean."""
        if isinstance(node, ast.Name):
            where, name = self.imports[module].get(node.id, (module, node.id))
            if (where, name) in self.functions:
                yield where, self.functions[where, name]
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in self.imports[module]:
                package, name = self.imports[module][node.value.id]
                where = f"{package}.{name}"
                if (where, node.attr) in self.functions:
                    yield where, self.functions[where, node.attr]
                if where in self.modules:
                    return
            # A method that several classes have could be anybody's.
            if node.attr not in TOO_COMMON and len(meant := self.methods.get(node.attr, [])) == 1:
                yield meant[0]


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def table_of(service: str) -> Mapping[str, ProblemType]:
    """The problem of each error by the name of its class."""
    own = importlib.import_module(f"services.{service}.api.problems").PROBLEMS
    return {error.__name__: problem for error, problem in {**SHARED_PROBLEMS, **own}.items()}


def reached(code: Code, module: str, function: Function, service: str) -> set[ProblemType]:
    """The problems of all errors that the code names on the way from a function."""
    found: set[ProblemType] = set()
    seen: set[tuple[str, int]] = set()
    waiting = [(module, function)]
    while waiting:
        where, at = waiting.pop()
        if (where, at.lineno) in seen:
            continue
        seen.add((where, at.lineno))
        problems, called = code.read(where, at, service)
        found |= problems
        waiting += called
    return found


def routes(code: Code, service: str) -> Iterator[tuple[str, Function]]:
    """The functions of a service that a router calls."""
    for (module, _), function in code.functions.items():
        decorators = [each for each in function.decorator_list if isinstance(each, ast.Call)]
        if module.startswith(f"services.{service}.api.") and any(
            isinstance(each.func, ast.Attribute) and ast.unparse(each.func.value) == "router"
            for each in decorators
        ):
            yield module, function


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_route_can_refuse_stands_in_the_document(service: str) -> None:
    code = Code(service)
    described = json.loads((ROOT / f"openapi/{service}.json").read_text("utf-8"))
    answers = {
        operation["operationId"]: operation["responses"]
        for path in described["paths"].values()
        for operation in path.values()
    }
    missing = [
        f"{function.name}: {problem.status} {problem.slug}"
        for module, function in routes(code, service)
        for problem in reached(code, module, function, service)
        if (service, function.name, problem.slug) not in NOT_REACHED
        and f"`{problem.slug}`"
        not in answers[function.name].get(str(problem.status), {}).get("description", "")
    ]
    assert not missing, f"{sorted(missing)}: name them in RAISED of the service's api/problems.py"
