"""The rules of the house that import contracts cannot express."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

import services.classifier.store
import services.notifier.store
import services.scheduler.store

ROOT = Path(__file__).parents[2]
CODE = ("kundentakt", "services", "shared", "migrations", "bench")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MADE_BY_TOOLS = {
    ".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", ".schemathesis", ".import_linter_cache", ".grimp_cache",
}  # fmt: skip
"""Folders of a working copy that are no part of the project."""


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Path and text of every module below these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_only_the_transaction_commits() -> None:
    commits = re.compile(r"\.commit\(|\.begin\(\)")
    found = {path for path, source in modules("services", "shared") if commits.search(source)}
    assert found == {"shared/db/database.py"}


def test_only_the_bulk_writer_of_classes_encodes_a_change_by_hand() -> None:
    found = {path for path, source in modules("services", "shared") if "publish_encoded" in source}
    assert found == {"shared/db/database.py", "services/classifier/usecases/class_changes.py"}


def test_the_domain_reads_no_clock() -> None:
    clocks = re.compile(
        r"datetime\.now|datetime\.utcnow|date\.today|time\.time|monotonic|perf_counter|random\.|uuid4"
    )
    found = [
        path
        for service in ("classifier", "scheduler", "notifier")
        for path, source in modules(f"services/{service}/domain")
        if clocks.search(source)
    ]
    assert found == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = [path for path, text in modules(*CODE, "tests") if text.count("\n") > LONGEST_FILE]
    assert long == []


def test_no_function_is_longer_than_a_page() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, source in modules("kundentakt", "services", "shared", "bench")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize(
    ("service", "metadata"),
    [
        ("classifier", services.classifier.store.metadata),
        ("scheduler", services.scheduler.store.metadata),
        ("notifier", services.notifier.store.metadata),
    ],
)
def test_every_key_and_unique_constraint_starts_with_the_agency(
    service: str, metadata: MetaData
) -> None:
    assert len(metadata.tables) > 5, f"{service} has lost its tables"
    wrong = [
        f"{table.name}: {constraint}"
        for table in metadata.tables.values()
        for constraint in [
            [column.name for column in table.primary_key.columns],
            *([c.name for c in index.columns] for index in table.indexes if index.unique),
        ]
        if not constraint or constraint[0] != "agency_id"
    ]
    assert wrong == []


def test_no_file_names_a_package_registry_or_this_machine() -> None:
    forbidden = re.compile(r"pypi\.org|pythonhosted|npmjs|/opt/pypi|/root/|/work/main|/work/shared")
    found = [
        str(path.relative_to(ROOT))
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not set(path.relative_to(ROOT).parts) & MADE_BY_TOOLS
        and path != Path(__file__)
        and path.suffix in {".py", ".md", ".toml", ".lock", ".yml", ".ini", ".json", ".sh", ""}
        and forbidden.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []
