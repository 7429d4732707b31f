"""The scheduler names the services of the catalogue in its registry and its data files alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.scheduler.domain.services import KINDS

SCHEDULER = Path(__file__).parents[2] / "services" / "scheduler"
REGISTRY = "domain/services.py"

OTHER_MEANINGS: dict[str, frozenset[str]] = {
    "domain/answers.py": frozenset({"callback"}),  # a request
    "domain/area_names.py": frozenset({"callback", "claim", "complaint", "offer"}),  # requests
    "domain/demand.py": frozenset({"development"}),  # a column: is selling active?
    "domain/requests.py": frozenset({"claim", "complaint"}),  # requests
    "domain/schemas.py": frozenset({"development"}),  # the same column
    "usecases/staff.py": frozenset({"callback", "claim", "complaint", "offer"}),  # requests
}
"""Words of other vocabularies that are spelled like a service, by the file that needs them."""

IN_SQL = re.compile(rf"(?<=['{{,])(?:{'|'.join(KINDS)})(?=['}},])")
"""A service as a literal, or in an array, inside a longer text."""


def services_named(source: str) -> Iterator[str]:
    """The services that a module names by a string literal; docstrings and comments may."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if node.value in KINDS:
                yield node.value
            yield from IN_SQL.findall(node.value)


def test_only_the_registry_names_a_service() -> None:
    named = {
        path.relative_to(SCHEDULER).as_posix(): frozenset(services_named(path.read_text("utf-8")))
        for path in SCHEDULER.rglob("*.py")
    }
    assert set(KINDS) <= named.pop(REGISTRY)
    assert {path: found for path, found in named.items() if found} == OTHER_MEANINGS


@pytest.mark.parametrize(
    "planted",
    [
        'if touchpoint.service == "condolence": pass',
        'SURVIVORS = ["winding_up"]',
        "def spares():\n    return f\"service <> 'winding_up' AND {more}\"",
        "KEPT = \"service <> ALL (CAST('{condolence,winding_up}' AS varchar[]))\"",
    ],
)
def test_a_planted_name_is_found(planted: str) -> None:
    assert set(services_named(planted)) & {"condolence", "winding_up"}


def test_prose_may_speak_of_services() -> None:
    assert list(services_named('"""birthday"""\nX = 1\n"""development"""')) == []
